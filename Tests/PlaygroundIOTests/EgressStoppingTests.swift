import TestSupport
import Testing

@testable import PlaygroundIO

/// An egress that stops while records are being taken.
@Suite struct EgressStoppingTests {
    @Test("a client that has asked for more than is read gets what the system has taken, and the rest is put back")
    func pipelined() async throws {
        let count = 200
        let topics = HeldTopics()
        for _ in 0..<count { topics.add(Array(repeating: UInt8(ascii: "x"), count: 50_000)) }
        let egress = PlaygroundEgress(PlaygroundEgressSpec(port: 0, topics: ["greetings"]), logger: RecordedLog().logger)
        let client = try await WireClient(to: try await egress.start(from: topics))
        try await client.stopReading()
        let request = "GET /greetings HTTP/1.1\r\nHost: a\r\nFiller: \(String(repeating: "x", count: 2_000))\r\n\r\n"
        let sending = Task { try await client.send(String(repeating: request, count: count)) }
        // More than a connection holds itself.
        try await eventually("the first records") { topics.payloads.count <= count - 30 }
        await egress.stop(drainingFor: .zero)
        try await client.readOn()
        var taken = 0
        while let answer = try? await client.answer() {
            #expect(answer.status == 200)
            taken += 1
        }
        #expect(taken > 0)
        #expect(taken + topics.payloads.count == count)
        await client.close()
        _ = try? await sending.value
    }
}
