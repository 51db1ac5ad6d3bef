import RequestReply
import SwiftProtobuf

/// Encodes and decodes messages of the request-reply protocol.
enum WireContender {
    /// Invocations, or messages, in one of them.
    static let count = 1_000
    private static let argument = [UInt8](repeating: 0x41, count: 100)
    private static let target = MessageAddress(namespace: "example", type: "benchmark", id: "Bob")

    /// A `ToFunction` from parts that were encoded before, as the runtime does it.
    static func encoding() -> RepeatedWork {
        let state = [(name: "count", value: EncodedValue(.long(41)) as EncodedValue?)]
        let invocation = EncodedInvocation(EncodedValue(typename: "example/Message", value: argument))
        let invocations = Array(repeating: invocation, count: count)
        return RepeatedWork(count: count) { EncodedBatch.bytes(target: target, state: state, invocations: invocations).count }
    }

    /// A `FromFunction` with as many outgoing messages, checked and taken apart; the values stay the bytes that they came as.
    static func decoding() throws -> RepeatedWork {
        let bytes = try answer().serializedBytes() as [UInt8]
        return RepeatedWork(count: count) {
            guard case .result(let result) = try FunctionAnswer(decoding: bytes) else { return .min }
            return result.messages.count
        }
    }

    /// The same, and a value is made of each message.
    static func decodingValues() throws -> RepeatedWork {
        let bytes = try answer().serializedBytes() as [UInt8]
        return RepeatedWork(count: count) {
            guard case .result(let result) = try FunctionAnswer(decoding: bytes) else { return .min }
            return result.messages.reduce(0) { $0 &+ $1.argument.bytes.count }
        }
    }

    /// The same `ToFunction` by swift-protobuf alone.
    static func plainEncoding() throws -> RepeatedWork {
        let bytes = EncodedBatch.bytes(
            target: target,
            state: [],
            invocations: Array(repeating: EncodedInvocation(EncodedValue(typename: "example/Message", value: argument)), count: count)
        )
        let message = try WireToFunction(serializedBytes: bytes)
        return RepeatedWork(count: count) { (try message.serializedBytes() as [UInt8]).count }
    }

    /// The same `FromFunction` by swift-protobuf alone.
    static func plainDecoding() throws -> RepeatedWork {
        let bytes = try answer().serializedBytes() as [UInt8]
        return RepeatedWork(count: count) { try WireFromFunction(serializedBytes: bytes).invocationResult.outgoingMessages.count }
    }

    private static func answer() throws -> WireFromFunction {
        var message = WireFromFunction.Invocation()
        message.target = target.wire
        message.argument = FunctionValue.custom(typename: "example/Message", bytes: argument).wire
        var answer = WireFromFunction()
        answer.invocationResult.outgoingMessages = Array(repeating: message, count: count)
        return answer
    }
}
