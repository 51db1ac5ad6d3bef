import Foundation
import TestSupport
import Testing
import TransportCore

/// Answers that point elsewhere.
@Suite struct RedirectTests {
    @Test(
        "the blocking transport sends the same POST with the same body to where 301, 302, 307 and 308 lead",
        arguments: [301, 302, 307, 308],
        Road.allCases
    )
    func again(status: Int, road: Road) async throws {
        let world = TransportWorld(.blocking)
        let peer = try await RoadPeer(road, [.readRequest, .redirect(status, to: "/other?x=%201"), .readRequest, .sendResult([0x41])])
        #expect(try await world.answer(try peer.client(world), "the body") == "A")
        let text = try await peer.server.connection().receivedText
        #expect(text.split(separator: "\r\n\r\nthe body").count == 2)
        #expect(text.contains("\r\n\r\nthe bodyPOST /other?x=%201 HTTP/1.1\r\nhost: \(peer.hostHeader)\r\n"))
        #expect(text.hasSuffix("content-length: 8\r\n\r\nthe body"))
        // Where it was sent belongs to one attempt.
        #expect(world.metrics.attemptOutcomes == [nil])
        #expect(peer.server.connectionCount == 1)
        try await world.finish(peer.server)
    }

    @Test(
        "a reference is read against the URL that was called",
        arguments: [
            ("g", "/b/c/g"), ("./g", "/b/c/g"), ("g/", "/b/c/g/"), ("/g", "/g"), ("?y", "/b/c/d?y"), ("g?y", "/b/c/g?y"),
            ("#s", "/b/c/d?q"),
            ("g#s", "/b/c/g"), ("..", "/b/"), ("../g", "/b/g"), ("../../../g", "/g"), ("/./g", "/g"), ("/../g", "/g"),
            ("g;x=1/../y", "/b/c/y"),
            ("%2e%2e/g", "/b/c/%2e%2e/g"), ("/a%0d%0ax:%20y", "/a%0d%0ax:%20y"),
        ]
    )
    func references(location: String, target: String) async throws {
        let world = TransportWorld(.blocking)
        let server = try await RawServer.start(.tcp, [.readRequest, .redirect(307, to: location), .readRequest, .sendResult([0x41])])
        #expect(try await world.answer(try world.client(server, path: "/b/c/d?q")) == "A")
        #expect(try await server.connection().receivedText.contains("\r\n\r\nrequestPOST \(target) HTTP/1.1\r\n"))
        try await world.finish(server)
    }

    @Test(
        "where the peer redirects and closes the connection without saying so, it is called again over another one, in the same attempt",
        arguments: Road.allCases,
        [RawServer.Step.close, .reset]
    )
    func closedBehindRedirect(road: Road, end: RawServer.Step) async throws {
        let world = TransportWorld(.blocking)
        // The second request is read, so that the pool cannot know of the end when it lends the connection again.
        let peer = try await RoadPeer(
            road,
            scripts: [
                [.readRequest, .redirect(307, to: "/other"), .readRequest, end],
                [.readRequest, .redirect(307, to: "/third"), .readRequest, end],
                [.readRequest, .sendResult([0x41])],
            ]
        )
        #expect(try await world.answer(try peer.client(world)) == "A")
        #expect(try await peer.server.connection(2).receivedText.hasPrefix("POST /third HTTP/1.1\r\n"))
        #expect(peer.server.connectionCount == 3)
        #expect(world.metrics.attemptOutcomes == [nil])
        try await world.finish(peer.server)
    }

