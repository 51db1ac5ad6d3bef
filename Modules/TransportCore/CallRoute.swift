internal import NIOCore

/// Where an attempt goes: the pool to borrow from and what to send first.
public struct CallRoute: Sendable {
    public let url: EndpointURL
    public let route: EndpointRoute
    public let pool: any OriginPool
    public let plan: ExchangePlan

    public init(url: EndpointURL, route: EndpointRoute, pool: any OriginPool, limits: ExchangeLimits) {
        self.url = url
        self.route = route
        self.pool = pool
        self.plan = ExchangePlan(head: ExchangeHead(route), limits: limits)
    }
}

/// What all calls of one client have in common.
public final class CallSetup: Sendable {
    /// Finds where a redirect leads, or says why the transport does not go there.
    public typealias Redirecting = @Sendable (_ location: String, _ from: CallRoute) -> Result<CallRoute, RequestReplyFailure>

    /// How often one attempt may be sent elsewhere.
    public static let maxRedirects = 20

    let route: CallRoute
    let policy: RetryPolicy
    let metrics: any RemoteInvocationMetrics
    let redirecting: Redirecting?
    let chance: @Sendable () -> Double

    /// - Parameters:
    ///   - redirecting: `nil` for a transport that treats every redirect as a failure.
    ///   - chance: a number from 0 to 1 for each pause; a test hands in what it wants chance to decide.
    public init(
        route: CallRoute,
        policy: RetryPolicy,
        metrics: any RemoteInvocationMetrics,
        redirecting: Redirecting? = nil,
        chance: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
    ) {
        self.route = route
        self.policy = policy
        self.metrics = metrics
        self.redirecting = redirecting
        self.chance = chance
    }

    /// The loop that calls start on.
    public var loop: any CallLoop { route.pool.loop }

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
}
