import RequestReply
import SwiftProtobuf
import Testing

@testable import example_functions

@Suite struct ExampleFunctionsTests {
    private let functions = FunctionTable([.greeter, .counter, .person, .personGreeter])
    private let bob = FunctionValue.custom(typename: "example/GreetRequest", bytes: Array(#"{"name":"Bob"}"#.utf8))

    /// A call with a message for each value, from `caller`.
    private func call(
        _ typename: String,
        _ values: [FunctionValue],
        state: [(String, FunctionValue?)] = [],
        caller: WireAddress? = nil
    ) throws -> WireFromFunction {
        var request = WireToFunction()
        request.invocation.target = WireAddress(typename, id: "Bob")
        request.invocation.state = state.map { name, value in
            var state = WireToFunction.PersistedValue()
            state.stateName = name
            if let value {
                state.stateValue = value.wire
            }
            return state
        }
        request.invocation.invocations = values.map { value in
            var invocation = WireToFunction.Invocation()
            invocation.argument = value.wire
            if let caller {
                invocation.caller = caller
            }
            return invocation
        }
        let answer: [UInt8] = try functions.answer(request.serializedBytes())
        return try WireFromFunction(serializedBytes: answer)
    }

    @Test("a call without the state is answered with what is missing, and nothing else")
    func missingState() throws {
        let answer = try call("com.example/greeter", [bob])
        let missing = answer.incompleteInvocationContext.missingValues
        #expect(missing.map(\.stateName) == ["seen_count"])
        #expect(missing.map(\.typeTypename) == ["io.statefun.types/int"])
        #expect(answer.invocationResult == .init())
    }

    @Test("a batch is handled in order and leaves one change of the state")
    func batch() throws {
        let caller = WireAddress("com.example/asker", id: "7")
        let result = try call("com.example/greeter", [bob, bob], state: [("seen_count", .int(1))], caller: caller).invocationResult
        #expect(result.stateMutations.map(\.stateName) == ["seen_count"])
        #expect(try result.stateMutations.map { try FunctionValue.decode($0.stateValue) } == [.int(3)])
        #expect(result.outgoingMessages.map(\.target) == [caller, caller])
        let greetings = ["Good to see you again, Bob.", "Third time is a charm, Bob."]
        #expect(try result.outgoingMessages.map { try FunctionValue.decode($0.argument) } == greetings.map { .string($0) })
        let records = greetings.map { Array(#"{"payload":"\#($0)","topic":"greetings"}"#.utf8) }
        #expect(result.outgoingEgresses.map { [UInt8]($0.argument.value) } == records)
        #expect(result.outgoingEgresses.allSatisfy { $0.egressNamespace == "io.statefun.playground" && $0.egressType == "egress" })
    }

    @Test("a person's visit is counted and handed to the greeter of the same name")
    func person() throws {
        let visit = try call("example/person", [bob], state: [("visits", .int(4))]).invocationResult
        let message = try #require(visit.outgoingMessages.first)
        #expect(message.target == WireAddress("example/greeter", id: "Bob"))
        let request = try #require(try FunctionValue.decode(message.argument))
        #expect(request == .custom(typename: "example/GreetRequest", bytes: Array(#"{"name":"Bob","visits":5}"#.utf8)))
        let greeted = try call("example/greeter", [request]).invocationResult
        #expect(greeted.stateMutations.isEmpty)
        let record = #"{"payload":"Bob, you have been here 5 times.","topic":"greetings"}"#
        #expect(greeted.outgoingEgresses.map { [UInt8]($0.argument.value) } == [Array(record.utf8)])
    }

    @Test("the counter adds whole numbers of both widths", arguments: [FunctionValue.int(-2), .long(-2)])
    func counter(amount: FunctionValue) throws {
        let result = try call("com.example/counter", [amount, amount], state: [("count", .long(10))]).invocationResult
        #expect(try result.stateMutations.map { try FunctionValue.decode($0.stateValue) } == [.long(6)])
        #expect(result.outgoingMessages.isEmpty)
    }

    @Test(
        "what cannot be handled fails with its reason",
        arguments: [
            ("com.example/counter", FunctionValue.string("1"), "expected an int or a long, not io.statefun.types/string"),
            ("example/greeter", .int(1), "expected a value of type example/GreetRequest, not io.statefun.types/int"),
            ("example/greeter", .custom(typename: "example/GreetRequest", bytes: []), #"expected JSON such as {"name": "Bob"}"#),
            (
                "com.example/nobody", .int(1),
                "there is no function com.example/nobody here, "
                    + "only com.example/counter, com.example/greeter, example/greeter, example/person"
            ),
        ]
    )
    func failures(typename: String, value: FunctionValue, reason: String) {
        let error = #expect(throws: FunctionFailure.self) { try call(typename, [value], state: [("count", nil)]) }
        #expect(error?.description == reason)
    }

    @Test("bytes that are no message are refused")
    func garbage() {
        let error = #expect(throws: FunctionFailure.self) { try functions.answer([0xFF, 0xFF]) }
        #expect(error?.description == "the 2 bytes of the request are no ToFunction message")
    }
}
