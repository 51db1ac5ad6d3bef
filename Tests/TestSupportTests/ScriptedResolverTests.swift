import NIOCore
import TestSupport
import Testing
import TransportCore

@Suite struct ScriptedResolverTests {
    private func ask(_ resolver: ScriptedResolver, _ name: String) -> Eventual<Result<[SocketAddress], RequestReplyFailure>> {
        let answer = Eventual<Result<[SocketAddress], RequestReplyFailure>>()
        resolver.resolve(.tcp(host: name, port: 81)) { answer.succeed($0) }
        return answer
    }

    private func address(_ host: String, _ port: Int = 81) throws -> SocketAddress { try SocketAddress(ipAddress: host, port: port) }

    @Test("answers come in their order, the last one again and again, and questions are counted")
    func order() throws {
        let gone = RequestReplyFailure(.nameNotResolved, "gone")
        let resolver = ScriptedResolver(["a": [.hosts(["127.0.0.1", "::1"]), .failure(gone), .addresses([try address("127.0.0.2", 9)])]])
        #expect(ask(resolver, "a").current == .success([try address("127.0.0.1"), try address("::1")]))
        #expect(ask(resolver, "a").current == .failure(gone))
        #expect(ask(resolver, "a").current == .success([try address("127.0.0.2", 9)]))
        #expect(ask(resolver, "a").current == .success([try address("127.0.0.2", 9)]))
        #expect(resolver.askedCount("a") == 4)
        #expect(resolver.askedCount("b") == 0)
    }

    @Test("new answers replace what was left")
    func replacing() throws {
        let resolver = ScriptedResolver(["a": [.hosts(["127.0.0.1"])]])
        resolver.set("a", .hosts(["127.0.0.2"]))
        #expect(ask(resolver, "a").current == .success([try address("127.0.0.2")]))
    }

    @Test("a name without an answer is unknown")
    func unknown() throws {
        let answer = try #require(ask(ScriptedResolver(), "a").current)
        #expect(throws: RequestReplyFailure(.nameNotResolved, "the test has no address for 'a'")) { try answer.get() }
        let resolver = ScriptedResolver(["a": [.unknown("nobody knows 'a'")]])
        #expect(ask(resolver, "a").current == .failure(RequestReplyFailure(.nameNotResolved, "nobody knows 'a'")))
    }

    @Test("an answer can be held back, and what is asked meanwhile is answered")
    func held() async throws {
        let gate = Gate()
        let resolver = ScriptedResolver(["a": [.held(.hosts(["127.0.0.1"]), until: gate), .hosts(["127.0.0.2"])]])
        async let asked: Void = resolver.asked("a", times: 2)
        let first = ask(resolver, "a")
        #expect(ask(resolver, "a").current == .success([try address("127.0.0.2")]))
        try await asked
        #expect(first.current == nil)
        gate.open()
        #expect(first.current == .success([try address("127.0.0.1")]))
    }

    @Test("URLs are read as the resolver of the system reads them")
    func routes() throws {
        let resolver = ScriptedResolver()
        let route = try resolver.route(for: EndpointURL(parsing: "https://name:8443/p?q"), tls: nil)
        #expect(route.origin == Origin(place: .tcp(host: "name", port: 8443), tls: TLSSettings()))
        #expect(route.requestTarget == "/p?q")
        #expect(route.hostHeader == "name:8443")
        #expect(EndpointURL.Scheme.allCases.filter { resolver.serves($0) } == [.http, .https])
    }

    @Test("a path is no name")
    func unix() throws {
        let answer = Eventual<Result<[SocketAddress], RequestReplyFailure>>()
        ScriptedResolver().resolve(.unix(path: "/a")) { answer.succeed($0) }
        let failure = #expect(throws: RequestReplyFailure.self) { try answer.current?.get() }
        #expect(failure?.kind == .misconfigured)
    }
}
