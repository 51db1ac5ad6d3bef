import RequestReply
import SwiftProtobuf
import Testing

@Suite struct InvocationBatchTests {
    private let target = MessageAddress(namespace: "ns", type: "f", id: "B")

    @Test("a batch has the bytes that the protocol says")
    func golden() throws {
        let batch = InvocationBatch(
            target: target,
            state: [StateValue("s", .int(5)), StateValue("u", nil)],
            invocations: [InvocationBatch.Invocation(.bool(true))]
        )
        #expect(try batch.encoded() == GoldenBytes.toFunction)
    }

    @Test("a function reads back what was sent, in order")
    func roundTrip() throws {
        let caller = MessageAddress(namespace: "x/y", type: "größe", id: "a/b\n")
        let batch = InvocationBatch(
            target: target,
            state: [StateValue("unset", nil), StateValue("empty", .string("")), StateValue("p", .custom(typename: "e/P", bytes: []))],
            invocations: (0..<300).map { InvocationBatch.Invocation(.long($0), from: $0.isMultiple(of: 2) ? caller : nil) }
        )
        let message = try WireToFunction(serializedBytes: batch.encoded())
        #expect(message.invocation.target == target.wire)
        #expect(message.invocation.state.map(\.stateName) == ["unset", "empty", "p"])
        #expect(message.invocation.state.map(\.hasStateValue) == [false, true, true])
        #expect(message.invocation.state.map(\.stateValue.hasValue_p) == [false, true, true])
        #expect(message.invocation.invocations.count == 300)
        for (index, invocation) in message.invocation.invocations.enumerated() {
            #expect(try FunctionValue.decode(invocation.argument) == .long(Int64(index)))
            #expect(invocation.hasCaller == index.isMultiple(of: 2))
            #expect(!invocation.hasCaller || MessageAddress(invocation.caller) == caller)
        }
    }

    @Test("a batch without invocations is never sent")
    func empty() {
        #expect(throws: InvocationBatch.Failure.empty) { try InvocationBatch(target: target, invocations: []).encoded() }
    }
}
