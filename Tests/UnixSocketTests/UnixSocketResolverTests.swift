import NIOCore
import Testing
import TransportCore
import UnixSocket

@Suite struct UnixSocketResolverTests {
    private let resolver = UnixSocketResolver()

    @Test("it serves the two schemes of sockets and no other")
    func schemes() {
        #expect(EndpointURL.Scheme.allCases.filter(resolver.serves) == [.httpUnix, .httpsUnix])
    }

    @Test("a plain socket has no TLS, whatever the settings say")
    func plain() throws {
        let url = try EndpointURL(parsing: "http+unix:///run/a.sock/x?y")
        let route = try resolver.route(for: url, tls: TLSSettings(trustCACerts: Setting("ca.pem", from: .byDefault)))
        #expect(
            route
                == EndpointRoute(
                    origin: Origin(place: .unix(path: "/run/a.sock"), tls: nil),
                    requestTarget: "/x?y",
                    hostHeader: "localhost"
                )
        )
    }

    @Test("a secure socket always has TLS, with the settings that there are")
    func secure() throws {
        let url = try EndpointURL(parsing: "https+unix:///run/a.sock/x")
        let settings = TLSSettings(trustCACerts: Setting("ca.pem", from: .byDefault))
        #expect(try resolver.route(for: url, tls: settings).origin.tls == settings)
        #expect(try resolver.route(for: url, tls: nil).origin.tls == TLSSettings())
    }

    @Test("spellings of one socket share an origin, and two sockets never do")
    func origins() throws {
        let origins = try ["/run/a.sock/x", "//run/a.sock/y", "/run/%61.sock", "/run/b.sock/x"].map {
            try resolver.route(for: EndpointURL(parsing: "http+unix://\($0)"), tls: nil).origin
        }
        #expect(Set(origins).count == 2)
    }

    @Test("a URL without a socket has no route")
    func noRoute() throws {
        let url = try EndpointURL(parsing: "http+unix:///run/app")
        #expect(throws: SpecTextError.self) { try resolver.route(for: url, tls: nil) }
    }

    private func resolve(_ place: Origin.Place) async -> Result<[SocketAddress], RequestReplyFailure> {
        await withCheckedContinuation { continuation in
            resolver.resolve(place) { continuation.resume(returning: $0) }
        }
    }

    @Test("the address of a socket is its path, up to the last byte", arguments: [6, 50, 103, UnixSocketLocation.maximumPathLength])
    func address(length: Int) async throws {
        let path = "/" + String(repeating: "a", count: length - 6) + ".sock"
        let addresses = try await resolve(.unix(path: path)).get()
        #expect(addresses.map(\.pathname) == [path])
        #expect(addresses.map(\.protocol) == [.unix])
    }

    @Test(
        "what is no socket's path is refused for good",
        arguments: [
            Origin.Place.unix(path: ""), .unix(path: "/a\u{0}.sock"), .unix(path: "/" + String(repeating: "a", count: 200)),
            .tcp(host: "localhost", port: 80),
        ]
    )
    func refusals(place: Origin.Place) async throws {
        guard case .failure(let failure) = await resolve(place) else {
            Issue.record("an address was found")
            return
        }
        #expect(failure.kind == .misconfigured)
        #expect(!failure.mayRetry)
    }
}
