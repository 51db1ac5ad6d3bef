/// Where an attempt goes: the pool to borrow from and what to send first.
public final class CallRoute: Sendable {
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
