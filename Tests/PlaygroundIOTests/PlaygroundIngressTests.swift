import Logging
import RuntimeCore
import TestSupport
import Testing

@testable import PlaygroundIO

/// The ingress over real sockets.
@Suite struct PlaygroundIngressTests {
    /// A running ingress and a connection to it.
    private struct World {
        let ingress: PlaygroundIngress
        let messages: ScriptedMessages
        let url: String
        let client: WireClient

        init(refusing refusal: IngressRefusal? = nil, _ configure: (inout PlaygroundOptions) -> Void = { _ in }) async throws {
            var options = PlaygroundOptions()
            configure(&options)
            ingress = PlaygroundIngress(PlaygroundIngressSpec(port: 0), options: options, logger: RecordedLog().logger)
            messages = ScriptedMessages(refusing: refusal)
            url = try await ingress.start(into: messages)
            client = try await WireClient(to: url)
        }

        func put(_ path: String, _ fields: String..., body: String = "", method: String = "PUT") async throws -> WireAnswer {
            let head = ["\(method) \(path) HTTP/1.1", "Host: localhost", "Content-Length: \(body.utf8.count)"] + fields
            try await client.send(head.joined(separator: "\r\n") + "\r\n\r\n" + body)
            return try await client.answer(hasBody: method != "HEAD")
        }

        func finish() async {
            await client.close()
            await ingress.stop(drainingFor: .seconds(10))
        }
    }

    private static let address = RuntimeAddress(functionType: "example/person", id: "Bob")

    // MARK: What is taken

