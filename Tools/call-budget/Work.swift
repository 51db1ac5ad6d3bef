import CMeasuring
import RequestReply
import SwiftProtobuf

/// Something that is done again and again while an application runs.
struct Work {
    /// How often the allocations are counted.
    private static let counts = 8

    /// One word.
    let name: String
    /// How often it is done before counting begins, so that what is made once is there.
    let warmUp: Int
    /// How often it is done while allocations are counted.
    let count: Int
    /// Does it so many times.
    let perform: (Int) async throws -> Void

    /// The allocations of one time: the least of several counts. Where threads meet differently, something is waited for that was there
    /// already the time before, and that takes more; nothing takes less than what the work needs.
    func allocations() async throws -> Double {
        try await perform(warmUp)
        var least = try await counted()
        for _ in 1..<Self.counts {
            least = min(least, try await counted())
        }
        return least
    }

    private func counted() async throws -> Double {
        measuring_begin_allocations()
        do {
            try await perform(count)
        } catch {
            _ = measuring_end_allocations()
            throw error
        }
        return Double(measuring_end_allocations()) / Double(count)
    }

    /// Everything that has a budget.
    static func all() async throws -> [Work] {
        [
            try asyncCall(), try begunCall(), encoding, try decoding(), try await runtimeMessage(), try await gatewayMessage(),
        ]
    }

    private static let argument = [UInt8](repeating: 0x41, count: 100)
    private static let target = MessageAddress(namespace: "example", type: "counter", id: "Bob")
    private static let invocations = 1_000

    /// A `ToFunction` of a thousand invocations that were encoded before.
    private static var encoding: Work {
        let state = [(name: "count", value: EncodedValue(.long(41)) as EncodedValue?)]
        let one = EncodedInvocation(EncodedValue(typename: "example/Message", value: argument))
        let invocations = Array(repeating: one, count: invocations)
        return Work(name: "encoding-batch-of-1000", warmUp: 2, count: 20) { count in
            for _ in 0..<count {
                guard EncodedBatch.bytes(target: target, state: state, invocations: invocations).count > 100_000 else {
                    throw BudgetFailure("the batch is too short")
                }
            }
        }
    }

    /// A `FromFunction` of a thousand messages, checked and taken apart.
    private static func decoding() throws -> Work {
        var message = WireFromFunction.Invocation()
        message.target = target.wire
        message.argument = FunctionValue.custom(typename: "example/Message", bytes: argument).wire
        var answer = WireFromFunction()
        answer.invocationResult.outgoingMessages = Array(repeating: message, count: invocations)
        let bytes: [UInt8] = try answer.serializedBytes()
        return Work(name: "decoding-answer-of-1000", warmUp: 2, count: 20) { count in
            for _ in 0..<count {
                guard case .result(let result) = try FunctionAnswer(decoding: bytes), result.messages.count == invocations else {
                    throw BudgetFailure("the answer has lost messages")
                }
            }
        }
    }
}
