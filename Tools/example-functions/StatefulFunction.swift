import RequestReply
import SwiftProtobuf

/// A function: its name, the states that it keeps for each of its addresses, and what it does with a message.
struct StatefulFunction: Sendable {
    struct State: Sendable {
        let name: String
        let type: BuiltInType
    }

    let typename: String
    var states: [State] = []
    let handle: @Sendable (inout FunctionContext, FunctionValue) throws -> Void

    /// Handles a batch, or asks for the states that it came without.
    func answer(_ batch: WireToFunction.InvocationBatchRequest) throws -> WireFromFunction {
        let missing = states.filter { state in !batch.state.contains { $0.stateName == state.name } }
        guard missing.isEmpty else { return Self.incomplete(missing) }
        var state: [String: FunctionValue] = [:]
        for value in batch.state where value.hasStateValue {
            state[value.stateName] = try FunctionValue.decode(value.stateValue)
        }
        var context = FunctionContext(address: batch.target, state: state)
        for invocation in batch.invocations {
            guard let argument = try FunctionValue.decode(invocation.argument) else {
                throw FunctionFailure("a message to \(typename) has no value")
            }
            context.caller = invocation.hasCaller ? invocation.caller : nil
            try handle(&context, argument)
        }
        return context.result
    }

    private static func incomplete(_ missing: [State]) -> WireFromFunction {
        var answer = WireFromFunction()
        answer.incompleteInvocationContext.missingValues = missing.map { state in
            var value = WireFromFunction.PersistedValueSpec()
            value.stateName = state.name
            value.typeTypename = state.type.typename
            return value
        }
        return answer
    }
}

/// Why a function did not handle a batch.
struct FunctionFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Functions by their names.
struct FunctionTable: Sendable {
    private let functions: [String: StatefulFunction]

    init(_ functions: [StatefulFunction]) {
        self.functions = Dictionary(uniqueKeysWithValues: functions.map { ($0.typename, $0) })
    }

    /// Answers the bytes of a `ToFunction` with those of a `FromFunction`.
    /// - Throws: ``FunctionFailure``, or an error of the function itself.
    func answer(_ request: [UInt8]) throws -> [UInt8] {
        guard let batch = try? WireToFunction(serializedBytes: request).invocation else {
            throw FunctionFailure("the \(request.count) bytes of the request are no ToFunction message")
        }
        guard let function = functions[batch.target.typename] else {
            let known = functions.keys.sorted().joined(separator: ", ")
            throw FunctionFailure("there is no function \(batch.target.typename) here, only \(known)")
        }
        return try function.answer(batch).serializedBytes()
    }
}
