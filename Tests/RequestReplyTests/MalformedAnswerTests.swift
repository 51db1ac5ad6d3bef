import RequestReply
import SwiftProtobuf
import Testing

@Suite struct MalformedAnswerTests {
    struct Broken: Sendable, CustomTestStringConvertible {
        let item: String
        let message: String
        let wire: WireFromFunction

        init(_ item: String, _ message: String, _ wire: WireFromFunction) {
            self.item = item
            self.message = message
            self.wire = wire
        }

        var testDescription: String { "\(item): \(message)" }
    }

    @Test("what breaks the protocol is refused, and the item is named", arguments: mutations + messages + delayed + egresses + missing)
    func brokenItems(broken: Broken) throws {
        let error = try #require(throws: MalformedAnswer.self) { try FunctionAnswer(broken.wire) }
        #expect(error.item == broken.item)
        #expect(error.message == broken.message)
        #expect(throws: error) { try FunctionAnswer(decoding: broken.wire.serializedBytes()) }
    }

    @Test("an error without an item is its message")
    func description() {
        #expect(MalformedAnswer("", "x").description == "x")
        #expect(MalformedAnswer("missing_values[0]", "x").description == "missing_values[0]: x")
    }

    private static let target = MessageAddress(namespace: "ns", type: "f", id: "B").wire
    private static let noNamespace = MessageAddress(namespace: "", type: "f", id: "B").wire
    private static let noType = MessageAddress(namespace: "ns", type: "", id: "B").wire
    private static let value = FunctionValue.int(1).wire
    private static let noValue = WireTypedValue.with { $0.typename = "io.statefun.types/int" }
    private static let noTypename = WireTypedValue.with { $0.hasValue_p = true }
    private static let brokenValue = FunctionValue.custom(typename: "io.statefun.types/int", bytes: [0x0D, 0x01]).wire

    private static let mutations: [Broken] = [
        Broken("state_mutations[0]", "the mutation names no state", .result { $0.stateMutations = [.mutation(.delete, of: "")] }),
        Broken(
            #"state_mutations[1] of state "b""#,
            "the mutation type 2 is neither DELETE (0) nor MODIFY (1)",
            .result { $0.stateMutations = [.mutation(.delete, of: "a"), .mutation(.UNRECOGNIZED(2), of: "b", to: value)] }
        ),
        Broken(
            #"state_mutations[0] of state "a""#,
            "the value is missing",
            .result { $0.stateMutations = [.mutation(.modify, of: "a")] }
        ),
        Broken(
            #"state_mutations[0] of state "a""#,
            "the value is missing",
            .result { $0.stateMutations = [.mutation(.modify, of: "a", to: noValue)] }
        ),
        Broken(
            #"state_mutations[0] of state "a\u001b""#,
            "the 2 bytes of a value are not io.statefun.types/int: they end too early",
            .result { $0.stateMutations = [.mutation(.modify, of: "a\u{1B}", to: brokenValue)] }
        ),
    ]

    private static let messages: [Broken] = [
        Broken("outgoing_messages[0]", "the target is missing", .result { $0.outgoingMessages = [.sending(value, to: nil)] }),
        Broken("outgoing_messages[0]", "the target has no namespace", .result { $0.outgoingMessages = [.sending(value, to: noNamespace)] }),
        Broken("outgoing_messages[0]", "the target has no type", .result { $0.outgoingMessages = [.sending(value, to: noType)] }),
        Broken(
            #"outgoing_messages[1] to "ns/f/B""#,
            "the argument is missing",
            .result { $0.outgoingMessages = [.sending(value, to: target), .sending(nil, to: target)] }
        ),
        Broken(
            #"outgoing_messages[0] to "ns/f/B""#,
            "the argument is missing",
            .result { $0.outgoingMessages = [.sending(noValue, to: target)] }
        ),
        Broken(
            #"outgoing_messages[0] to "ns/f/B""#,
            "a value has no typename",
            .result { $0.outgoingMessages = [.sending(noTypename, to: target)] }
        ),
    ]

    private static let delayed: [Broken] = [
        Broken("delayed_invocations[0]", "the target is missing", .result { $0.delayedInvocations = [.sending(value, to: nil)] }),
        Broken(
            #"delayed_invocations[0] to "ns/f/B""#,
            "the delay is negative: -1 ms",
            .result { $0.delayedInvocations = [.sending(value, to: target, after: -1)] }
        ),
        Broken(
            #"delayed_invocations[0] to "ns/f/B""#,
            "the argument is missing",
            .result { $0.delayedInvocations = [.sending(nil, to: target)] }
        ),
        Broken(
            "delayed_invocations[1]",
            "the cancellation has no token",
            .result { $0.delayedInvocations = [.cancelling("t"), .cancelling("")] }
        ),
    ]

    private static let egresses: [Broken] = [
        Broken("outgoing_egresses[0]", "the egress has no namespace", .result { $0.outgoingEgresses = [.sending(value, to: "", "e")] }),
        Broken("outgoing_egresses[0]", "the egress has no type", .result { $0.outgoingEgresses = [.sending(value, to: "ns", "")] }),
        Broken(
            #"outgoing_egresses[0] to "ns/e""#,
            "the argument is missing",
            .result { $0.outgoingEgresses = [.sending(nil, to: "ns", "e")] }
        ),
    ]

    private static let missing: [Broken] = [
        Broken(
            "incomplete_invocation_context",
            "the function asks for state without naming any",
            .with { $0.incompleteInvocationContext = .init() }
        ),
        Broken("missing_values[0]", "the missing state has no name", .missing("", "e/T")),
        Broken(#"missing_values[0] "s""#, "the missing state has no typename", .missing("s", "")),
        Broken(#"missing_values[0] "s""#, "the state expires after a negative time: -5 ms", .missing("s", "e/T", .afterWrite, -5)),
        Broken(
            #"missing_values[0] "s""#,
            "the expiration mode 3 is none of NONE (0), AFTER_WRITE (1) and AFTER_INVOKE (2)",
            .missing("s", "e/T", .UNRECOGNIZED(3))
        ),
    ]
}
