import TestSupport
import Testing
import TransportCore

/// Answers as peers send them, sound and unsound.
@Suite struct ReceivingTests {
    private static let octets = RawServer.Step.octets

    // MARK: Unsound

    @Test(
        "an unsound answer fails the call at once with its reason, and its connection is never used again",
        arguments: Wiring.allCases,
        UnsoundAnswer.all
    )
    func unsound(wiring: Wiring, answer: UnsoundAnswer) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(
            .tcp,
            scripts: [[.readRequest, .send(answer.bytes), .readRequest, .sendResult([0x58])], [.readRequest, .sendResult([0x41])]]
        )
        let client = try world.client(server)
        let failure = await world.failure(client)
        #expect(failure?.kind == .malformedResponse)
        #expect(failure?.attemptCount == 1)
        #expect(failure?.message.contains(answer.words) == true, "\(failure?.message ?? "answered")")
        try await server.connection(0).closed()
        #expect(try await world.answer(client) == "A")
        #expect(server.connectionCount == 2)
        #expect(world.metrics.attemptOutcomes == [.malformedResponse, nil])
        try await world.finish(server)
    }

    @Test(
        "what a peer sends behind its answer belongs to nothing: the answer counts, and the connection is not used again",
        arguments: Wiring.allCases
    )
    func extraBytes(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let sound = "HTTP/1.1 200 OK\r\n\(Self.octets)\r\ncontent-length: 1\r\n\r\nA"
        let server = try await RawServer.start(
            .tcp,
            scripts: [
                [.readRequest, .send(sound + "HTTP/1.1 200 OK\r\n\(Self.octets)\r\ncontent-length: 1\r\n\r\nX")],
                [.readRequest, .send("HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello")],
                [.readRequest, .send("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\nx")],
                [.readRequest, .send(sound)],
            ]
        )
        let client = try world.client(server)
        #expect(try await world.answer(client) == "A")
        #expect(try await world.answer(client) == "")
        #expect(try await world.callTwice(client).get() == "A")
        #expect(server.connectionCount == 4)
        try await world.finish(server)
    }

    // MARK: Incomplete

    @Test("an answer that breaks off is asked for again, wherever it breaks off", arguments: Wiring.allCases, Road.allCases)
    func short(wiring: Wiring, road: Road) async throws {
        let world = TransportWorld(wiring)
        let chunked = "HTTP/1.1 200 OK\r\n\(Self.octets)\r\ntransfer-encoding: chunked\r\n\r\n"
        let peer = try await RoadPeer(
            road,
            scripts: [
                [.readRequest, .close], [.readRequest, .send("H"), .close], [.readRequest, .send("HTTP/1.1 200 OK\r\n"), .close],
                [.readRequest, .announced(5, [0x41]), .close], [.readRequest, .send(chunked + "5\r\nab"), .close],
                [.readRequest, .send(chunked + "1\r\na\r\n"), .close], [.readRequest, .sendResult([0x41])],
            ]
        )
        let call = world.call(try peer.client(world))
        for attempt in 1...6 {
            try await world.passPause(attempt)
        }
        #expect(try await call.value.get() == "A")
        #expect(world.metrics.attemptOutcomes == Array(repeating: .connectionLost, count: 6) + [nil])
        try await world.finish(peer.server)
    }

    @Test("a head, and then silence, trips the read limit in the body, and the call is made again")
    func silenceInBody() async throws {
        let world = TransportWorld(.blocking)
        let server = try await RawServer.start(
            .tcp,
            scripts: [[.readRequest, .announced(5, [0x41, 0x42])], [.readRequest, .sendResult([0x41])]]
        )
        let call = world.call(try world.client(server))
        try await server.connection().scriptEnded()
        // The read limit counts from the last byte, which has arrived when the server has taken leave of its script or soon after.
        try await world.loop.advance(by: .seconds(10))
        try await world.passPause()
        #expect(try await call.value.get() == "A")
        #expect(world.metrics.attemptOutcomes == [.timedOut, nil])
        try await world.finish(server)
    }

    // MARK: Sound

    @Test("100 and 103 are skipped, however many come", arguments: Wiring.allCases)
    func interim(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(
            .tcp,
            [
                .readRequest, .interim(100), .interim(103, ["link: </x>"]), .interim(103), .interim(199), .sendResult([0x41]),
                .readRequest, .send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
            ]
        )
        let client = try world.client(server)
        #expect(try await world.answer(client) == "A")
        #expect(try await world.answer(client) == "")
        #expect(server.connectionCount == 1)
        try await world.finish(server)
    }

    @Test("204, and any 2xx without a body, are results without effects", arguments: Wiring.allCases, Road.allCases)
    func withoutEffects(wiring: Wiring, road: Road) async throws {
        let world = TransportWorld(wiring)
        let answers: [RawServer.Step] = [
            .send("HTTP/1.1 204 No Content\r\n\r\n"), .respond("200 OK"), .respond("200 OK", [Self.octets]), .respond("202 Accepted"),
            .respond("200 OK", ["content-type: text/html"]), .send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ]
        let peer = try await RoadPeer(road, answers.flatMap { [.readRequest, $0] })
        let client = try peer.client(world)
        for _ in answers {
            #expect(try await world.answer(client) == "")
        }
        #expect(peer.server.connectionCount == 1)
        try await world.finish(peer.server)
    }

    @Test("every status from 200 to 599 is an answer, tried again, or final, as documented", arguments: Wiring.allCases)
    func statuses(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let passing = Set([408, 409, 420, 429, 499] + Array(500...599))
        let redirects: Set = [301, 302, 303, 307, 308]
        var script: [RawServer.Step] = []
        for status in 200...599 {
            let bodiless = status == 204 || status == 304
            script += [.readRequest, bodiless ? .send("HTTP/1.1 \(status) X\r\n\r\n") : .respond("\(status) X", [Self.octets], [0x42])]
            if passing.contains(status) {
                script += [.readRequest, .sendResult([0x41])]
            }
        }
        let server = try await RawServer.start(.tcp, script)
        let client = try world.client(server)
        for status in 200...599 {
            switch status {
            case 204:
                #expect(try await world.answer(client) == "")
            case 200...299:
                #expect(try await world.answer(client) == "B", "\(status)")
            case _ where passing.contains(status):
                #expect(try await world.callTwice(client).get() == "A", "\(status)")
            default:
                let failure = await world.failure(client)
                #expect(failure?.kind == (redirects.contains(status) ? .redirect : .finalStatus), "\(status)")
                #expect(failure?.status == status)
                #expect(failure?.attemptCount == 1)
                #expect(failure?.message.contains("\(status)") == true)
            }
        }
        #expect(server.connectionCount == 1)
        try await world.finish(server)
    }

    @Test(
        "the media type of an answer counts, without its case and parameters",
        arguments: Wiring.allCases,
        [
            ("content-type: application/octet-stream", ""), ("Content-Type: APPLICATION/Octet-Stream", ""),
            ("content-type:application/octet-stream;charset=utf-8; x=y", ""), ("content-type: application/octet-stream ;", ""),
            ("content-type: text/plain", "'text/plain'"), ("content-type: application/octet-stream2", "'application/octet-stream2'"),
            ("content-type: text/html; x=application/octet-stream", "'text/html'"), ("content-type:", "no Content-Type"),
            ("x: y", "no Content-Type"), ("content-type: application/octet-stream, text/plain", "application/octet-stream, text/plain"),
        ]
    )
    func contentType(wiring: Wiring, field: (line: String, words: String)) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, [.readRequest, .respond("200 OK", [field.line], [0x41])])
        let client = try world.client(server)
        if field.words.isEmpty {
            #expect(try await world.answer(client) == "A")
        } else {
            let failure = await world.failure(client)
            #expect(failure?.kind == .contentType)
            #expect(failure?.attemptCount == 1)
            #expect(failure?.message.contains(field.words) == true, "\(failure?.message ?? "answered")")
        }
        try await world.finish(server)
    }

    @Test("HTTP/1.0 keeps a connection only where it says so, and a body without a length ends with it", arguments: Wiring.allCases)
    func http10(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let keeping = "HTTP/1.0 200 OK\r\n\(Self.octets)\r\nconnection: keep-alive\r\ncontent-length: 1\r\n\r\nA"
        let server = try await RawServer.start(
            .tcp,
            scripts: [
                [
                    .readRequest, .send(keeping), .readRequest,
                    .send("HTTP/1.0 200 OK\r\n\(Self.octets)\r\ncontent-length: 1\r\n\r\nB"),
                ],
                [.readRequest, .send("HTTP/1.0 200 OK\r\n\(Self.octets)\r\n\r\nuntil"), .send(" the end"), .close],
                [.readRequest, .send("HTTP/1.1 200 OK\r\n\(Self.octets)\r\n\r\nuntil the end"), .halfClose],
            ]
        )
        let client = try world.client(server)
        for answer in ["A", "B", "until the end", "until the end"] {
            #expect(try await world.answer(client) == answer)
        }
        #expect(server.connectionCount == 3)
        try await world.finish(server)
    }

    @Test("chunks, extensions and trailers are read, and the connection is used again", arguments: Wiring.allCases, Road.allCases)
    func chunks(wiring: Wiring, road: Road) async throws {
        let world = TransportWorld(wiring)
        let head = "HTTP/1.1 200 OK\r\n\(Self.octets)\r\nTransfer-Encoding: CHUNKED\r\n\r\n"
        let peer = try await RoadPeer(
            road,
            [
                .readRequest, .chunked([Array("an ".utf8), Array("answer".utf8)], trailers: ["x-sum: 1", "y: z"]), .readRequest,
                .send(head + "3;a=\"b;c\"\r\nan \r\n00006 ;x\r\nanswer\r\n0;last\r\n\r\n"), .readRequest,
                .sendSlowly(head + "3\r\nan \r\n6\r\nanswer\r\n0\r\nt: u\r\n\r\n", every: .zero),
            ]
        )
        let client = try peer.client(world)
        for _ in 0..<3 {
            #expect(try await world.answer(client) == "an answer")
        }
        #expect(peer.server.connectionCount == 1)
        try await world.finish(peer.server)
    }

    @Test("gzip, x-gzip, deflate with and without its frame, and identity are inflated", arguments: Wiring.allCases, Road.allCases)
    func codings(wiring: Wiring, road: Road) async throws {
        let world = TransportWorld(wiring)
        let answer = Array(String(repeating: "an answer ", count: 10_000).utf8)
        let codings: [(String, [UInt8])] = [
            ("gzip", Deflated.gzip(answer)), ("X-GZIP", Deflated.gzip(answer)), ("deflate", Deflated.zlib(answer)),
            ("deflate", Deflated.raw(answer)), ("identity", answer), ("", answer),
        ]
        let peer = try await RoadPeer(
            road,
            codings.flatMap { coding, bytes in [.readRequest, .respond("200 OK", [Self.octets, "content-encoding: \(coding)"], bytes)] }
        )
        let client = try peer.client(world)
        for _ in codings {
            #expect(try await world.answer(client) == String(decoding: answer, as: UTF8.self))
        }
        #expect(peer.server.connectionCount == 1)
        try await world.finish(peer.server)
    }
}
