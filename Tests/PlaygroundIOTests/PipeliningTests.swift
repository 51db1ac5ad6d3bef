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
}
