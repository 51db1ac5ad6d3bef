import NIOCore
import TestSupport
import Testing
import TransportCore

@testable import HTTPExchange

@Suite struct TCPResolverTests {
    private func resolve(
        _ place: Origin.Place,
        hosts: [String: String] = [:]
    ) async throws -> Result<[SocketAddress], RequestReplyFailure> {
        let outcomes = Outcomes<[SocketAddress]>()
        TCPResolver(hosts: hosts).resolve(place) { outcomes.add($0) }
        return try await outcomes.first()
    }

    @Test("an address is itself", arguments: [("127.0.0.1", 80), ("::1", 8080), ("fe80::1", 65535)])
    func literals(host: String, port: Int) async throws {
        #expect(try await resolve(.tcp(host: host, port: port)).get() == [try SocketAddress(ipAddress: host, port: port)])
    }

    @Test("a name may stand for another one or for an address; an address never does, since its certificate has to be for itself")
    func mapped() async throws {
        let hosts = ["functions": "10.1.2.3", "10.1.2.3": "127.0.0.1", "::2": "127.0.0.1", "here": "localhost"]
        let place = try SocketAddress(ipAddress: "10.1.2.3", port: 80)
        #expect(try await resolve(.tcp(host: "Functions", port: 80), hosts: hosts).get() == [place])
        #expect(try await resolve(.tcp(host: "10.1.2.3", port: 80), hosts: hosts).get() == [place])
        let other = try SocketAddress(ipAddress: "::2", port: 80)
        #expect(try await resolve(.tcp(host: "::2", port: 80), hosts: hosts).get() == [other])
        let here = try await resolve(.tcp(host: "here", port: 80), hosts: hosts).get()
        #expect(here.contains { $0.ipAddress == "127.0.0.1" || $0.ipAddress == "::1" })
    }

    @Test("a name has the addresses that the system knows, each once")
    func localhost() async throws {
        let addresses = try await resolve(.tcp(host: "localhost", port: 81)).get()
        #expect(addresses.contains { $0.ipAddress == "127.0.0.1" || $0.ipAddress == "::1" })
        #expect(addresses.allSatisfy { $0.port == 81 })
        #expect(Set(addresses).count == addresses.count)
    }

    @Test("a name that nobody has is a failure that a retry may help", arguments: ["a..b", ".", "a b"])
    func unknown(host: String) async throws {
        let failure = try await resolve(.tcp(host: host, port: 80)).failure
        #expect(failure?.kind == .nameNotResolved)
        #expect(failure?.mayRetry == true)
        #expect(failure?.message.hasPrefix("the name '\(host)' cannot be resolved: ") == true)
    }

    @Test("whoever asks at the same time is answered, each once")
    func shared() async throws {
        let resolver = TCPResolver()
        let all = (0..<50).map { _ in Outcomes<[SocketAddress]>() }
        for outcomes in all {
            resolver.resolve(.tcp(host: "localhost", port: 80)) { outcomes.add($0) }
        }
        for outcomes in all {
            #expect(try await !outcomes.first().get().isEmpty)
            #expect(outcomes.count == 1)
        }
    }

    @Test("a socket has no name to resolve")
    func unix() async throws {
        #expect(try await resolve(.unix(path: "/a.sock")).failure?.kind == .misconfigured)
    }

    @Test(
        "a URL is an origin and what to ask it for",
        arguments: [
            ("http://h/p?q=1#f", "h", 80, "/p?q=1", "h", false), ("https://H:8443", "h", 8443, "/", "h:8443", true),
            ("http://[::1]:81/%2F", "::1", 81, "/%2F", "[::1]:81", false),
        ]
    )
    func routes(text: String, host: String, port: Int, target: String, header: String, isSecure: Bool) throws {
        let tls = TLSSettings(trustCACerts: Setting("ca.pem", from: .byDefault))
        let route = try TCPResolver().route(for: EndpointURL(parsing: text), tls: tls)
        #expect(route.origin.place == .tcp(host: host, port: port))
        #expect(route.origin.tls == (isSecure ? tls : nil))
        #expect(route.requestTarget == target)
        #expect(route.hostHeader == header)
        let plain = try TCPResolver().route(for: EndpointURL(parsing: text), tls: nil)
        #expect(plain.origin.tls == (isSecure ? TLSSettings() : nil))
    }

    @Test("it serves what has a host")
    func schemes() {
        #expect(EndpointURL.Scheme.allCases.filter(TCPResolver().serves) == [.http, .https])
    }
}
