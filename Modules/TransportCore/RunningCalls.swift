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

/// The clients that a factory has made, so that it can shut them down. One that nobody uses any more is forgotten.
public final class OpenClients: Sendable {
    private struct Reference {
        weak var setup: CallSetup?
    }

    private struct State {
        var references: [Reference] = []
        /// How many references there may be before those of forgotten clients are removed.
        var sweepAt = 64
        var isShutDown = false
    }

    private let state = Mutex(State())

    public init() {}

    /// Remembers a client. After ``shutDown()`` none of its calls begins.
    public func add(_ setup: CallSetup) {
        let isShutDown = state.withLock { state in
            if state.references.count >= state.sweepAt {
                state.references.removeAll { $0.setup == nil }
                state.sweepAt = max(64, 2 * state.references.count)
            }
            state.references.append(Reference(setup: setup))
            return state.isShutDown
        }
        if isShutDown {
            setup.running.shutDown {}
        }
    }

    /// How many clients are remembered, forgotten ones that have not been removed yet included.
    var count: Int { state.withLock { $0.references.count } }

    /// Ends every call of every client as ``RequestReplyFailure/Kind/shutDown``, and returns when they have ended.
    public func shutDown() async {
        let setups = state.withLock { state in
            state.isShutDown = true
            return state.references.compactMap(\.setup)
        }
        for setup in setups {
            await withCheckedContinuation { continuation in
                setup.running.shutDown { continuation.resume() }
            }
        }
    }
}
