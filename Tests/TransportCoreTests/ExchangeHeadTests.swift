import NIOCore
import Testing
import TransportCore

@Suite struct ExchangeHeadTests {
    private func head(_ url: String) throws -> String {
        let url = try EndpointURL(parsing: url)
        let route = EndpointRoute(
            origin: Origin(place: .tcp(host: url.host, port: url.port), tls: nil),
            requestTarget: url.pathAndQuery,
            hostHeader: url.hostHeader
        )
        return String(buffer: ExchangeHead(route).prefix)
    }

    @Test("the exact bytes up to the length")
    func bytes() throws {
        let lines = [
            "POST /greeter?a=b%20c HTTP/1.1",
            "host: bar.foo.com:8080",
            "user-agent: swift-statefun/\(StatefunProduct.version)",
            "accept: application/octet-stream",
            "accept-encoding: gzip, deflate",
            "content-type: application/octet-stream",
            "content-length: ",
        ]
        #expect(try head("http://bar.foo.com:8080/greeter?a=b%20c#top") == lines.joined(separator: "\r\n"))
    }

    @Test(
        "only the scheme's own port is left out of the host",
        arguments: [
            ("http://h/", "h"), ("http://h:80/", "h"), ("https://h:443/", "h"), ("http://h:443/", "h:443"), ("https://h:80/", "h:80"),
            ("http://[::1]:8080/", "[::1]:8080"), ("https://[::1]/", "[::1]"),
        ]
    )
    func host(url: String, host: String) throws {
        #expect(try head(url).contains("\r\nhost: \(host)\r\n"))
    }

    @Test("another product can call itself otherwise")
    func userAgent() {
        let route = EndpointRoute(origin: Origin(place: .unix(path: "/s.sock"), tls: nil), requestTarget: "/", hostHeader: "localhost")
        let head = String(buffer: ExchangeHead(route, userAgent: "gateway/2").prefix)
        #expect(head.hasPrefix("POST / HTTP/1.1\r\nhost: localhost\r\nuser-agent: gateway/2\r\naccept: "))
    }
}
