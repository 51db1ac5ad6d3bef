public import Logging
public import NIOCore

/// What all calls of one client have in common.
public final class CallSetup: Sendable {
    /// Finds where a redirect leads, or says why the transport does not go there.
    public typealias Redirecting = @Sendable (_ location: String, _ from: CallRoute) -> Result<CallRoute, RequestReplyFailure>

    /// What the loggers of transports are called where nobody hands one in.
    public static let logLabel = "statefun.transport"

    /// How often one attempt may be sent elsewhere.
    public static let maxRedirects = 20

    /// The loop that calls start on.
    public let loop: any CallLoop
    let route: CallRoute
    let policy: RetryPolicy
    let metrics: any RemoteInvocationMetrics
    let redirecting: Redirecting?
    let chance: @Sendable () -> Double
    let logger: Logger
    let running: RunningCalls

    /// - Parameters:
    ///   - logger: what happens to attempts, at level `trace` and, where they fail, `debug`: with endpoint, address and
    ///     attempt, and without anything that a peer has sent.
    ///   - redirecting: `nil` for a transport that treats every redirect as a failure.
    ///   - chance: a number from 0 to 1 for each pause; a test hands in what it wants chance to decide.
    public init(
        route: CallRoute,
        policy: RetryPolicy,
        metrics: any RemoteInvocationMetrics,
        logger: Logger = Logger(label: CallSetup.logLabel),
        redirecting: Redirecting? = nil,
        chance: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
    ) {
        self.route = route
        loop = route.pool.loop
        self.policy = policy
        self.metrics = metrics
        self.logger = logger
        self.redirecting = redirecting
        self.chance = chance
        self.running = RunningCalls(on: loop)
    }

    /// The URL that calls go to, for messages.
    public var endpoint: String { route.url.description }

    /// The limits of every call.
    public var limits: ExchangeLimits { route.plan.limits }

    /// The failure of a request that is too long to be sent, or `nil`.
    public func refusal(of request: RequestReplyRequest) -> RequestReplyFailure? {
        let limit = limits.payloadMaxBytes
        let count = request.payload.readableBytes
        guard count > limit.value else { return nil }
        var failure = RequestReplyFailure(
            .requestTooLarge,
            "the request has \(count) bytes, more than payload_max_bytes allows, \(limit.value) (\(limit.source)); it was not sent"
        )
        failure.endpoint = route.url.description
        return failure
    }

    /// Makes a call and reports it.
    /// - Parameter calling: makes it; `start` is when it began.
    public func call(
        _ request: RequestReplyRequest,
        _ calling: (_ start: TransportInstant) async -> Result<ByteBuffer, RequestReplyFailure>
    ) async throws(RequestReplyFailure) -> ByteBuffer {
        let start = loop.now
        if let refusal = refusal(of: request) {
            return try reported(.failure(refusal), of: request, since: start)
        }
        return try reported(await calling(start), of: request, since: start)
    }

    /// Makes a call on the calling thread and reports it.
    public func callBlocking(
        _ request: RequestReplyRequest,
        _ calling: (_ start: TransportInstant) -> Result<ByteBuffer, RequestReplyFailure>
    ) throws(RequestReplyFailure) -> ByteBuffer {
        let start = loop.now
        if let refusal = refusal(of: request) {
            return try reported(.failure(refusal), of: request, since: start)
        }
        return try reported(calling(start), of: request, since: start)
    }

    private func reported(
        _ result: Result<ByteBuffer, RequestReplyFailure>,
        of request: RequestReplyRequest,
        since start: TransportInstant
    ) throws(RequestReplyFailure) -> ByteBuffer {
        let nanoseconds = start.nanoseconds(until: loop.now)
        let functionType = request.functionType
        switch result {
        case .success(let answer):
            metrics.callEnded(functionType: functionType, nanoseconds: nanoseconds, failure: nil)
            return answer
        case .failure(let failure):
            metrics.callEnded(functionType: functionType, nanoseconds: nanoseconds, failure: failure.kind)
            throw failure
        }
    }
}
