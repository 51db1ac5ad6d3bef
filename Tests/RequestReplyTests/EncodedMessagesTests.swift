import RequestReply
import TestSupport
import Testing

@Suite struct EncodedMessagesTests {
    private static let values: [FunctionValue] = [
        .string(""), .string("größe"), .int(0), .long(-1), .bool(true), .custom(typename: "e/P", bytes: []),
        .custom(typename: "example/Some", bytes: Array(repeating: 7, count: 300)),
    ]

    @Test("a batch put together from parts has the bytes of one that is encoded as a whole", arguments: 0..<40 as Range<UInt64>)
    func oracle(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        func text() -> String { String(repeating: "x/ü", count: Int.random(in: 0...70, using: &random)) }
        let target = MessageAddress(namespace: "ns", type: text(), id: text())
        var batch = InvocationBatch(target: target, invocations: [])
        for number in 0..<Int.random(in: 0...4, using: &random) {
            batch.state.append(StateValue("s\(number)", Bool.random(using: &random) ? nil : Self.values.randomElement(using: &random)))
        }
        for _ in 0..<Int.random(in: 1...20, using: &random) {
            let caller = Bool.random(using: &random) ? nil : MessageAddress(namespace: text(), type: "t", id: text())
            batch.invocations.append(InvocationBatch.Invocation(Self.values.randomElement(using: &random) ?? .int(1), from: caller))
        }
        let parts = batch.invocations.map { EncodedInvocation(EncodedValue($0.argument), from: $0.caller) }
        let bytes = EncodedBatch.bytes(
            target: target,
            state: batch.state.map { ($0.name, $0.value.map(EncodedValue.init)) },
            invocations: parts
        )
        #expect(try bytes == batch.encoded())
        #expect(try parts.map { try $0.decoded() } == batch.invocations)
    }

    @Test("a value is read back", arguments: Self.values)
    func roundTrip(value: FunctionValue) throws {
        #expect(try EncodedValue(value).decoded() == value)
    }

    @Test("an invocation from outside is the same in one step and in two", arguments: Self.values)
    func fromOutside(value: FunctionValue) {
        #expect(EncodedInvocation(value) == EncodedInvocation(EncodedValue(value)))
    }

    @Test("bytes that are no value say so", arguments: [[], [0xFF], [8]] as [[UInt8]])
    func malformed(bytes: [UInt8]) {
        #expect(throws: FunctionValueError.self) { try EncodedValue(encoded: bytes).decoded() }
        #expect(throws: FunctionValueError.self) { try EncodedInvocation(encoded: bytes).decoded() }
    }
}
