import Foundation
import NIOCore
import RequestReply

/// What the callers of a benchmark send, and where.
struct CallPlan: Codable, Sendable {
    /// The server's address of the fixed function.
    var url: String
    /// The path of the server's UNIX domain socket, where that is called instead.
    var socket: String?
    /// Calls that are under way at any moment.
    var inFlight: Int
    /// Invocations in a call.
    var invocations = 1
    /// Bytes of the argument of an invocation.
    var argumentBytes = 100
    /// The file of the certificate that the server's is signed by.
    var authority: String?

    /// The encoded `ToFunction`.
    /// - Throws: `InvocationBatch.Failure`
    func payload() throws -> [UInt8] {
        let argument = FunctionValue.custom(typename: "example/Message", bytes: [UInt8](repeating: 0x41, count: argumentBytes))
        let batch = InvocationBatch(
            target: MessageAddress(namespace: "example", type: "benchmark", id: "Bob"),
            invocations: Array(repeating: InvocationBatch.Invocation(argument), count: invocations)
        )
        return try batch.encoded()
    }

    /// The URL as a `urlPathTemplate` has it.
    var endpointURL: String {
        socket.map { "http+unix://\($0)/fixed" } ?? url
    }

    /// As an argument of a command line.
    func encoded() throws -> String {
        String(decoding: try JSONEncoder().encode(self), as: UTF8.self)
    }
}
