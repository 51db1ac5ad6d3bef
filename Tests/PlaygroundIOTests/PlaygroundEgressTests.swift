import RuntimeCore
import TestSupport
import Testing

@testable import PlaygroundIO

/// The egress over real sockets.
@Suite struct PlaygroundEgressTests {
    /// A running egress with two topics.
    private struct World {
        let egress: PlaygroundEgress
        let topics: HeldTopics
        let url: String
        let client: WireClient

        init(failing failure: StoreFailure? = nil, _ configure: (inout PlaygroundOptions) -> Void = { _ in }) async throws {
            var options = PlaygroundOptions()
            configure(&options)
            let spec = PlaygroundEgressSpec(port: 0, topics: ["greetings", "a b/c"])
            egress = PlaygroundEgress(spec, options: options, logger: RecordedLog().logger)
            topics = HeldTopics(failing: failure)
            url = try await egress.start(from: topics)
            client = try await WireClient(to: url)
        }

        static func get(_ path: String, _ method: String = "GET") -> String { "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n" }

        func get(_ path: String, _ method: String = "GET") async throws -> WireAnswer {
            try await client.send(Self.get(path, method))
            return try await client.answer(hasBody: method != "HEAD")
        }

        func finish() async {
            await client.close()
            await egress.stop(drainingFor: .seconds(10))
        }
    }

    // MARK: Taking

    @Test("each request takes the oldest record, until there is none")
    func one() async throws {
        let world = try await World()
        world.topics.add("Hello Bob", "Hello Ann")
        let first = try await world.get("/greetings")
        #expect(first.status == 200)
        #expect(first.text == "Hello Bob")
        #expect(first.fields["content-type"] == "text/plain; charset=utf-8")
        #expect(try await world.get("/greetings").text == "Hello Ann")
        let none = try await world.get("/greetings")
        #expect(none.status == 204)
        #expect(none.fields["content-length"] == nil)
        #expect(try await world.get("/greetings").status == 204)
        await world.finish()
    }

    @Test("a topic is percent-encoded like any part of a path")
    func encodedTopic() async throws {
        let world = try await World()
        world.topics.add(Array("x".utf8), to: "a b/c")
        #expect(try await world.get("/a%20b%2Fc").text == "x")
        #expect(try await world.get("/a%20b/c").status == 404)
        await world.finish()
    }

    @Test(
        "a target may name scheme and authority, as clients write it for a proxy",
        arguments: [
            ("http://localhost/greetings", 200), ("HTTP://example.com:8080/greetings?max=1", 200), ("https://[::1]/greetings", 200),
            ("http://localhost", 404), ("http://localhost?max=1", 404), ("ftp://localhost/greetings", 404), ("greetings", 400),
        ]
    )
    func absoluteTarget(target: String, status: Int) async throws {
        let world = try await World()
        world.topics.add(Array("x".utf8), to: "greetings")
        #expect(try await world.get(target).status == status)
        await world.finish()
    }

    @Test("what is not text comes as bytes")
    func bytes() async throws {
        let world = try await World()
        world.topics.add([0xFF, 0x00])
        let answer = try await world.get("/greetings")
        #expect(answer.body == [0xFF, 0x00])
        #expect(answer.fields["content-type"] == "application/octet-stream")
        await world.finish()
    }

    @Test("many records come as one JSON list")
    func many() async throws {
        let world = try await World()
        world.topics.add("a", "\"b\"\n", "c")
        world.topics.add([0xFF])
        let answer = try await world.get("/greetings?max=2")
        #expect(answer.fields["content-type"] == "application/json")
        #expect(answer.text == #"["a","\"b\"\u000a"]"#)
        #expect(try await world.get("/greetings?max=100").text == #"["c",{"base64":"/w=="}]"#)
        #expect(try await world.get("/greetings?max=100").text == "[]")
        await world.finish()
    }

    // MARK: Waiting

    @Test("a client that waits gets the record when it is there")
    func waits() async throws {
        let world = try await World()
        try await world.client.send(World.get("/greetings?wait=1min"))
        try await world.topics.reach("a waiting client") { $0.waiting == 1 }
        world.topics.add("Hello")
        #expect(try await world.client.answer().text == "Hello")
        world.topics.add("again")
        #expect(try await world.get("/greetings").text == "again")
        await world.finish()
    }

    @Test("a client that has waited long enough gets none")
    func waitedLongEnough() async throws {
        let world = try await World()
        try await world.client.send(World.get("/greetings?wait=1min"))
        try await world.topics.reach("a waiting client") { $0.waiting == 1 }
        world.topics.expire()
        #expect(try await world.client.answer().status == 204)
        await world.finish()
    }

    @Test("a client that goes away while it waits takes none", arguments: [true, false])
    func goesAway(closesAll: Bool) async throws {
        let world = try await World()
        try await world.client.send(World.get("/greetings?wait=1min"))
        try await world.topics.reach("a waiting client") { $0.waiting == 1 }
        if closesAll {
            await world.client.close()
        } else {
            try await world.client.closeOutput()
        }
        try await world.topics.reach("a client that left") { $0.cancelled == 1 }
        world.topics.add("Hello")
        #expect(world.topics.payloads == ["Hello"])
        await world.finish()
    }

