import NIOConcurrencyHelpers
import NIOCore
import TestSupport
import TransportCore

/// A connector whose attempts end when and how the test says.
final class ScriptedConnector: Connector {
    /// An attempt to connect.
    final class Attempt: ConnectAttempt {
        let origin: Origin
        let limits: ConnectLimits
        private let completion: @Sendable (Result<any PooledConnection, RequestReplyFailure>) -> Void
        private let state = NIOLockedValueBox((isCancelled: false, hasEnded: false))

        init(
            _ origin: Origin,
            _ limits: ConnectLimits,
            _ completion: @escaping @Sendable (Result<any PooledConnection, RequestReplyFailure>) -> Void
        ) {
            self.origin = origin
            self.limits = limits
            self.completion = completion
        }

        var isCancelled: Bool { state.withLockedValue { $0.isCancelled } }

        func cancel() {
            state.withLockedValue { $0.isCancelled = true }
        }

        func end(_ result: Result<any PooledConnection, RequestReplyFailure>) {
            state.withLockedValue { state in
                precondition(!state.hasEnded, "an attempt ends once")
                state.hasEnded = true
            }
            completion(result)
        }
    }

    let loop: ManualLoop
    private let made = NIOLockedValueBox([Attempt]())
    private let answer: (@Sendable (ManualLoop) -> Result<any PooledConnection, RequestReplyFailure>)?

    /// - Parameter answer: with it every attempt ends before `connect` returns.
    init(
        on loop: ManualLoop,
        answeringAtOnce answer: (@Sendable (ManualLoop) -> Result<any PooledConnection, RequestReplyFailure>)? = nil
    ) {
        self.loop = loop
        self.answer = answer
    }

    var attempts: [Attempt] { made.withLockedValue { $0 } }

    func route(for url: EndpointURL, tls: TLSSettings?) throws(SpecTextError) -> EndpointRoute {
        EndpointRoute(
            origin: Origin(place: .tcp(host: url.host, port: url.port), tls: tls),
            requestTarget: url.pathAndQuery,
            hostHeader: url.hostHeader
        )
    }

    func problems(with tls: TLSSettings) -> [SpecDiagnostic] { [] }

    func nextLoop() -> any CallLoop { loop }

    func connect(
        to origin: Origin,
        on loop: any CallLoop,
        limits: ConnectLimits,
        _ completion: @escaping @Sendable (Result<any PooledConnection, RequestReplyFailure>) -> Void
    ) -> any ConnectAttempt {
        precondition(loop === self.loop && loop.isCurrent, "an attempt is begun on its loop")
        let attempt = Attempt(origin, limits, completion)
        made.withLockedValue { $0.append(attempt) }
        if let answer {
            attempt.end(answer(self.loop))
        }
        return attempt
    }
}

/// A connection that carries nothing.
final class ScriptedConnection: PooledConnection {
    private struct State {
        var isReusable = true
        var isClosed = false
        var closeCount = 0
        var handlers: [@Sendable () -> Void] = []
    }

    let loop: any CallLoop
    private let closesLater: Bool
    private let detached: ScriptedThreadConnection?
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - closesLater: closing takes until the test calls ``end()``.
    ///   - detached: what it becomes off its loop, where it can leave that.
    init(on loop: any CallLoop, closesLater: Bool = false, detached: ScriptedThreadConnection? = nil) {
        self.loop = loop
        self.closesLater = closesLater
        self.detached = detached
    }

    func detach() -> (any ThreadConnection)? {
        if detached != nil { end() }
        return detached
    }

    var isReusable: Bool {
        get { state.withLockedValue { $0.isReusable && !$0.isClosed } }
        set { state.withLockedValue { $0.isReusable = newValue } }
    }

    var isClosed: Bool { state.withLockedValue { $0.isClosed } }
    /// How often it was told to close.
    var closeCount: Int { state.withLockedValue { $0.closeCount } }

    func exchange(
        _ plan: ExchangePlan,
        body: ByteBuffer,
        deadline: TransportInstant,
        _ completion: @escaping @Sendable (Result<ExchangeResponse, RequestReplyFailure>) -> Void
    ) {
        completion(.failure(RequestReplyFailure(.connectionLost, "a scripted connection carries nothing")))
    }

    func close() {
        precondition(loop.isCurrent, "a connection is used on its loop")
        state.withLockedValue { $0.closeCount += 1 }
        if !closesLater {
            end()
        }
    }

    /// The connection has closed, as when the peer closes it.
    func end() {
        let handlers = state.withLockedValue { state in
            defer { state.handlers = [] }
            state.isClosed = true
            return state.handlers
        }
        handlers.forEach { $0() }
    }

    func whenClosed(_ handler: @escaping @Sendable () -> Void) {
        let isClosed = state.withLockedValue { state in
            if !state.isClosed {
                state.handlers.append(handler)
            }
            return state.isClosed
        }
        if isClosed {
            handler()
        }
    }
}