    @Test("another host gets the POST with its own name, over a connection of its own")
    func otherHost() async throws {
        let world = TransportWorld(.blocking)
        let once: [RawServer.Step] = [.readRequest, .sendResult([0x41])]
        let other = try await RawServer.start(.tcp, once + once + once)
        for location in ["http://localhost:\(other.port)/g", "//localhost:\(other.port)/g", "HTTP://LOCALHOST:\(other.port)/g"] {
            let server = try await RawServer.start(.tcp, [.readRequest, .redirect(308, to: location)])
            #expect(try await world.answer(try world.client(server)) == "A")
            #expect(try await server.connection().receivedText.contains("\r\nhost: 127.0.0.1:\(server.port)\r\n"))
        }
        #expect(other.connectionCount == 1)
        let requests = try await other.connection().receivedText.components(
            separatedBy: "POST /g HTTP/1.1\r\nhost: localhost:\(other.port)\r\n"
        )
        #expect(requests.count == 4)
        try await world.finish(other)
    }

    @Test("the client certificate is not shown to another host that a redirect leads to, and is to our own")
    func certificate() async throws {
        let certificates = try await TestCertificates.shared()
        func serve(_ script: [RawServer.Step]) async throws -> RawServer {
            try await RawServer.start(
                .tcp,
                script,
                tls: certificates.server(.localhost),
                clientAuthority: certificates.clientAuthority
            )
        }
        let world = TransportWorld(.blocking)
        let other = try await serve([.readRequest, .sendResult([0x58])])
        let home = try await serve([
            .readRequest, .redirect(307, to: "/g"), .readRequest, .redirect(307, to: "https://localhost:\(other.port)/g"),
        ])
        let client = try world.client(
            "https://localhost:\(home.port)/f",
            [
                ("trust_cacerts", certificates.authority), ("client_cert", certificates.client.certificate),
                ("client_key", certificates.client.key),
            ].map { Wiring.entry($0, .scalar($1)) }
        )
        let failure = await world.failure(client)
        #expect(failure?.kind == .certificateRefused)
        #expect(failure?.message.contains("localhost:\(other.port) refuses this client") == true, "\(failure?.message ?? "answered")")
        #expect(home.connectionCount == 1)
        #expect(try await home.connection().receivedText.contains("POST /g HTTP/1.1"))
        #expect(other.connections.count { !$0.received.isEmpty } == 0)
        try await world.finish(home, other)
    }

    @Test(
        "another scheme is never followed, least of all from https to http",
        arguments: [
            (Road.tls, "http://localhost/g"), (.tls, "https+unix:///run/f.sock/g"), (.tcp, "https://localhost/g"),
            (.tcp, "http+unix:///run/f.sock/g"), (.tcp, "ftp://localhost/g"), (.tcp, "file:///etc/passwd"), (.tcp, "javascript:alert(1)"),
            (.unix, "http://localhost/g"), (.unix, "https+unix:///run/f.sock/g"), (.secureUnix, "http+unix:///run/f.sock/g"),
        ]
    )
    func otherScheme(road: Road, location: String) async throws {
        let world = TransportWorld(.blocking)
        let peer = try await RoadPeer(road, [.readRequest, .redirect(307, to: location), .readRequest, .sendResult([0x58])])
        let failure = await world.failure(try peer.client(world))
        #expect(failure?.kind == .redirect)
        #expect(failure?.attemptCount == 1)
        #expect(failure?.message.contains("the redirect to '\(location)' is not followed") == true, "\(failure?.message ?? "answered")")
        try await world.finish(peer.server)
    }

    @Test(
        "a Location that is no URL, or could put more into a request than a URL, is not followed",
        arguments: Road.allCases,
        [
            "/a b", "/a\tb", "/a HTTP/1.1", "/\u{E4}", "/%zz", "/<x>", "http://", "http://local host/", "http://u:p@localhost/",
            "http://a:99999/",
            "http://[::1/", "//",
        ]
    )
    func unparsable(road: Road, location: String) async throws {
        let world = TransportWorld(.blocking)
        let peer = try await RoadPeer(road, [.readRequest, .redirect(302, to: location), .readRequest, .sendResult([0x58])])
        let failure = await world.failure(try peer.client(world))
        #expect(failure?.kind == .redirect, "\(failure?.message ?? "answered")")
        #expect(failure?.attemptCount == 1)
        #expect(failure?.message.contains("is not followed") == true)
        try await world.finish(peer.server)
    }

