import RuntimeCore
import TestSupport
import Testing

@testable import PlaygroundIO

/// What fields say that are no text.
@Suite struct FieldTextTests {
    /// The answer to a message with a field, and how many messages were taken.
    private func put(_ name: String, _ values: [UInt8]...) async throws -> (answers: [WireAnswer], keys: [String?]) {
        let messages = ScriptedMessages()
        let ingress = PlaygroundIngress(PlaygroundIngressSpec(port: 0), logger: RecordedLog().logger)
        let client = try await WireClient(to: try await ingress.start(into: messages))
        var answers: [WireAnswer] = []
        for value in values {
            let head = "PUT /example/person/Bob HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\(name): "
            try await client.send(Array(head.utf8) + value + Array("\r\n\r\n".utf8))
            answers.append(try await client.answer())
        }
        await client.close()
        await ingress.stop(drainingFor: .seconds(10))
        return (answers, messages.accepted.map(\.idempotencyKey))
    }

    @Test("keys that are no text are refused: all of them would be the same one")
    func keys() async throws {
        let (answers, keys) = try await put("Idempotency-Key", [0x6B, 0xE9], [0x6B, 0xE8], Array("k\u{FFFD}".utf8), Array("k\u{80}".utf8))
        #expect(answers.map(\.status) == [400, 400, 400, 400])
        #expect(answers.allSatisfy { $0.text.hasPrefix("the Idempotency-Key is no text") })
        #expect(keys.isEmpty)
    }

    @Test("keys in any language are taken as they are")
    func text() async throws {
        let (answers, keys) = try await put("Idempotency-Key", Array("order 7 für Zoë".utf8))
        #expect(answers.map(\.status) == [202])
        #expect(keys == ["order 7 für Zoë"])
    }

    @Test("a type whose name is no text is refused")
    func types() async throws {
        let (answers, keys) = try await put(
            "Content-Type",
            Array("application/vnd.example/".utf8) + [0xFF],
            Array("application/vnd.example/\u{FFFD}".utf8),
            Array("application/vnd.example/Zo\u{EB}".utf8)
        )
        #expect(answers.map(\.status) == [400, 400, 202])
        #expect(keys.count == 1)
    }
}
