internal import Synchronization

/// The calls of one client that have begun and not ended.
///
/// `@unchecked Sendable`: everything that changes is touched only on the loop.
final class RunningCalls: @unchecked Sendable {
    private let loop: any CallLoop
    private var calls: [ObjectIdentifier: CallRunner] = [:]
    private var isShutDown = false

    init(on loop: any CallLoop) {
        self.loop = loop
    }

    /// Takes a call in; `false` when no call may begin any more.
    func insert(_ call: CallRunner) -> Bool {
        guard !isShutDown else { return false }
        calls[ObjectIdentifier(call)] = call
        return true
    }

    func remove(_ call: CallRunner) {
        calls[ObjectIdentifier(call)] = nil
    }

    /// Ends every call, and every later one at its beginning.
    func shutDown(_ completion: @escaping @Sendable () -> Void) {
        loop.run { [self] in
            isShutDown = true
            for call in calls.values {
                call.interrupt(RequestReplyFailure(.shutDown, "the transport was shut down while the call went on"))
            }
            completion()
        }
    }
}

/// The clients that a factory has made, so that it can shut them down.
public final class OpenClients: Sendable {
    private let setups = Mutex<[CallSetup]>([])

    public init() {}

    /// Remembers a client.
    public func add(_ setup: CallSetup) {
        setups.withLock { $0.append(setup) }
    }

    /// Ends every call of every client as ``RequestReplyFailure/Kind/shutDown``, and returns when they have ended.
    public func shutDown() async {
        for setup in setups.withLock({ $0 }) {
            await withCheckedContinuation { continuation in
                setup.running.shutDown { continuation.resume() }
            }
        }
    }
}
