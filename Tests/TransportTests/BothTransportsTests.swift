import NIOCore
import TestSupport
import Testing
import TransportCore

/// What both transports do alike, over real sockets.
@Suite struct BothTransportsTests {
    @Test("the request has exactly these bytes, and path and query as written", arguments: Wiring.allCases)
    func requestBytes(wiring: Wiring) async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult(Array("answer".utf8))])
        #expect(try await Wiring.call(wiring.client(server)) == "answer")
        let expected = [
            "POST /functions?a=%20b HTTP/1.1", "host: 127.0.0.1:\(server.port)", "user-agent: \(StatefunProduct.userAgent)",
            "accept: application/octet-stream", "accept-encoding: gzip, deflate", "content-type: application/octet-stream",
            "content-length: 7", "", "request",
        ]
        #expect(try await server.connection().receivedText == expected.joined(separator: "\r\n"))
    }

    @Test("over a UNIX socket the path behind the socket is the request's", arguments: Wiring.allCases)
    func unixSocket(wiring: Wiring) async throws {
        let folder = try TemporaryDirectory()
        let server = try await RawServer.start(
            .unix(path: folder.file("f.sock")),
            [.readRequest, .sendResult(), .readRequest, .sendResult()]
        )
        let client = try wiring.factory().makeClient(
            .none,
            endpoint: EndpointURL(parsing: "http+unix://\(folder.file("f.sock"))/path/of%2Furl?q"),
            metrics: NoMetrics()
        )
        #expect(try await Wiring.call(client) == "")
        #expect(try await Wiring.call(client) == "")
        #expect(server.connectionCount == 1)
        #expect(try await server.connection().receivedText.hasPrefix("POST /path/of%2Furl?q HTTP/1.1\r\nhost: localhost\r\n"))
    }

    @Test("a body larger than the socket's buffers arrives whole, and the connection is used again", arguments: Wiring.allCases)
    func largeBody(wiring: Wiring) async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult(), .readRequest, .sendResult()])
        let client = try wiring.client(server)
        let body = String(repeating: "0123456789abcdef", count: 1 << 18)
        _ = try await Wiring.call(client, body)
        _ = try await Wiring.call(client, "second")
        #expect(server.connectionCount == 1)
        #expect(try await server.connection().received.count > 2 * 160 + (1 << 22))
    }

    @Test("answers are inflated, whatever the coding and its frame", arguments: Wiring.allCases)
    func inflates(wiring: Wiring) async throws {
        let answer = Array("an answer an answer an answer".utf8)
        let codings: [(String, [UInt8])] = [
            ("gzip", Deflated.gzip(answer)), ("deflate", Deflated.zlib(answer)), ("deflate", Deflated.raw(answer)), ("identity", answer),
        ]
        let script = codings.flatMap { coding, bytes in
            [RawServer.Step.readRequest, .respond("200 OK", [RawServer.Step.octets, "content-encoding: \(coding)"], bytes)]
        }
        let server = try await RawServer.start(.tcp, script)
        let client = try wiring.client(server)
        for _ in codings {
            #expect(try await Wiring.call(client) == "an answer an answer an answer")
        }
        #expect(server.connectionCount == 1)
    }

    @Test("204, and any 2xx without a body, are results without effects", arguments: Wiring.allCases)
    func noEffects(wiring: Wiring) async throws {
        let server = try await RawServer.start(
            .tcp,
            [
                .readRequest, .send("HTTP/1.1 204 No Content\r\n\r\n"), .readRequest, .respond("200 OK"), .readRequest,
                .respond("202 Accepted"),
            ]
        )
        let client = try wiring.client(server)
        for _ in 0..<3 {
            #expect(try await Wiring.call(client) == "")
        }
    }

    @Test(
        "a content type with parameters is taken, and another or none ends the call at once",
        arguments: Wiring.allCases,
        ["content-type: application/octet-stream; charset=x", "content-type: text/plain", "x: y"]
    )
    func contentType(wiring: Wiring, field: String) async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .respond("200 OK", [field], [0x41])])
        let client = try wiring.client(server)
        if field.contains("octet-stream") {
            #expect(try await Wiring.call(client) == "A")
        } else {
            let failure = await #expect(throws: RequestReplyFailure.self) { try await Wiring.call(client) }
            #expect(failure?.kind == .contentType)
            #expect(failure?.attemptCount == 1)
        }
    }

    @Test("statuses that may pass are tried again", arguments: Wiring.allCases, ["408", "409", "420", "429", "499", "500", "503", "599"])
    func passingStatus(wiring: Wiring, status: String) async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .respond("\(status) No"), .readRequest, .sendResult([0x41])])
        #expect(try await Wiring.call(wiring.client(server)) == "A")
        #expect(server.connectionCount == 1)
    }

    @Test(
        "all other statuses end the call at once and name themselves",
        arguments: Wiring.allCases,
        ["400", "401", "404", "413", "303", "304"]
    )
    func finalStatus(wiring: Wiring, status: String) async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .respond("\(status) No", ["location: /elsewhere"])])
        let failure = await #expect(throws: RequestReplyFailure.self) { try await Wiring.call(wiring.client(server)) }
        #expect(failure?.status == Int(status))
        #expect(failure?.attemptCount == 1)
        #expect(failure?.message.contains(status) == true)
    }

    @Test("Retry-After that exceeds the call's time ends the call without waiting for it", arguments: Wiring.allCases)
    func retryAfter(wiring: Wiring) async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .respond("503 No", ["retry-after: 3600"])])
        let failure = await #expect(throws: RequestReplyFailure.self) { try await Wiring.call(wiring.client(server)) }
        #expect(failure?.kind == .passingStatus)
        #expect(failure?.message.contains("(default)") == true)
    }

    @Test("a connection that ends before or within the answer is made again", arguments: Wiring.allCases)
    func truncated(wiring: Wiring) async throws {
        let server = try await RawServer.start(
            .tcp,
            scripts: [
                [.readRequest, .reset],
                [.readRequest, .send("HTTP/1.1 200 OK\r\n"), .close],
                [.readRequest, .send("HTTP/1.1 200 OK\r\n\(RawServer.Step.octets)\r\ncontent-length: 9\r\n\r\nabc"), .close],
                [.readRequest, .sendResult([0x41])],
            ]
        )
        #expect(try await Wiring.call(wiring.client(server)) == "A")
        #expect(server.connectionCount == 4)
    }

    @Test("a kept connection that the peer has closed costs the caller nothing", arguments: Wiring.allCases)
    func closedWhileIdle(wiring: Wiring) async throws {
        let server = try await RawServer.start(
            .tcp,
            scripts: [
                [.readRequest, .sendResult([0x41]), .close], [.readRequest, .sendResult([0x42])],
            ]
        )
        let client = try wiring.client(server)
        #expect(try await Wiring.call(client) == "A")
        #expect(try await Wiring.call(client) == "B")
    }

    @Test("a peer that stays silent uses up the call's time, and the failure says whose limit it was", arguments: Wiring.allCases)
    func silence(wiring: Wiring) async throws {
        let server = try await RawServer.start(.tcp, [.readRequest])
        let failure = await #expect(throws: RequestReplyFailure.self) { try await Wiring.call(wiring.client(server, wiring.call("150ms"))) }
        #expect(failure?.message.contains("150 ms (module.yaml:1:1)") == true)
        #expect(failure?.message.contains("awaited") == true)
    }

    @Test("a request over payload_max_bytes is not sent, and an answer over it is not read to its end", arguments: Wiring.allCases)
    func tooLarge(wiring: Wiring) async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult(Array(repeating: 0x41, count: 33))])
        let client = try wiring.client(server, [Wiring.entry("payload_max_bytes", .scalar("32"))])
        let refused = await #expect(throws: RequestReplyFailure.self) {
            try await Wiring.call(client, String(repeating: "x", count: 33))
        }
        #expect(refused?.kind == .requestTooLarge)
        #expect(server.connectionCount == 0)
        let aborted = await #expect(throws: RequestReplyFailure.self) { try await Wiring.call(client) }
        #expect(aborted?.kind == .responseTooLarge)
        #expect(aborted?.attemptCount == 1)
    }

    @Test("a cancelled call ends as such, and closes the connection that it used", arguments: Wiring.allCases)
    func cancellation(wiring: Wiring) async throws {
        let server = try await RawServer.start(.tcp, [.readRequest])
        let client = try wiring.client(server)
        let call = Task { try await Wiring.call(client) }
        try await server.connection().scriptEnded()
        call.cancel()
        let failure = await #expect(throws: RequestReplyFailure.self) { try await call.value }
        #expect(failure?.kind == .cancelled)
        try await server.connection().closed()
    }

    @Test("a shutdown ends calls in flight, closes connections, and refuses later calls", arguments: Wiring.allCases)
    func shutdown(wiring: Wiring) async throws {
        let server = try await RawServer.start(.tcp, [.readRequest])
        let factory = wiring.factory()
        let url = try EndpointURL(parsing: "http://127.0.0.1:\(server.port)/")
        let client = try factory.makeClient(.none, endpoint: url, metrics: NoMetrics())
        let call = Task { try await Wiring.call(client) }
        try await server.connection().scriptEnded()
        await factory.shutdown()
        #expect(await #expect(throws: RequestReplyFailure.self) { try await call.value }?.kind == .shutDown)
        try await server.connection().closed()
        #expect(await #expect(throws: RequestReplyFailure.self) { try await Wiring.call(client) }?.kind == .shutDown)
    }

    @Test("retry.everything tries again what is not known to be helped", arguments: Wiring.allCases)
    func retriesEverything(wiring: Wiring) async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .respond("404 No"), .readRequest, .sendResult([0x41])])
        let client = try wiring.client(server, [Wiring.entry("retry", .mapping([Wiring.entry("everything", .scalar("true"))]))])
        #expect(try await Wiring.call(client) == "A")
    }

    @Test("the blocking transport sends the POST again to where a redirect leads; the async one names the place")
    func redirects() async throws {
        let server = try await RawServer.start(
            .tcp,
            [
                .readRequest, .respond("307 Moved", ["location: ../other?x=1"]), .readRequest, .sendResult([0x41]),
            ]
        )
        #expect(try await Wiring.call(Wiring.blocking.client(server, path: "/a/b/c")) == "A")
        #expect(try await server.connection().receivedText.contains("POST /a/other?x=1 HTTP/1.1\r\n"))
        let again = try await RawServer.start(.tcp, [.readRequest, .respond("301 Moved", ["location: http://localhost/new"])])
        let failure = await #expect(throws: RequestReplyFailure.self) { try await Wiring.call(Wiring.async.client(again)) }
        #expect(failure?.kind == .redirect)
        #expect(failure?.message.contains("http://localhost/new") == true)
    }

    @Test("a redirect to another scheme is never followed", arguments: ["https://localhost/", "http+unix:///x.sock", "ftp://localhost/"])
    func redirectToAnotherScheme(location: String) async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .respond("302 Found", ["location: \(location)"])])
        let failure = await #expect(throws: RequestReplyFailure.self) { try await Wiring.call(Wiring.blocking.client(server)) }
        #expect(failure?.kind == .redirect)
        #expect(failure?.message.contains("not followed") == true)
    }

    @Test("redirects in a circle end after twenty")
    func redirectCircle() async throws {
        let script = Array(repeating: [RawServer.Step.readRequest, .respond("308 Moved", ["location: /functions"])], count: 21)
        let server = try await RawServer.start(.tcp, script.flatMap { $0 })
        let failure = await #expect(throws: RequestReplyFailure.self) { try await Wiring.call(Wiring.blocking.client(server)) }
        #expect(failure?.kind == .redirect)
        #expect(failure?.message.contains("20 redirects") == true)
    }
}