    @Test("a value of a named type is taken as it came, with status 202", arguments: ["PUT", "POST"])
    func custom(method: String) async throws {
        let world = try await World()
        let answer = try await world.put(
            "/example/person/Bob",
            "Content-Type: application/vnd.example/GreetRequest",
            body: #"{"name": "Bob"}"#,
            method: method
        )
        #expect(answer.status == 202)
        #expect(answer.body.isEmpty)
        let expected = IngressMessage(to: Self.address, typename: "example/GreetRequest", .encoded(Array(#"{"name": "Bob"}"#.utf8)))
        #expect(world.messages.accepted == [expected])
        await world.finish()
    }

    @Test("text becomes the string that functions of every SDK can read", arguments: ["text/plain", "application/json; charset=utf-8"])
    func text(type: String) async throws {
        let world = try await World()
        #expect(try await world.put("/example/person/Bob", "Content-Type: \(type)", body: "héllo").status == 202)
        #expect(world.messages.accepted.first?.typename == "io.statefun.types/string")
        #expect(world.messages.accepted.first?.value == .written("héllo"))
        await world.finish()
    }

    @Test("a body without a type is text")
    func noType() async throws {
        let world = try await World()
        #expect(try await world.put("/example/person/Bob", body: "hi").status == 202)
        #expect(world.messages.accepted.first?.value == .written("hi"))
        await world.finish()
    }

    @Test("a body in chunks is one value")
    func chunks() async throws {
        let world = try await World()
        try await world.client.send("PUT /example/person/Bob HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        try await world.client.send("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")
        #expect(try await world.client.answer().status == 202)
        #expect(world.messages.accepted.first?.value == .written("hello"))
        await world.finish()
    }

    @Test("a client that asks before it sends the body is told to go on")
    func expectContinue() async throws {
        let world = try await World()
        try await world.client.send(
            "PUT /example/person/Bob HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue \r\n\r\n"
        )
        #expect(try await world.client.answer(hasBody: false).status == 100)
        try await world.client.send("hi")
        #expect(try await world.client.answer().status == 202)
        await world.finish()
    }

    @Test("the name that a sender gives to a message comes along")
    func idempotencyKey() async throws {
        let world = try await World()
        let longest = String(repeating: "k", count: 256)
        #expect(try await world.put("/example/person/Bob", "Idempotency-Key: order-7").status == 202)
        #expect(try await world.put("/example/person/Bob", "idempotency-key: \(longest)").status == 202)
        #expect(try await world.put("/example/person/Bob", "Idempotency-Key: order", "Idempotency-Key: 8").status == 202)
        #expect(try await world.put("/example/person/Bob", "Idempotency-Key: \t order-9 \t ").status == 202)
        #expect(world.messages.accepted.map(\.idempotencyKey) == ["order-7", longest, "order, 8", "order-9"])
        let tooLong = try await world.put("/example/person/Bob", "Idempotency-Key: \(longest)k")
        #expect(tooLong.status == 400)
        #expect(tooLong.text == "the Idempotency-Key has 257 bytes; write 1 to 256\n")
        for key in ["", " ", "\t"] {
            #expect(try await world.put("/example/person/Bob", "Idempotency-Key:\(key)").status == 400)
        }
        #expect(world.messages.accepted.count == 4)
        await world.finish()
    }

    // MARK: What is refused

    @Test(
        "a path that names no function is not found",
        arguments: ["/", "/example", "/example/person", "/example/person/Bob/more", "//person/Bob"]
    )
    func wrongPath(path: String) async throws {
        let world = try await World()
        let answer = try await world.put(path)
        #expect(answer.status == 404)
        #expect(answer.text.hasSuffix("write /{namespace}/{function type}/{id}, such as /example/person/Bob\n"))
        #expect(world.messages.accepted.isEmpty)
        await world.finish()
    }

    @Test("only PUT and POST are taken", arguments: ["GET", "HEAD", "DELETE", "PATCH"])
    func wrongMethod(method: String) async throws {
        let world = try await World()
        let answer = try await world.put("/example/person/Bob", method: method)
        #expect(answer.status == 405)
        #expect(answer.fields["allow"] == "PUT, POST")
        #expect(try await world.put("/example/person/Bob").status == 202)
        await world.finish()
    }

    @Test(
        "what the runtime refuses has a status that says what to do",
        arguments: [
            (IngressRefusal(.unknownFunction, "nobody serves it"), 404, nil as String?),
            (IngressRefusal(.malformedValue, "no value"), 400, nil),
            (IngressRefusal(.full, "too much waits", retryAfter: .milliseconds(1_200)), 429, "2"),
            (IngressRefusal(.full, "too much waits"), 429, "1"),
            (IngressRefusal(.notStored, "the disk is full", retryAfter: .seconds(5)), 503, "5"),
            (IngressRefusal(.shuttingDown, "it ends"), 503, "1"),
        ]
    )
    func refusals(refusal: IngressRefusal, status: Int, retryAfter: String?) async throws {
        let world = try await World(refusing: refusal)
        let answer = try await world.put("/example/person/Bob")
        #expect(answer.status == status)
        #expect(answer.text == refusal.message + "\n")
        #expect(answer.fields["content-type"] == "text/plain; charset=utf-8")
        #expect(answer.fields["retry-after"] == retryAfter)
        await world.finish()
    }

    @Test("a body that says that it is too long is refused before it comes")
    func longBody() async throws {
        let world = try await World { $0.bodyLimit = 10 }
        #expect(try await world.put("/example/person/Bob", body: "0123456789").status == 202)
        try await world.client.send("PUT /example/person/Bob HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\n")
        let answer = try await world.client.answer()
        #expect(answer.status == 413)
        #expect(answer.text == "the body is longer than 10 bytes, the most that is taken here\n")
        #expect(answer.fields["connection"] == "close")
        try await world.client.ended()
        #expect(world.messages.accepted.count == 1)
        await world.finish()
    }

    @Test("a body in chunks is refused where it becomes too long, while more of it comes")
    func longChunks() async throws {
        let world = try await World { $0.bodyLimit = 1_000 }
        try await world.client.send("PUT /example/person/Bob HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = "100\r\n" + String(repeating: "x", count: 256) + "\r\n"
        for _ in 0..<4 {
            try await world.client.send(chunk)
        }
        #expect(try await world.client.answer().status == 413)
        try await world.client.ended()
        #expect(world.messages.accepted.isEmpty)
        await world.finish()
    }

    @Test("a head that is too long is refused", arguments: ["PUT /%@ HTTP/1.1\r\n", "PUT /example/person/Bob HTTP/1.1\r\nName: %@\r\n"])
    func longHead(head: String) async throws {
        let world = try await World { $0.headLimit = 1_000 }
        let long = String(repeating: "x", count: 1_001)
        try await world.client.send(head.split(separator: "%@").joined(separator: long) + "Host: localhost\r\n\r\n")
        #expect(try await world.client.answer().status == 431)
        try await world.client.ended()
        await world.finish()
    }

    @Test("a head of too many fields is refused, and the answer says so")
    func manyFields() async throws {
        let world = try await World()
        let fields = (1...101).map { "F\($0): x\r\n" }.joined()
        try await world.client.send("PUT /example/person/Bob HTTP/1.1\r\n\(fields)\r\n")
        let answer = try await world.client.answer()
        #expect(answer.status == 431)
        #expect(answer.text.contains("more than 100 fields"))
        try await world.client.ended()
        await world.finish()
    }

    @Test("a body with a coding that nothing here decodes is refused", arguments: ["gzip, chunked", "gzip", "chunked, chunked"])
    func codings(coding: String) async throws {
        let world = try await World()
        try await world.client.send(
            "PUT /example/person/Bob HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \(coding)\r\n\r\n1\r\na\r\n0\r\n\r\n"
        )
        let answer = try await world.client.answer()
        #expect(answer.status == 501 || answer.status == 400)
        try await world.client.ended()
        #expect(world.messages.accepted.isEmpty)
        await world.finish()
    }

    @Test("what is not HTTP is refused, and the next client is served")
    func malformed() async throws {
        let world = try await World()
        try await world.client.send("hello there\r\n\r\n")
        let answer = try await world.client.answer()
        #expect(answer.status == 400)
        #expect(answer.text.hasPrefix("what was sent is not an HTTP/1.1 request; "))
        try await world.client.ended()
        let next = try await WireClient(to: world.url)
        try await next.send("PUT /example/person/Bob HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        #expect(try await next.answer().status == 202)
        await next.close()
        await world.finish()
    }

    @Test("a body that breaks off is no message", arguments: ["Content-Length: 100", "Transfer-Encoding: chunked"])
    func brokenOff(length: String) async throws {
        let world = try await World()
        try await world.client.send("PUT /example/person/Bob HTTP/1.1\r\nHost: localhost\r\n\(length)\r\n\r\n5\r\nhello\r\n")
        try await world.client.closeOutput()
        try await world.client.ended()
        #expect(world.messages.accepted.isEmpty)
        await world.finish()
    }

    @Test("a client that asks for it is answered and left", arguments: ["close", "Close", "TE, close", "Upgrade\r\nUpgrade: h2c"])
    func connectionClose(options: String) async throws {
        let world = try await World()
        let answer = try await world.put("/example/person/Bob", "Connection: \(options)")
        #expect(answer.status == 202)
        #expect(answer.fields["connection"] == "close")
        try await world.client.ended()
        await world.finish()
    }

    @Test("a client that speaks HTTP/1.0 is answered and left", arguments: ["", "Connection: keep-alive\r\n"])
    func oldVersion(field: String) async throws {
        let world = try await World()
        try await world.client.send("PUT /example/person/Bob HTTP/1.0\r\n\(field)Content-Length: 2\r\n\r\nhi")
        let answer = try await world.client.answer(hasBody: true)
        #expect(answer.status == 202)
        #expect(answer.fields["connection"] == "close")
        #expect(world.messages.accepted.map(\.value) == [.written("hi")])
        try await world.client.ended()
        await world.finish()
    }

    @Test("a client that asks for another protocol is answered in this one, and left")
    func upgrade() async throws {
        let world = try await World()
        let answer = try await world.put("/example/person/Bob", "Connection: Upgrade", "Upgrade: h2c", body: "hi")
        #expect(answer.status == 202)
        #expect(world.messages.accepted.map(\.value) == [.written("hi")])
        try await world.client.ended()
        await world.finish()
    }

    // MARK: The original's clients

    @Test("in the compatible form every status is 200 that the original gives")
    func compatStatus() async throws {
        let world = try await World {
            $0.compatStatus = true
            $0.bodyLimit = 5
        }
        #expect(try await world.put("/example/person/Bob").status == 200)
        let notFound = try await world.put("/example")
        #expect(notFound.status == 200)
        #expect(notFound.fields["status"] == "404")
        let method = try await world.put("/example/person/Bob", method: "DELETE")
        #expect(method.status == 200)
        #expect(method.fields["status"] == "405")
        #expect(try await world.put("/example/person/Bob", body: "too long").status == 413)
        await world.finish()
    }

    // MARK: Many clients, and slow ones

    @Test("a head that does not get complete ends the connection", arguments: ["", "PUT /exam"])
    func slowHead(start: String) async throws {
        let world = try await World { $0.idleLimit = .milliseconds(50) }
        try await world.client.send(start)
        try await world.client.ended()
        #expect(world.client.received.isEmpty)
        await world.finish()
    }

    @Test("a body that does not get complete is answered with 408")
    func slowBody() async throws {
        let world = try await World { $0.transferLimit = .milliseconds(50) }
        try await world.client.send("PUT /example/person/Bob HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhel")
        #expect(try await world.client.answer().status == 408)
        try await world.client.ended()
        #expect(world.messages.accepted.isEmpty)
        await world.finish()
    }

    @Test("clients that send nothing, or slowly, hold up nobody")
    func crowd() async throws {
        let world = try await World()
        var crowd: [WireClient] = []
        for index in 0..<200 {
            let client = try await WireClient(to: world.url)
            try await client.send(index.isMultiple(of: 2) ? "" : "PUT /example/person/Bob HTTP/1.1\r\nContent-Length: 9\r\n\r\nx")
            crowd.append(client)
        }
        #expect(try await world.put("/example/person/Bob").status == 202)
        for client in crowd {
            await client.close()
        }
        await world.finish()
    }

    @Test("where as many connections are open as may, silent ones that came late make room")
    func full() async throws {
        let world = try await World {
            $0.connectionLimit = 4
            $0.crowdedIdleLimit = .milliseconds(50)
        }
        // Beside the one of the world.
        let first = try await WireClient(to: world.url)
        try await first.send("PUT /example")
        #expect(try await world.put("/example/person/Bob").status == 202)
        for _ in 0..<3 {
            let silent = try await WireClient(to: world.url)
            try await silent.ended()
        }
        try await first.send("/person/Eve HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        #expect(try await first.answer().status == 202)
        await first.close()
        await world.finish()
    }

    // MARK: Life

    @Test("the port that is taken is named")
    func taken() async throws {
        let world = try await World()
        let port = try #require(world.url.split(separator: ":").last.flatMap { Int($0) })
        let second = PlaygroundIngress(PlaygroundIngressSpec(port: port), logger: RecordedLog().logger)
        await #expect(throws: ComponentFailure("port \(port) of 127.0.0.1 is in use; stop what listens there, or write another port")) {
            _ = try await second.start(into: world.messages)
        }
        await world.finish()
    }

    @Test("an address of another machine is named")
    func foreignAddress() async throws {
        var options = PlaygroundOptions()
        options.host = "192.0.2.1"
        let ingress = PlaygroundIngress(PlaygroundIngressSpec(port: 0), options: options, logger: RecordedLog().logger)
        let sentence = "192.0.2.1 is no address of this machine; listen on 127.0.0.1, or on 0.0.0.0 for all addresses"
        await #expect(throws: ComponentFailure(sentence)) {
            _ = try await ingress.start(into: ScriptedMessages())
        }
    }

    @Test("it listens on 127.0.0.1 unless told otherwise, and says so")
    func loopback() async throws {
        let world = try await World()
        #expect(world.url.hasPrefix("http://127.0.0.1:"))
        await world.finish()
    }

    @Test("after it has stopped nobody can connect, and those who were silent are gone")
    func stopped() async throws {
        let world = try await World()
        await world.ingress.stop(drainingFor: .seconds(10))
        try await world.client.ended()
        await #expect(throws: (any Error).self) {
            _ = try await WireClient(to: world.url)
        }
    }
}