    @Test(
        "a redirect without a Location, and a 303, which asks for a GET, fail and say so",
        arguments: Wiring.allCases,
        [
            (RawServer.Step.respond("302 Found"), "the answer is a redirect (302 Found) without a Location"),
            (.respond("307 Moved", ["location:"]), "the answer is a redirect (307 Temporary Redirect) without a Location"),
            (
                .redirect(303, to: "/g"),
                "the answer is a redirect (303 See Other) to '/g' that asks for a GET, which cannot call a function"
            ),
        ]
    )
    func unusable(wiring: Wiring, answer: (step: RawServer.Step, message: String)) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, [.readRequest, answer.step, .readRequest, .sendResult([0x58])])
        let failure = await world.failure(try world.client(server))
        #expect(failure?.kind == .redirect)
        #expect(failure?.message == answer.message)
        #expect(failure?.attemptCount == 1)
        try await world.finish(server)
    }

    @Test("twenty redirects are followed, and the twenty-first is not")
    func hops() async throws {
        let world = TransportWorld(.blocking)
        let hops = (1...20).flatMap { [RawServer.Step.readRequest, .redirect(302, to: "/\($0)")] }
        let server = try await RawServer.start(
            .tcp,
            scripts: [hops + [.readRequest, .sendResult([0x41])] + hops + [.readRequest, .redirect(302, to: "/21")]]
        )
        let client = try world.client(server)
        #expect(try await world.answer(client) == "A")
        let failure = await world.failure(client)
        #expect(failure?.kind == .redirect)
        #expect(failure?.message == "more than 20 redirects, the last one to '/21'")
        #expect(world.metrics.attemptOutcomes == [nil, .redirect])
        try await world.finish(server)
    }

    @Test("an attempt that fails where it was sent to is made again from the beginning")
    func retriedFromHome() async throws {
        let world = TransportWorld(.blocking)
        let other = try await RawServer.start(.tcp, [.readRequest, .status(503)])
        let home = try await RawServer.start(
            .tcp,
            [.readRequest, .redirect(307, to: "http://localhost:\(other.port)/g"), .readRequest, .sendResult([0x41])]
        )
        #expect(try await world.callTwice(try world.client(home)).get() == "A")
        #expect(world.metrics.attemptOutcomes == [.passingStatus, nil])
        #expect(other.connectionCount == 1)
        try await world.finish(home, other)
    }

    @Test("a redirect counts whatever its page is like; only a short one is read to keep the connection", arguments: [10, 100_000])
    func page(size: Int) async throws {
        let world = TransportWorld(.blocking)
        let page = [UInt8](repeating: 0x58, count: size)
        let server = try await RawServer.start(
            .tcp,
            scripts: [
                [
                    .readRequest, .respond("307 Moved", ["location: /g", "content-type: text/html"], page), .readRequest,
                    .sendResult([0x41]),
                ],
                [.readRequest, .sendResult([0x41])],
            ]
        )
        #expect(try await world.answer(try world.client(server)) == "A")
        #expect(server.connectionCount == (size == 10 ? 1 : 2))
        try await world.finish(server)
    }

    @Test("to the async transport a redirect is a failure that names the place", arguments: [301, 302, 307, 308], Road.allCases)
    func async(status: Int, road: Road) async throws {
        let world = TransportWorld(.async)
        let peer = try await RoadPeer(
            road,
            [.readRequest, .redirect(status, to: "http://elsewhere.example/g"), .readRequest, .sendResult([0x58])]
        )
        let failure = await world.failure(try peer.client(world))
        #expect(failure?.kind == .redirect)
        #expect(failure?.status == status)
        #expect(failure?.attemptCount == 1)
        #expect(failure?.message.contains("to 'http://elsewhere.example/g'; write that URL into urlPathTemplate") == true)
        try await world.finish(peer.server)
    }
}
