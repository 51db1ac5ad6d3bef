import RuntimeCore
import TestSupport
import Testing

@testable import PlaygroundIO

/// Clients that do not wait for an answer before they send on.
@Suite struct PipeliningTests {
    private static func request(_ id: Int) -> String {
        "PUT /example/person/\(id) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
    }

    @Test("a client that sends thousands of requests at once and then nothing more gets every answer, and then the end")
    func thousands() async throws {
        let messages = ScriptedMessages()
        let ingress = PlaygroundIngress(PlaygroundIngressSpec(port: 0), logger: RecordedLog().logger)
        let client = try await WireClient(to: try await ingress.start(into: messages))
        let count = 3_000
        try await client.send((0..<count).map(Self.request).joined())
        try await client.closeOutput()
        for _ in 0..<count {
            #expect(try await client.answer().status == 202)
        }
        try await client.ended()
        #expect(messages.accepted.map(\.target.id) == (0..<count).map(String.init))
        await ingress.stop(drainingFor: .seconds(10))
    }

    @Test("a request is begun when the one before it has been answered, also where it is refused")
    func oneAtATime() async throws {
        let messages = ScriptedMessages()
        let ingress = PlaygroundIngress(PlaygroundIngressSpec(port: 0), logger: RecordedLog().logger)
        let client = try await WireClient(to: try await ingress.start(into: messages))
        try await client.send(Self.request(1) + "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n" + Self.request(2))
        var statuses: [Int] = []
        for _ in 0..<3 {
            statuses.append(try await client.answer().status)
        }
        #expect(statuses == [202, 404, 202])
        #expect(messages.accepted.map(\.target.id) == ["1", "2"])
        await client.close()
        await ingress.stop(drainingFor: .seconds(10))
    }

    @Test("what cannot be read is refused when what came before it has been answered")
    func refusedInTurn() async throws {
        let ingress = PlaygroundIngress(PlaygroundIngressSpec(port: 0), logger: RecordedLog().logger)
        let client = try await WireClient(to: try await ingress.start(into: ScriptedMessages()))
        try await client.send(Self.request(1) + Self.request(2) + "NONSENSE\r\n\r\n" + Self.request(3))
        var statuses: [Int] = []
        for _ in 0..<3 {
            statuses.append(try await client.answer().status)
        }
        #expect(statuses == [202, 202, 400])
        try await client.ended()
        await ingress.stop(drainingFor: .seconds(10))
    }

    @Test("large requests that are sent at once are taken one after the other")
    func large() async throws {
        let messages = ScriptedMessages()
        let ingress = PlaygroundIngress(PlaygroundIngressSpec(port: 0), logger: RecordedLog().logger)
        let client = try await WireClient(to: try await ingress.start(into: messages))
        let body = String(repeating: "x", count: 300_000)
        let request = "PUT /example/person/Bob HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        try await client.send(String(repeating: request, count: 20))
        for _ in 0..<20 {
            #expect(try await client.answer().status == 202)
        }
        #expect(messages.accepted.map(\.value) == Array(repeating: .written(body), count: 20))
        await client.close()
        await ingress.stop(drainingFor: .seconds(10))
    }
}
