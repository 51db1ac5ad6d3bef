import RequestReply
import SwiftProtobuf
import Testing

@Suite struct FunctionAnswerTests {
    private static let target = MessageAddress(namespace: "ns", type: "f", id: "B")

    @Test("a result has the effects that its bytes say")
    func goldenResult() throws {
        let answer = try FunctionAnswer(decoding: GoldenBytes.result)
        let message = InvocationResult.Message(to: Self.target, .bool(true))
        #expect(
            answer
                == .result(
                    InvocationResult(
                        stateChanges: [StateValue("s", .int(5)), StateValue("old", nil)],
                        messages: [message],
                        delayedMessages: [.send(message, after: .seconds(1), token: nil), .cancel(token: "t")],
                        egresses: [InvocationResult.EgressMessage(to: "ns/e", .bool(true))]
                    )
                )
        )
    }

    @Test("a request for state names what is missing")
    func goldenIncomplete() throws {
        let missing = MissingState("s", typename: "io.statefun.types/int", expiration: .afterWrite(.milliseconds(1000)))
        #expect(try FunctionAnswer(decoding: GoldenBytes.incomplete) == .incomplete([missing]))
    }

    @Test(
        "an answer that says nothing is a result without effects",
        arguments: [[], [0xA2, 0x06, 0x00], [0xA0, 0x1F, 0x07], [0xA2, 0x06, 0x03, 0x98, 0x06, 0x01]] as [[UInt8]]
    )
    func noEffects(bytes: [UInt8]) throws {
        let answer = try FunctionAnswer(decoding: bytes)
        #expect(answer == .result(InvocationResult()))
        guard case .result(let result) = answer else { return }
        #expect(result.isEmpty)
    }

    @Test("fields that this version does not know are passed over")
    func unknownFields() throws {
        let unknown: [UInt8] = [0x9A, 0x3F, 0x02, 0xFF, 0x00, 0x90, 0x3F, 0x2A]
        #expect(
            try FunctionAnswer(decoding: unknown + GoldenBytes.incomplete + unknown) == FunctionAnswer(decoding: GoldenBytes.incomplete)
        )
    }

    @Test("an answer cut anywhere is refused", arguments: 1..<GoldenBytes.result.count)
    func truncated(length: Int) {
        #expect(throws: MalformedAnswer.self) { try FunctionAnswer(decoding: Array(GoldenBytes.result.prefix(length))) }
    }

    @Test(
        "bytes that are no such message are refused",
        arguments: [
            Array("<html>busy</html>".utf8), [0xFF, 0xFF, 0xFF], [0x00], [0xA0, 0x06, 0x01, 0xA2], [0x0A, 0x05, 0x01],
            [UInt8](repeating: 0x80, count: 64),
        ]
    )
    func garbage(bytes: [UInt8]) throws {
        let error = try #require(throws: MalformedAnswer.self) { try FunctionAnswer(decoding: bytes) }
        #expect(error.description.hasPrefix("the \(bytes.count) bytes of the answer are not a FromFunction message"))
    }

    @Test("no bytes whatever stop the program")
    func randomBytes() {
        var generator = Seeded(state: 7)
        for _ in 0..<2_000 {
            var bytes = GoldenBytes.result
            for _ in 0..<4 {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = try? FunctionAnswer(decoding: bytes)
        }
    }

    @Test("delays and tokens are kept", arguments: [0, 1, Int64.max])
    func delays(milliseconds: Int64) throws {
        let message = InvocationResult.Message(to: Self.target, .int(1))
        let answer = try FunctionAnswer(
            .result { $0.delayedInvocations = [.sending(FunctionValue.int(1).wire, to: Self.target.wire, after: milliseconds, token: "t")] }
        )
        #expect(answer == .result(InvocationResult(delayedMessages: [.send(message, after: .milliseconds(milliseconds), token: "t")])))
    }

    @Test("expirations are kept", arguments: [0, 1, Int64.max])
    func expirations(milliseconds: Int64) throws {
        let written = try FunctionAnswer(.missing("s", "e/T", .afterWrite, milliseconds))
        #expect(written == .incomplete([MissingState("s", typename: "e/T", expiration: .afterWrite(.milliseconds(milliseconds)))]))
        let invoked = try FunctionAnswer(.missing("s", "e/T", .afterInvoke, milliseconds))
        #expect(invoked == .incomplete([MissingState("s", typename: "e/T", expiration: .afterInvocation(.milliseconds(milliseconds)))]))
        let never = try FunctionAnswer(.missing("s", "e/T", .none, -milliseconds))
        #expect(never == .incomplete([MissingState("s", typename: "e/T")]))
    }

    @Test("an id may be empty")
    func emptyIdentifier() throws {
        let target = MessageAddress(namespace: "ns", type: "f", id: "")
        let answer = try FunctionAnswer(.result { $0.outgoingMessages = [.sending(FunctionValue.int(1).wire, to: target.wire)] })
        #expect(answer == .result(InvocationResult(messages: [InvocationResult.Message(to: target, .int(1))])))
    }
}
