import HTTPFunctionEndpoint
import Logging
import NIOCore
import NIOEmbedded
import RequestReply
import TestSupport
import Testing
import TransportCore

@testable import Gateway

/// Calls through the gateway, over real sockets.
@Suite struct GatewayTests {
    private static func functions(_ transport: String, _ scheme: EndpointURL.Scheme) async throws -> String {
        let peer = try await SDKFunctions.shared()
        let trust = scheme.isSecure ? "\n    trust_cacerts: \(peer.authority)" : ""
        let time = transport == "okhttp" ? "timeouts: {call: 20s}" : "call: 20s"
        return GatewayWorld.endpoint("com.example/*", "\(peer[scheme])/{function.name}", transport: transport, time + trust)
    }

    @Test(
        "requests with the bytes of both JVM clients reach functions of the published SDK by every way",
        arguments: ["okhttp", "async"],
        EndpointURL.Scheme.allCases
    )
    func everyWay(transport: String, scheme: EndpointURL.Scheme) async throws {
        let world = try await GatewayWorld(Self.functions(transport, scheme))
        for url in [world.port, world.socket] {
            let client = try await WireClient(to: url)
            for bytes in [GatewayWorld.okHttp(GatewayWorld.message("counter")), GatewayWorld.netty(GatewayWorld.message("counter"))] {
                let answer = try await client.ask(bytes)
                #expect(answer.status == 200)
                #expect(answer.fields["content-type"] == "application/octet-stream")
                // The function asks for its state.
                #expect(String(decoding: answer.body, as: UTF8.self).contains("count"))
            }
            await client.close()
        }
        await world.stop()
    }

    @Test("our own transports call through the gateway as they call a function", arguments: ["okhttp", "async"], [false, true])
    func ownTransports(transport: String, overSocket: Bool) async throws {
        let world = try await GatewayWorld(Self.functions("async", .http))
        let transports = StandardTransports()
        let url = (overSocket ? world.socket : world.port) + "/"
        let module = try GatewayWorld.module(
            GatewayWorld.endpoint(
                "com.example/*",
                url,
                transport: transport,
                transport == "okhttp" ? "timeouts: {call: 20s}" : "call: 20s"
            ),
            transports
        )
        let functions = FunctionEndpoints(module, transports: transports.registry)
        for visit in 1...3 {
            let outcome = try await functions.invoke("com.example/counter", id: "visits", .long(1))
            #expect(outcome.state.first?.value == .long(Int64(visit)))
        }
        await functions.shutdown()
        await world.stop()
    }

