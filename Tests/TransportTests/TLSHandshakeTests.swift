import TestSupport
import Testing
import TransportCore

/// Handshakes that come to nothing, and ends without a farewell.
@Suite struct TLSHandshakeTests {
    private func client(_ world: TransportWorld, _ server: RawServer) async throws -> any RequestReplyClient {
        let trust = Wiring.entry("trust_cacerts", .scalar(try await TestCertificates.shared().authority))
        return try world.client("https://localhost:\(server.port)/functions", [trust])
    }

    @Test("a peer that speaks nothing newer than TLS 1.1 is refused, and the failure says what is needed", arguments: Wiring.allCases)
    func oldVersions(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let identity = try await TestCertificates.shared().server(.localhost)
        let server = try await RawServer.start(.tcp, [.readRequest], tls: identity, tlsVersions: .tlsv1 ... .tlsv11)
        let reason = try await world.firstReason(try await client(world, server))
        #expect(reason.contains("TLS 1.2"), "\(reason)")
        #expect(world.metrics.attemptOutcomes.first == .handshakeFailed)
        #expect(server.connections.count { !$0.received.isEmpty } == 0)
        try await world.finish(server)
    }

    @Test("a handshake that stalls trips the connect limit, and is made again", arguments: Wiring.allCases)
    func stalled(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, [.readTLSRecord])
        let call = world.call(try await client(world, server))
        try await server.connection(0).scriptEnded()
        try await world.loop.advance(by: .seconds(wiring == .async ? 20 : 10))
        try await server.connection(0).closed()
        try await world.passPause()
        try await server.connection(1).scriptEnded()
        call.cancel()
        guard case .failure(let failure) = await call.value else {
            Issue.record("answered")
            return
        }
        let limit = wiring == .async ? "20 s" : "10 s"
        #expect(
            failure.attempts.first?.message
                == "the connect limit of \(limit) (default) passed while the TLS handshake with localhost:\(server.port) went on"
        )
        #expect(world.metrics.attemptOutcomes.first == .timedOut)
        try await world.finish(server)
    }

    @Test(
        "what is no handshake is told in words, and is made again",
        arguments: Wiring.allCases,
        [
            ([RawServer.Step.readTLSRecord, .garbage], "the peer does not speak TLS"),
            ([.readTLSRecord, .respond("400 Bad Request")], "the peer does not speak TLS"),
            ([.readTLSRecord, .respond("400 Bad Request"), .close], "the peer does not speak TLS"),
            ([.readTLSRecord, .close], "the peer closed the connection"),
            ([.readTLSRecord, .reset], "Connection reset by peer"),
            ([.close], "the peer closed the connection"),
        ]
    )
    func noHandshake(wiring: Wiring, peer: (script: [RawServer.Step], words: String)) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, peer.script)
        let reason = try await world.firstReason(try await client(world, server))
        #expect(reason.hasPrefix("the TLS handshake with localhost:\(server.port) failed: "), "\(reason)")
        // A socket that ends before we have said hello can be noticed in either way.
        let isEither = peer.script == [.close] && reason.contains("Broken pipe") || reason.contains("reset by peer")
        #expect(reason.contains(peer.words) || isEither, "\(reason)")
        #expect(reason.contains("write http://") == peer.words.contains("speak TLS"), "\(reason)")
        #expect(!reason.contains("BoringSSL") && !reason.contains(".cc:"))
        #expect(world.metrics.attemptOutcomes.first == .handshakeFailed)
        try await world.finish(server)
    }

    @Test("a peer that speaks TLS behind http:// is no HTTP peer, and is not asked again", arguments: Wiring.allCases)
    func tlsBehindPlain(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, [.readRequest, .send([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x0A])])
        let failure = await world.failure(try world.client(server))
        #expect(failure?.kind == .malformedResponse)
        #expect(failure?.message.contains("write https://") == true, "\(failure?.message ?? "")")
        try await world.finish(server)
    }

    @Test("https+unix never speaks plain text: the first bytes are a handshake", arguments: Wiring.allCases)
    func secureUnix(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let peer = try await RoadPeer(.secureUnix, [.readRequest, .sendResult([0x41])])
        #expect(try await world.answer(try peer.client(world)) == "A")
        let raw = try await peer.server.connection().receivedRaw
        #expect(raw.prefix(2) == [0x16, 0x03])
        #expect(!String(decoding: raw, as: UTF8.self).contains("POST"))

        let folder = try TemporaryDirectory()
        let plain = try await RawServer.start(.unix(path: folder.file("p.sock")), [.readTLSRecord, .respond("400 Bad Request")])
        let reason = try await world.firstReason(try world.client("https+unix://\(folder.file("p.sock"))/functions"))
        #expect(reason.contains("the peer does not speak TLS"), "\(reason)")
        #expect(reason.contains("write http+unix://"), "\(reason)")
        #expect(try await plain.connection().received.prefix(2) == [0x16, 0x03])
        try await world.finish(peer.server, plain)
    }

    @Test("an end without a farewell in mid-body is a lost connection, and the call is made again", arguments: Wiring.allCases)
    func cutInBody(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let peer = try await RoadPeer(
            .tls,
            scripts: [
                [.readRequest, .announced(9, [0x41]), .closeSocket],
                [.readRequest, .send("HTTP/1.1 200 OK\r\n\(RawServer.Step.octets)\r\n\r\nhalf"), .closeSocket],
                [.readRequest, .send("HTTP/1.1 200 OK\r\n\(RawServer.Step.octets)\r\n\r\nwhole"), .close],
            ]
        )
        let call = world.call(try peer.client(world))
        try await world.passPause(1)
        try await world.passPause(2)
        #expect(try await call.value.get() == "whole")
        #expect(world.metrics.attemptOutcomes == [.connectionLost, .connectionLost, nil])
        #expect(world.log.entries.first?.metadata["reason"]?.contains("without saying so inside TLS") == true)
        try await world.finish(peer.server)
    }

    @Test("an end without a farewell after a complete body costs nothing", arguments: Wiring.allCases)
    func cutAfterBody(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let peer = try await RoadPeer(.tls, [.readRequest, .sendResult([0x41]), .closeSocket])
        let client = try peer.client(world)
        #expect(try await world.answer(client) == "A")
        try await peer.server.connection(0).closed()
        #expect(try await world.answer(client) == "A")
        #expect(peer.server.connectionCount == 2)
        try await world.finish(peer.server)
    }
}
