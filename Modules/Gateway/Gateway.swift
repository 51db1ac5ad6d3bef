public import HTTPExchange
public import HTTPFunctionEndpoint
public import Logging
internal import NIOConcurrencyHelpers
public import NIOCore
public import RuntimeCore
public import TransportCore

/// Takes the calls of a StateFun runtime and makes them with the transports of this package: what a runtime on Apache Flink is
/// given as the URL of its functions.
///
/// A request is a `POST` of a `ToFunction` message, at any path. Its target says which endpoint of the module file is called;
/// nothing else of it is read. The answer is the function's, or says what is wrong with a status that has the runtime do the
/// right thing.
public final class Gateway: Sendable {
    private struct State {
        var listeners: [GatewayListener] = []
        var isReady = false
        var isStopping = false
        var stop: Task<Void, Never>?
    }

    let core: GatewayCore
    private let group: any EventLoopGroup
    private let loops: [GatewayLoop]
    private let others: [any RequestReplyClientFactory]
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - module: a module file without errors.
    ///   - transports: call its functions; they belong to the gateway from now on, which shuts them down. Best made on `loops`:
    ///     then a call stays on one thread. Their `answerRoom` bounds the answers on their way; later ones have to share it.
    ///   - others: further transport types; the caller shuts them down after the gateway.
    ///   - group: the event loops of the connections. The caller shuts it down, after the gateway.
    ///   - loops: the same loops with the time that goes by on them; by default that of the system.
    ///   - logger: told once when an endpoint fails, and once when it answers again.
    public init(
        _ module: FunctionModule,
        transports: StandardTransports,
        others: [any RequestReplyClientFactory] = [],
        group: any EventLoopGroup,
        loops: [any ChannelLoop] = [],
        options: GatewayOptions = GatewayOptions(),
        logger: Logger
    ) {
        self.group = group
        self.loops = (loops.isEmpty ? group.makeIterator().map { EventLoopCallLoop($0) } : loops).map { GatewayLoop($0) }
        self.others = others
        core = GatewayCore(options: options, answers: transports.answerRoom, logger: logger) { record in
            GatewayRoutes(module, transports: transports, others: others, record: record)
        }
    }

    /// Begins to take requests. May be called again, for further addresses.
    /// - Parameters:
    ///   - addresses: where.
    ///   - mode: who may connect to sockets, as the mode of their files.
    /// - Returns: the URLs, such as `http://127.0.0.1:8080` and `http+unix:///run/gateway.sock`.
    /// - Throws: ``RuntimeCore/ComponentFailure``, such as where a port is taken, or another program listens on a socket. Then
    ///   nothing listens.
    public func start(at addresses: [ListenAddress], mode: UInt16 = 0o600) async throws(ComponentFailure) -> [String] {
        // Each call takes a connection of its own to a function, and what else is open is little.
        let others = min(core.options.maxInFlight, 1 << 20) + 256
        let limiter = AcceptLimiter(limit: DescriptorLimit.lowering(max(1, core.options.maxConnections), leaving: others))
        var listeners: [GatewayListener] = []
        for address in addresses {
            do throws(ComponentFailure) {
                listeners.append(
                    try await GatewayListener.start(at: address, mode: mode, for: core, limiter: limiter, group: group, loops: loops)
                )
            } catch {
                for listener in listeners { await listener.stop() }
                throw error
            }
        }
        let isTooLate = state.withLockedValue { state in
            guard !state.isStopping else { return true }
            state.listeners += listeners
            state.isReady = true
            return false
        }
        guard !isTooLate else {
            for listener in listeners { await listener.stop() }
            throw ComponentFailure("the gateway was stopped before it began")
        }
        return listeners.map(\.url)
    }

    /// Closes all connections to functions that no call uses, such as where the process may open no more files.
    public func closeIdle() {
        core.closeIdle()
    }

    /// Takes another state of the module file into use: requests that come from now on go by it. Calls that go on end as they
    /// began, and the transports before are shut down when the last of them has.
    /// - Parameters:
    ///   - module: a module file without errors.
    ///   - transports: new ones, so that everything that is configured anew counts, the files of certificates included.
    public func replace(_ module: FunctionModule, transports: StandardTransports) {
        let old = core.replaceRoutes { record in
            GatewayRoutes(module, transports: transports, others: others, record: record)
        }
        Task { await old.retire() }
    }

    /// Is not ready any more, takes no further connections, answers further requests with 503, gives what goes on `limit` to
    /// end, and cuts off the rest. Called again meanwhile with a shorter limit, it ends sooner.
    public func stop(drainingFor limit: Duration) async {
        let listeners = state.withLockedValue { state in
            state.isStopping = true
            defer { state.listeners = [] }
            return state.listeners
        }
        core.beginStopping()
        let end = now.advanced(by: limit)
        for listener in listeners { await listener.stop() }
        await wait(atMost: limit) { core.whenQuiet($0) }
        core.forEachConnection { $0.interrupt() }
        // Calls that are ended so are still answered, with what has become of them.
        await wait(atMost: .seconds(2)) { core.whenQuiet($0) }
        core.forEachConnection { $0.closeIdle() }
        // Answers that are on their way may be taken to the end; who has been told that all is over has a moment to close.
        let rest = limit == .zero ? .milliseconds(100) : max(core.options.cycle.farewell, now.duration(to: end))
        await wait(atMost: rest) { core.whenEmpty($0) }
        core.forEachConnection { $0.closeNow() }
        await wait(atMost: .seconds(2)) { core.whenEmpty($0) }
        await core.routes.transports.shutdown(drainingFor: .zero)
    }

    private var now: TransportInstant { loops.first?.loop.now ?? .zero }

    /// Returns when `register` calls what it is given, or after `limit`.
    private func wait(atMost limit: Duration, _ register: (@escaping @Sendable () -> Void) -> Void) async {
        guard let loop = loops.first?.loop else { return }
        await withCheckedContinuation { continuation in
            let end = OnceOnly { continuation.resume() }
            loop.execute {
                let timer = loop.schedule(at: loop.now.advanced(by: limit)) { end.run() }
                end.whenRun { loop.run { timer.cancel() } }
            }
            register { end.run() }
        }
    }

    /// Whether requests are taken.
    var readiness: Readiness {
        state.withLockedValue { state in
            if state.isStopping { return .notReady("the gateway is stopping") }
            return state.isReady ? .ready : .notReady("the gateway does not listen yet")
        }
    }
}

/// Something that is done once, whoever asks for it first.
private final class OnceOnly: Sendable {
    private enum State {
        case open(@Sendable () -> Void, after: [@Sendable () -> Void])
        case done
    }

    private let state: NIOLockedValueBox<State>

    init(_ body: @escaping @Sendable () -> Void) {
        state = NIOLockedValueBox(.open(body, after: []))
    }

    func run() {
        let bodies = state.withLockedValue { state -> [@Sendable () -> Void] in
            guard case .open(let body, let after) = state else { return [] }
            state = .done
            return [body] + after
        }
        bodies.forEach { $0() }
    }

    func whenRun(_ body: @escaping @Sendable () -> Void) {
        let isDone = state.withLockedValue { state in
            guard case .open(let first, let after) = state else { return true }
            state = .open(first, after: after + [body])
            return false
        }
        if isDone { body() }
    }
}
