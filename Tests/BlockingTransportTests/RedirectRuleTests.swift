import HTTPExchange
import PoolManager
import Testing
import TransportCore
import UnixSocket

@testable import BlockingTransport

@Suite struct RedirectRuleTests {
    private static let tls = TLSSettings(
        trustCACerts: Setting("ca.pem", from: .byDefault),
        clientCert: Setting("client.pem", from: .byDefault),
        clientKey: Setting("client.key", from: .byDefault),
        clientKeyPassword: nil
    )
    private let connector = HTTPConnector(resolvers: [TCPResolver(), UnixSocketResolver()])

    /// Where a chain of redirects leads, beginning at the endpoint `home`.
    private func route(_ home: String, _ locations: [String]) throws -> CallRoute {
        let url = try EndpointURL(parsing: home)
        let pools = PoolManager(connector: connector)
        let limits = ExchangeLimits(
            call: Setting(.seconds(60), from: .byDefault),
            connect: Setting(.seconds(10), from: .byDefault),
            payloadMaxBytes: Setting(1000, from: .byDefault)
        )
        let route = try connector.route(for: url, tls: Self.tls)
        let rule = RedirectRule(connector: connector, pools: pools, limits: limits, tls: Self.tls, home: route.origin.place)
        let first = CallRoute(url: url, route: route, pool: pools.pool(for: route.origin, limits: BlockingOptions.pool), limits: limits)
        return try locations.reduce(first) { from, location in try rule.follow(location, from: from).get() }
    }

    @Test(
        "the client certificate goes to the host that it is configured for and to no other, however often it redirects",
        arguments: [
            ("https://home.example/f", ["/g"], true),
            ("https://home.example/f", ["https://home.example:443/g"], true),
            ("https://home.example/f", ["https://other.example/f"], false),
            ("https://home.example/f", ["https://home.example:8443/f"], false),
            ("https://home.example/f", ["https://other.example/f", "/g"], false),
            ("https://home.example/f", ["https://other.example/f", "https://other.example/g"], false),
            ("https://home.example/f", ["https://other.example/f", "https://home.example/g"], true),
            ("https+unix:///run/a.sock/f", ["/g"], true),
            ("https+unix:///run/a.sock/f", ["https+unix:///run/b.sock/f"], false),
        ]
    )
    func certificate(home: String, locations: [String], isSent: Bool) throws {
        let tls = try #require(try route(home, locations).route.origin.tls)
        #expect((tls.clientCert != nil) == isSent)
        #expect((tls.clientKey != nil) == isSent)
        #expect(tls.trustCACerts?.value == "ca.pem")
    }
}
