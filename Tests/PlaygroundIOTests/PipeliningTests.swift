import RuntimeCore
import TestSupport
import Testing

@testable import PlaygroundIO

/// Clients that do not wait for an answer before they send on.
@Suite struct PipeliningTests {
    private static func request(_ id: Int, body: String = "", fields: String = "") -> String {
        "PUT /example/person/\(id) HTTP/1.1\r\nHost: localhost\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Sends requests at once.
    /// - Parameters:
    ///   - count: how many answers there are.
    ///   - andNothingMore: whether the client closes its half of the connection then.
    ///   - thenEnds: whether the server ends the connection after the answers.
    /// - Returns: the statuses of the answers, and what was taken.
    private func send(
        _ requests: String,
        answers count: Int,
        andNothingMore: Bool = false,
        thenEnds: Bool = false
    ) async throws -> (statuses: [Int], accepted: [IngressMessage]) {
        let messages = ScriptedMessages()
        let ingress = PlaygroundIngress(PlaygroundIngressSpec(port: 0), logger: RecordedLog().logger)
        let client = try await WireClient(to: try await ingress.start(into: messages))
        try await client.send(requests)
        if andNothingMore {
            try await client.closeOutput()
        }
        var statuses: [Int] = []
        for _ in 0..<count {
            statuses.append(try await client.answer().status)
        }
        if thenEnds {
            try await client.ended()
        }
        await client.close()
        await ingress.stop(drainingFor: .seconds(10))
        return (statuses, messages.accepted)
    }

    @Test("messages on one connection are taken one after the other, also when they are sent at once")
    func inOrder() async throws {
        let (statuses, accepted) = try await send((0..<50).map { Self.request($0, body: "x") }.joined(), answers: 50)
        #expect(statuses == Array(repeating: 202, count: 50))
        #expect(accepted.map(\.target.id) == (0..<50).map(String.init))
    }

    @Test("a client that sends thousands of requests at once and then nothing more gets every answer, and then the end")
    func thousands() async throws {
        let count = 3_000
        let requests = (0..<count).map { Self.request($0) }.joined()
        let (statuses, accepted) = try await send(requests, answers: count, andNothingMore: true, thenEnds: true)
        #expect(statuses == Array(repeating: 202, count: count))
        #expect(accepted.map(\.target.id) == (0..<count).map(String.init))
    }

    @Test("a request that is refused keeps nobody from being answered in turn")
    func refusedBetween() async throws {
        let requests = Self.request(1) + "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n" + Self.request(2)
        let (statuses, accepted) = try await send(requests, answers: 3)
        #expect(statuses == [202, 404, 202])
        #expect(accepted.map(\.target.id) == ["1", "2"])
    }

    @Test("what cannot be read is refused when what came before it has been answered")
    func refusedInTurn() async throws {
        let requests = Self.request(1) + Self.request(2) + "NONSENSE\r\n\r\n" + Self.request(3)
        let (statuses, accepted) = try await send(requests, answers: 3, thenEnds: true)
        #expect(statuses == [202, 202, 400])
        #expect(accepted.map(\.target.id) == ["1", "2"])
    }

    @Test("a client is told to send a body after the answer to what it sent before")
    func continuesInTurn() async throws {
        let ingress = PlaygroundIngress(PlaygroundIngressSpec(port: 0), logger: RecordedLog().logger)
        let client = try await WireClient(to: try await ingress.start(into: ScriptedMessages()))
        let expecting = "PUT /example/person/1 HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
        try await client.send("PUT /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n" + expecting)
        #expect(try await client.answer().status == 404)
        #expect(try await client.answer(hasBody: false).status == 100)
        try await client.send("x")
        #expect(try await client.answer().status == 202)
        await client.close()
        await ingress.stop(drainingFor: .seconds(10))
    }

    @Test("large requests that are sent at once are taken one after the other")
    func large() async throws {
        let body = String(repeating: "x", count: 300_000)
        let (statuses, accepted) = try await send((0..<20).map { Self.request($0, body: body) }.joined(), answers: 20)
        #expect(statuses == Array(repeating: 202, count: 20))
        #expect(accepted.map(\.target.id) == (0..<20).map(String.init))
        #expect(accepted.map(\.value) == Array(repeating: .written(body), count: 20))
    }

    /// An ingress whose messages are taken when the test says so, and a client of it.
    private func holding(_ body: (HeldMessages, WireClient) async throws -> Void) async throws {
        let messages = HeldMessages()
        let ingress = PlaygroundIngress(PlaygroundIngressSpec(port: 0), logger: RecordedLog().logger)
        let client = try await WireClient(to: try await ingress.start(into: messages))
        try await body(messages, client)
        await client.close()
        await ingress.stop(drainingFor: .seconds(10))
    }

    @Test("messages are taken before earlier ones are stored, and the answers come in the order of the requests all the same")
    func alongside() async throws {
        try await holding { messages, client in
            try await client.send((0..<4).map { Self.request($0) }.joined())
            try await messages.begun(4)
            let full = IngressRefusal(.full, "too much waits", retryAfter: .seconds(1))
            messages.complete("3", nil)
            messages.complete("1", full)
            messages.complete("0", nil)
            #expect(try await client.answer().status == 202)
            #expect(try await client.answer().status == 429)
            messages.complete("2", full)
            #expect(try await client.answer().status == 429)
            #expect(try await client.answer().status == 202)
        }
    }

    @Test("nothing overtakes a message with a key, which is looked up first")
    func keyed() async throws {
        try await holding { messages, client in
            try await client.send(Self.request(0) + Self.request(1, fields: "Idempotency-Key: one\r\n") + Self.request(2))
            try await messages.begun(2)
            messages.complete("0", nil)
            #expect(try await client.answer().status == 202)
            #expect(messages.ids == ["0", "1"])
            messages.complete("1", nil)
            #expect(try await client.answer().status == 202)
            try await messages.begun(3)
            messages.complete("2", nil)
            #expect(try await client.answer().status == 202)
        }
    }

    @Test("one connection has no more messages on their way than a few")
    func bounded() async throws {
        try await holding { messages, client in
            // Apart, so that what is sent later is read later.
            for id in 0..<40 { try await client.send(Self.request(id, body: String(repeating: "x", count: 10_000))) }
            try await messages.begun(7)
            let started = messages.ids.count
            #expect(started < 40)
            for id in 0..<40 {
                try await messages.begun(id + 1)
                messages.complete("\(id)", nil)
                #expect(try await client.answer().status == 202)
            }
            #expect(messages.ids == (0..<40).map(String.init))
        }
    }
}
