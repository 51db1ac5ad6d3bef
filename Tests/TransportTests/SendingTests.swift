import TestSupport
import Testing
import TransportCore

/// Requests on their way, over every road.
@Suite struct SendingTests {
    /// 5 MB, more than the buffers between two sockets take.
    private static let large = String(repeating: "0123456789abcdef", count: 5 << 16)

    @Test("the request has exactly these bytes", arguments: Wiring.allCases, Road.allCases)
    func requestBytes(wiring: Wiring, road: Road) async throws {
        let world = TransportWorld(wiring)
        let peer = try await RoadPeer(road, [.readRequest, .sendResult([0x41])])
        let client = try peer.client(world, path: "/path/of%2Furl?a=%20b&c#fragment")
        #expect(try await world.answer(client) == "A")
        let expected = [
            "POST /path/of%2Furl?a=%20b&c HTTP/1.1", "host: \(peer.hostHeader)", "user-agent: \(StatefunProduct.userAgent)",
            "accept: application/octet-stream", "accept-encoding: gzip, deflate", "content-type: application/octet-stream",
            "content-length: 7", "", "request",
        ]
        #expect(try await peer.server.connection().receivedText == expected.joined(separator: "\r\n"))
        try await world.finish(peer.server)
    }

    @Test("a large body arrives whole, and the connection is used again", arguments: Wiring.allCases, Road.allCases)
    func largeBody(wiring: Wiring, road: Road) async throws {
        let world = TransportWorld(wiring)
        let peer = try await RoadPeer(road, [.readRequest, .sendResult([0x41]), .readRequest, .sendResult([0x42])])
        let client = try peer.client(world)
        #expect(try await world.answer(client, Self.large) == "A")
        #expect(try await world.answer(client) == "B")
        #expect(peer.server.connectionCount == 1)
        let received = try await peer.server.connection().received
        #expect(received.suffix(7).elementsEqual("request".utf8))
        let announced = "content-length: \(5 << 20)\r\n\r\n"
        let head = try #require(received.firstRange(of: Array(announced.utf8))?.upperBound)
        // Comparing arrays is quick where comparing sequences is not.
        #expect(Array(received.dropFirst(head).prefix(5 << 20)) == Array(Self.large.utf8))
        try await world.finish(peer.server)
    }

    @Test("a connection that is reset during the upload is made again", arguments: Wiring.allCases, Road.allCases)
    func resetDuringUpload(wiring: Wiring, road: Road) async throws {
        let world = TransportWorld(wiring)
        let peer = try await RoadPeer(road, scripts: [[.readBytes(1000), .reset], [.readRequest, .sendResult([0x41])]])
        let outcome = try await world.callTwice(try peer.client(world), Self.large)
        #expect(try outcome.get() == "A")
        #expect(world.metrics.attemptOutcomes == [.connectionLost, nil])
        try await world.finish(peer.server)
    }

    @Test(
        "a refusal that comes while the request is being sent is what is reported, at once, however the peer leaves",
        arguments: Wiring.allCases,
        Road.allCases
    )
    func earlyRefusal(wiring: Wiring, road: Road) async throws {
        let world = TransportWorld(wiring)
        let refusals = ["413 Content Too Large", "400 Bad Request", "401 Unauthorized"]
        for (index, end) in [RawServer.Step.close, .closeSocket, .reset].enumerated() {
            let answer = RawServer.Step.respond(refusals[index], ["connection: close"], Array("too long".utf8))
            // Whoever takes leave inside TLS waits for seconds that the other side does, which it has to read to know.
            let reading: [RawServer.Step] = end == .close && road.isSecure ? [.readBytes(1)] : [.readBytes(1), .stopReading]
            let peer = try await RoadPeer(road, reading + [answer, end])
            let failure = await world.failure(try peer.client(world), Self.large)
            #expect(failure?.status == [413, 400, 401][index], "\(failure?.message ?? "answered")")
            #expect(failure?.kind == .finalStatus)
            #expect(failure?.attemptCount == 1)
            try await peer.server.connection().closed()
        }
        try await world.finish()
    }

    @Test("a refusal counts although the peer neither reads on nor leaves", arguments: Wiring.allCases, Road.allCases)
    func earlyRefusalWithoutEnd(wiring: Wiring, road: Road) async throws {
        let world = TransportWorld(wiring)
        let peer = try await RoadPeer(road, [.readBytes(1), .stopReading, .respond("413 Content Too Large")])
        let failure = await world.failure(try peer.client(world), Self.large)
        #expect(failure?.status == 413)
        #expect(failure?.attemptCount == 1)
        // A server that does not read does not see the end.
        try await world.finish()
    }

    @Test(
        "an answer that comes while the request is being sent is the answer, and that connection is not used again",
        arguments: Wiring.allCases,
        Road.allCases
    )
    func earlyAnswer(wiring: Wiring, road: Road) async throws {
        let world = TransportWorld(wiring)
        let peer = try await RoadPeer(
            road,
            scripts: [[.readBytes(1), .stopReading, .sendResult([0x41])], [.readRequest, .sendResult([0x42])]]
        )
        let client = try peer.client(world)
        #expect(try await world.answer(client, Self.large) == "A")
        #expect(try await world.answer(client) == "B")
        #expect(peer.server.connectionCount == 2)
        try await world.finish()
    }

    @Test("a request over payload_max_bytes is refused before a connection is made", arguments: Wiring.allCases, Road.allCases)
    func tooLarge(wiring: Wiring, road: Road) async throws {
        let world = TransportWorld(wiring)
        let peer = try await RoadPeer(road, [.readRequest, .sendResult([0x41])])
        let client = try peer.client(world, [Wiring.entry("payload_max_bytes", .scalar("7"))])
        let failure = await world.failure(client, "requests")
        #expect(failure?.kind == .requestTooLarge)
        #expect(
            failure?.message == "the request has 8 bytes, more than payload_max_bytes allows, 7 (module.yaml:1:1); it was not sent"
        )
        #expect(failure?.attemptCount == 0)
        #expect(peer.server.connectionCount == 0)
        #expect(try await world.answer(client, "request") == "A")
        try await world.finish(peer.server)
    }
}