    @Test("two takers get different records")
    func twoTakers() async throws {
        let world = try await World()
        let other = try await WireClient(to: world.url)
        try await world.client.send(World.get("/greetings?wait=1min"))
        try await other.send(World.get("/greetings?wait=1min"))
        try await world.topics.reach("two waiting clients") { $0.waiting == 2 }
        world.topics.add("a", "b")
        #expect(Set([try await world.client.answer().text, try await other.answer().text]) == ["a", "b"])
        await other.close()
        await world.finish()
    }

    @Test("records that a client does not read are put back")
    func putBack() async throws {
        let world = try await World { $0.transferLimit = .milliseconds(50) }
        // More than the buffers of a socket hold.
        let large = [UInt8](repeating: 0, count: 24 << 20)
        world.topics.add(large)
        try await world.client.stopReading()
        try await world.client.send(World.get("/greetings"))
        try await world.topics.reach("a record that was put back") { $0.putBack == 1 }
        #expect(world.topics.payloads.map(\.utf8.count) == [large.count])
        await world.finish()
    }

    // MARK: Refusals

    @Test(
        "an unknown topic is not found, and the known ones are named",
        arguments: ["/", "/Greetings", "/greetings/", "/a b", "/%zz", "*"]
    )
    func unknownTopic(path: String) async throws {
        let world = try await World()
        let answer = try await world.get(path.split(separator: " ").joined(separator: "%20"))
        #expect(answer.status == 404)
        #expect(answer.text == "there is no topic at this path; there is /greetings, /a b/c\n")
        await world.finish()
    }

    @Test("only GET takes records", arguments: ["HEAD", "POST", "DELETE"])
    func wrongMethod(method: String) async throws {
        let world = try await World()
        world.topics.add("Hello")
        let answer = try await world.get("/greetings", method)
        #expect(answer.status == 405)
        #expect(answer.fields["allow"] == "GET")
        #expect(try await world.get("/greetings").text == "Hello")
        await world.finish()
    }

    @Test("a query that means nothing takes nothing", arguments: ["wait=long", "wait=6min", "max=0", "max=1001", "limit=3"])
    func wrongQuery(query: String) async throws {
        let world = try await World()
        world.topics.add("Hello")
        #expect(try await world.get("/greetings?\(query)").status == 400)
        #expect(world.topics.payloads == ["Hello"])
        await world.finish()
    }

    @Test("where it cannot be stored that a record was taken, the answer says so")
    func notStored() async throws {
        let world = try await World(failing: StoreFailure(.full, "the disk is full"))
        let answer = try await world.get("/greetings")
        #expect(answer.status == 503)
        #expect(answer.text == "the disk is full\n")
        #expect(answer.fields["retry-after"] == "1")
        await world.finish()
    }

    @Test("in the compatible form every status is 200 that the original gives")
    func compatStatus() async throws {
        let world = try await World { $0.compatStatus = true }
        let none = try await world.get("/greetings")
        #expect(none.status == 200)
        #expect(none.fields["content-length"] == "0")
        let unknown = try await world.get("/other")
        #expect(unknown.status == 200)
        #expect(unknown.fields["status"] == "404")
        #expect(try await world.get("/greetings?max=0").status == 400)
        await world.finish()
    }

    // MARK: Life

    @Test("topics can be replaced while it runs")
    func replacesTopics() async throws {
        let world = try await World()
        // Also where it was asked for a moment ago.
        #expect(try await world.get("/greetings").status == 204)
        world.egress.topics = ["news"]
        world.topics.add(Array("x".utf8), to: "news")
        #expect(try await world.get("/greetings").text == "there is no topic at this path; there is /news\n")
        #expect(try await world.get("/news").text == "x")
        #expect(try await world.get("/news").status == 204)
        #expect(try await world.get("/news", "POST").status == 405)
        #expect(throws: EgressFault.self) {
            try world.egress.content(
                typename: "io.statefun.playground/EgressRecord",
                value: Array(#"{"topic":"greetings","payload":""}"#.utf8)
            )
        }
        await world.finish()
    }

    @Test("whoever waits when it stops is answered at once, and loses nothing")
    func stopsWhileWaiting() async throws {
        let world = try await World()
        try await world.client.send(World.get("/greetings?wait=1min"))
        try await world.topics.reach("a waiting client") { $0.waiting == 1 }
        await world.egress.stop(drainingFor: .seconds(60))
        let answer = try await world.client.answer()
        #expect(answer.status == 204)
        #expect(answer.fields["connection"] == "close")
        try await world.client.ended()
    }

    @Test("whoever sends nothing more while it waits is told that the last answer is the last")
    func lastAnswer() async throws {
        let world = try await World()
        try await world.client.send(World.get("/greetings?wait=1min") + World.get("/greetings?wait=1min"))
        try await world.topics.reach("a waiting client") { $0.waiting == 1 }
        try await world.client.closeOutput()
        let first = try await world.client.answer()
        #expect(first.status == 204)
        #expect(first.fields["connection"] == nil)
        #expect(try await world.client.answer().fields["connection"] == "close")
        try await world.client.ended()
        await world.finish()
    }
}
