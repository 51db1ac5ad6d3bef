public import Logging
internal import NIOCore

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
    /// What ``OpenClients`` refers to.
    let entry: OpenClients.Entry

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
        running = RunningCalls(on: loop)
        entry = OpenClients.Entry(running)
    }

    /// The URL that calls go to, for messages.
    public var endpoint: String { route.url.description }

    /// Where the connections come from.
    package var pool: any OriginPool { route.pool }

    /// The limits of every call.
    public var limits: ExchangeLimits { route.plan.limits }

    /// The failure of a request that is too long to be sent, or `nil`.
    func refusal(of request: RequestReplyRequest) -> RequestReplyFailure? {
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

    /// What takes a request to its end. Every runner is to be started, or ended with ``CallRunner/end(unstarted:)``: that is what
    /// metrics hear of.
    /// - Throws: what keeps the request from being sent at all, which has been reported.
    public func runner(for request: RequestReplyRequest) throws(RequestReplyFailure) -> CallRunner {
        let runner = CallRunner(self, request: request, start: loop.now)
        if let refusal = refusal(of: request) {
            runner.end(unstarted: refusal)
            throw refusal
        }
        return runner
    }
}