    @Test("the function gets the very bytes, and the runtime the very answer")
    func bytes() async throws {
        let answer = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult(answer), .readRequest, .sendResult([])])
        let world = try await GatewayWorld(GatewayWorld.endpoint("com.example/*", "http://127.0.0.1:\(server.port)/f/{function.name}?a=b"))
        let client = try await world.client()
        let message = GatewayWorld.message("f", .string(String(repeating: "x", count: 300_000)))
        #expect(try await client.ask(GatewayWorld.okHttp(message)).body == answer)
        let empty = try await client.ask(GatewayWorld.okHttp(GatewayWorld.message("g")))
        #expect(empty.status == 200)
        #expect(empty.body.isEmpty)
        let received = try await server.connection().received
        #expect(String(decoding: received.prefix(24), as: UTF8.self) == "POST /f/f?a=b HTTP/1.1\r\n")
        let end = Array("\r\n\r\n".utf8)
        let start = try #require((0..<1000).first { received[$0..<$0 + 4].elementsEqual(end) }) + 4
        #expect(Array(received[start..<start + message.count]) == message)
        await client.close()
        await world.stop()
    }

    @Test("the most specific target wins, and a function that nobody serves is not found")
    func endpoints() async throws {
        let one = try await RawServer.start(.tcp, [.readRequest, .sendResult([1])])
        let all = try await RawServer.start(.tcp, [.readRequest, .sendResult([2])])
        let world = try await GatewayWorld(
            GatewayWorld.endpoint("com.example/*", "http://127.0.0.1:\(all.port)/") + "---\n"
                + GatewayWorld.endpoint("com.example/one", "http://127.0.0.1:\(one.port)/")
        )
        let client = try await world.client()
        #expect(try await client.ask(GatewayWorld.okHttp(GatewayWorld.message("one"))).body == [1])
        #expect(try await client.ask(GatewayWorld.okHttp(GatewayWorld.message("two"))).body == [2])
        let unknown = try await client.ask(GatewayWorld.okHttp(GatewayWorld.message("x", namespace: "other")))
        #expect(unknown.status == 404)
        #expect(unknown.text.contains("no endpoint of module.yaml serves other/x"))
        let nobody = try await client.ask(GatewayWorld.okHttp([]))
        #expect(nobody.status == 400)
        #expect(nobody.text == "the body is no ToFunction message with a target: it has no target\n")
        await client.close()
        await world.stop()
    }

    @Test("a message above payload_max_bytes is refused with its head, or as soon as its target is known")
    func payloads() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult()])
        let url = "http://127.0.0.1:\(server.port)/"
        let world = try await GatewayWorld(
            GatewayWorld.endpoint("com.example/*", url, "payload_max_bytes: 1000") + "---\n"
                + GatewayWorld.endpoint("other/*", url, "payload_max_bytes: 5000")
        )
        let huge = try await world.client()
        try await huge.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5001\r\n\r\n")
        #expect(try await huge.answer().status == 413)
        let large = try await world.client()
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n"
        let message = GatewayWorld.message("f", .string(String(repeating: "x", count: 2000)))
        // Its length says that more comes, which the client need not send.
        try await large.send(Array(head.utf8) + Self.lengthened(message, to: 1001).prefix(100))
        let answer = try await large.answer()
        #expect(answer.status == 413)
        #expect(answer.text.contains("payload_max_bytes of the endpoint for com.example/* allows, 1000"))
        #expect(answer.fields["connection"] == "close")
        #expect(server.connectionCount == 0)
        await huge.close()
        await large.close()
        await world.stop()
    }

    /// A message with an unknown field at its end that fills it up to a length.
    private static func lengthened(_ message: [UInt8], to count: Int) -> [UInt8] {
        let small = GatewayWorld.message("f")
        return small + [0xAA, 0x7D, UInt8((count - small.count - 4) & 0x7F | 0x80), UInt8((count - small.count - 4) >> 7)]
            + Array(repeating: 0, count: count - small.count - 4)
    }

    private static let failures: [(script: [RawServer.Step], transport: String, statuses: [Int], retryAfter: String?, says: String)] = [
        // The time may be over between two attempts, or in the middle of one.
        ([.readRequest, .status(500)], "async", [502, 504], nil, "com.example/*"),
        ([.readRequest, .status(429, retryAfter: "7")], "async", [503], "7", "the answer has status 429 Too Many Requests"),
        ([.readRequest, .close], "async", [502, 504], nil, "com.example/*"),
        ([.readRequest, .status(404)], "async", [422], nil, "the answer has status 404 Not Found"),
        ([.readRequest, .status(401)], "okhttp", [422], nil, "the answer has status 401 Unauthorized"),
        (
            [.readRequest, .redirect(302, to: "http://there.example/?secret")], "async", [422], nil,
            "redirect (302 Found) to 'http://there.example/'; write that URL"
        ),
        ([.readRequest, .respond("200 OK", ["content-type: text/html"], Array("hi".utf8))], "async", [422], nil, "Content-Type"),
        ([.readRequest, .send("garbage\r\n\r\n")], "async", [422], nil, "does not begin with HTTP/1.1"),
        ([.readRequest, .sendResult(Array(repeating: 0, count: 2000))], "async", [422], nil, "1000"),
        ([.readRequest], "async", [504], nil, "limit of 300 ms"),
        ([.readRequest], "okhttp", [504], nil, "limit of 300 ms"),
    ]

    @Test("the runtime is told a status that has it do the right thing, and why", arguments: failures)
    func failing(script: [RawServer.Step], transport: String, statuses: [Int], retryAfter: String?, says: String) async throws {
        // The same again for retries, and for each of the calls.
        let server = try await RawServer.start(.tcp, Array(repeating: script, count: 100).flatMap { $0 })
        let time = transport == "okhttp" ? "timeouts: {call: 300ms}" : "call: 300ms"
        let world = try await GatewayWorld(
            GatewayWorld.endpoint(
                "com.example/*",
                "http://127.0.0.1:\(server.port)/",
                transport: transport,
                time + "\n    payload_max_bytes: 1000"
            )
        )
        let client = try await world.client()
        for _ in 1...3 {
            let answer = try await client.ask(GatewayWorld.netty(GatewayWorld.message("f")))
            #expect(statuses.contains(answer.status))
            #expect(answer.fields["retry-after"] == retryAfter)
            #expect(answer.fields["content-type"] == "text/plain; charset=utf-8")
            #expect(answer.text.contains(says), "\(answer.text)")
            #expect(!answer.text.contains("secret"))
        }
        // Once for the endpoint, not for each call.
        #expect(world.log.entries.filter { $0.level == .warning }.count == 1)
        await client.close()
        await world.stop()
    }

    @Test("the log says once that an endpoint fails, and once that it answers again")
    func recovery() async throws {
        let server = try await RawServer.start(
            .tcp,
            [.readRequest, .status(404), .readRequest, .status(404), .readRequest, .sendResult(), .readRequest, .sendResult()]
        )
        let world = try await GatewayWorld(GatewayWorld.endpoint("com.example/*", "http://127.0.0.1:\(server.port)/"))
        let client = try await world.client()
        for status in [422, 422, 200, 200] {
            #expect(try await client.ask(GatewayWorld.okHttp(GatewayWorld.message("f"))).status == status)
        }
        #expect(world.log.entries.map(\.message) == ["com.example/* fails", "com.example/* answers again"])
        #expect(world.log.entries.last?.metadata["failed"] == "2")
        await client.close()
        await world.stop()
    }

    /// A transport that cannot be used.
    private struct BrokenTransport: RequestReplyClientFactory {
        let transportType = "com.example.transports/broken"

        func makeClient(_ properties: TransportProperties, endpoint: EndpointURL, metrics: any RemoteInvocationMetrics) throws
            -> any RequestReplyClient
        {
            throw RequestReplyFailure(.misconfigured, "nothing here works")
        }
    }

    @Test("a function that cannot be called as it is configured counts for its endpoint")
    func misconfigured() throws {
        let gateway = try EmbeddedGateway(
            """
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: com.example/*
              urlPathTemplate: http://127.0.0.1:1/
              transport:
                type: com.example.transports/broken

            """,
            others: [BrokenTransport()]
        )
        defer { gateway.close() }
        gateway.connect()
        let request = GatewayWorld.okHttp(GatewayWorld.message("f"))
        _ = try gateway.channels[0].writeInbound(ByteBuffer(bytes: request))
        gateway.loop.run()
        let answer = try #require(try gateway.channels[0].readOutbound(as: ByteBuffer.self))
        #expect(String(buffer: answer).hasPrefix("HTTP/1.1 500 "))
        #expect(gateway.core.unserved.figures.refusals.isEmpty)
        #expect(gateway.core.endpoints.map(\.record.figures.refusals) == [[500: 1]])
    }

    @Test("what would hide a request in another one ends the connection, and no function hears of it")
    func smuggling() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult()])
        let world = try await GatewayWorld(GatewayWorld.endpoint("com.example/*", "http://127.0.0.1:\(server.port)/"))
        let inner = String(decoding: GatewayWorld.okHttp(GatewayWorld.message("f")), as: UTF8.self)
        let attempts = [
            "Content-Length: 4\r\nTransfer-Encoding: chunked", "Content-Length: 4\r\nContent-Length: 0", "Content-Length: 0, 4",
            "Content-Length : 4", "Transfer-Encoding: chunked", "X: y\r\n Content-Length: 4", "Content-Length: 4\nX: y",
        ]
        for fields in attempts {
            let client = try await world.client()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n0\r\n\r\n" + inner)
            let answer = try await client.answer()
            #expect(answer.status == 400 || answer.status == 411, "\(fields)")
            #expect(answer.fields["connection"] == "close")
            try await client.ended()
            #expect(client.received.isEmpty)
            await client.close()
        }
        #expect(server.connectionCount == 0)
        await world.stop()
    }

    @Test("requests that were sent at once are answered one after the other, in their order")
    func pipelining() async throws {
        let server = try await RawServer.start(.tcp, scripts: [(1...5).flatMap { [.readRequest, .sendResult([UInt8($0)])] }])
        let world = try await GatewayWorld(GatewayWorld.endpoint("com.example/*", "http://127.0.0.1:\(server.port)/"))
        let client = try await world.client()
        try await client.send((1...5).flatMap { _ in GatewayWorld.okHttp(GatewayWorld.message("f")) })
        for number in 1...5 as ClosedRange<UInt8> {
            #expect(try await client.answer().body == [number])
        }
        #expect(server.connectionCount == 1)
        await client.close()
        await world.stop()
    }

    @Test("a client that waits to be told to send its body is told so")
    func expectations() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult()])
        let world = try await GatewayWorld(GatewayWorld.endpoint("com.example/*", "http://127.0.0.1:\(server.port)/"))
        let client = try await world.client()
        let body = GatewayWorld.message("f")
        try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\nExpect: 100-continue\r\n\r\n")
        #expect(try await client.answer(hasBody: false).status == 100)
        #expect(try await client.ask(body).status == 200)
        await client.close()
        await world.stop()
    }
}
