import RequestReply
import TestSupport
import Testing

@testable import Gateway

/// What the gateway holds at a time.
@Suite struct GatewayMemoryTests {
    private let message = GatewayWorld.okHttp(GatewayWorld.message("f"))

    @Test("messages that would take more memory than allowed are refused for now")
    func memory() async throws {
        let slow = try await RawServer.start(.tcp, [.readRequest])
        let fast = try await RawServer.start(.tcp, [.readRequest, .sendResult()])
        let world = try await GatewayWorld(slow: slow, fast: fast) { $0.maxBufferedBytes = 150_000 }
        let first = try await world.client()
        let large = FunctionValue.string(String(repeating: "x", count: 100_000))
        try await first.send(GatewayWorld.okHttp(GatewayWorld.message("f", namespace: "slow", large)))
        try await eventually("the first message") {
            await world.gateway.figures().contains(#"statefun_gateway_in_flight{endpoint="slow/*"} 1"#)
        }
        let second = try await world.client()
        try await second.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        #expect(try await second.answer().status == 503)
        await first.close()
        try await eventually("the first message to go") { await world.gateway.figures().contains("statefun_gateway_buffered_bytes 0") }
        await second.close()
        await world.stop()
    }

    @Test("a length that is only announced takes nobody's room")
    func announced() async throws {
        let slow = try await RawServer.start(.tcp, [.readRequest])
        let fast = try await RawServer.start(.tcp, [.readRequest, .sendResult()])
        let world = try await GatewayWorld(slow: slow, fast: fast) { $0.maxBufferedBytes = 150_000 }
        let first = try await world.client()
        try await first.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 140000\r\n\r\n0123456789")
        let large = FunctionValue.string(String(repeating: "x", count: 100_000))
        let second = try await world.client()
        #expect(try await second.ask(GatewayWorld.okHttp(GatewayWorld.message("f", large))).status == 200)
        await first.close()
        await second.close()
        await world.stop()
    }

    @Test("answers that nobody takes count, and while they take all the memory allowed messages are refused for now")
    func untakenAnswers() async throws {
        let slow = try await RawServer.start(.tcp, [.readRequest])
        // More than the system keeps for a connection.
        let length = 30_000_000
        let fast = try await RawServer.start(
            .tcp,
            [.readRequest, .sendResult(Array(repeating: 1, count: length)), .readRequest, .sendResult()]
        )
        let world = try await GatewayWorld(slow: slow, fast: fast) { $0.maxBufferedBytes = 1_000_000 }
        let first = try await world.client()
        try await first.stopReading()
        try await first.send(message)
        try await eventually("the answer") { await world.gateway.figures().contains("statefun_gateway_buffered_bytes \(length)") }
        let second = try await world.client()
        let refused = try await second.ask(message)
        #expect(refused.status == 503)
        #expect(refused.text.contains("take all the memory allowed"))
        await first.close()
        try await eventually("the answer to go") { await world.gateway.figures().contains("statefun_gateway_buffered_bytes 0") }
        #expect(try await world.client().ask(message).status == 200)
        await second.close()
        await world.stop()
    }

    /// An answer of 100,000 bytes that ends when the gate opens.
    private static func slowAnswer(_ gate: Gate) -> [RawServer.Step] {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 100000\r\n\r\n"
        return [
            .readRequest, .send(Array(head.utf8) + Array(repeating: 1, count: 99_999)), .wait(gate), .send([1]),
        ]
    }

    @Test("answers on their way count, and one for which there is no room is given up")
    func comingAnswers() async throws {
        let gate = Gate()
        let server = try await RawServer.start(.tcp, scripts: [Self.slowAnswer(gate), Self.slowAnswer(gate)])
        let world = try await GatewayWorld(slow: server, fast: server, boundsAnswers: true) { $0.maxBufferedBytes = 150_000 }
        let first = try await world.client()
        try await first.send(message)
        try await eventually("most of the answer") { await world.gateway.figures().contains("statefun_gateway_buffered_bytes 99999") }
        let second = try await world.client()
        let refused = try await second.ask(message)
        #expect(refused.status == 503)
        #expect(refused.fields["retry-after"] == "1")
        #expect(refused.text.contains("take all the memory that is allowed for them, 150000 bytes"))
        gate.open()
        #expect(try await first.answer().status == 200)
        try await eventually("the answer to go") { await world.gateway.figures().contains("statefun_gateway_buffered_bytes 0") }
        #expect(await world.gateway.figures().contains(#"failures_total{endpoint="com.example/*",kind="no room for the answer"} 1"#))
        await first.close()
        await second.close()
        await world.stop()
    }

    @Test("an answer on its way gives its room back when its call ends early")
    func abandonedAnswer() async throws {
        let server = try await RawServer.start(.tcp, Self.slowAnswer(Gate()))
        let world = try await GatewayWorld(slow: server, fast: server, boundsAnswers: true) { $0.maxBufferedBytes = 150_000 }
        let client = try await world.client()
        try await client.send(message)
        try await eventually("most of the answer") { await world.gateway.figures().contains("statefun_gateway_buffered_bytes 99999") }
        await client.close()
        try await eventually("the call to end") { await world.gateway.figures().contains("statefun_gateway_buffered_bytes 0") }
        await world.stop()
    }

    @Test("a message that is longer than all together may be is refused with the option that says so")
    func aboveAll() async throws {
        let server = try await RawServer.start(.tcp, [])
        let world = try await GatewayWorld(slow: server, fast: server) { $0.maxBufferedBytes = 1_000 }
        let client = try await world.client()
        try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n")
        let answer = try await client.answer()
        #expect(answer.status == 413)
        #expect(answer.text.contains("1001 bytes") && answer.text.contains("1000; raise --max-buffered-bytes"))
        await client.close()
        await world.stop()
    }
}
