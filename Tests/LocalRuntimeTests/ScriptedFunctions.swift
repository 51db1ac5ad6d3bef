import HTTPFunctionEndpoint
import NIOConcurrencyHelpers
import NIOCore
import RequestReply
import SpecParser
import SwiftProtobuf
import Testing
import TransportCore

/// Functions of the namespace `com.example` that a test writes, called without any network. They keep an `int` named `seen`.
final class ScriptedFunctions: RequestReplyClientFactory, RequestReplyClient {
    typealias Result = WireFromFunction.InvocationResponse
    typealias Batch = WireToFunction.InvocationBatchRequest
    /// - seen: the value that the address keeps, 0 where there is none. What is written to it is kept.
    typealias Body = @Sendable (_ batch: Batch, _ seen: inout Int32) async throws(RequestReplyFailure) -> Result

    let transportType = "com.example.transports/scripted"
    private let body: NIOLockedValueBox<Body>

    init(_ body: @escaping Body) {
        self.body = NIOLockedValueBox(body)
    }

    /// Does something else from the next call on.
    func become(_ body: @escaping Body) {
        self.body.withLockedValue { $0 = body }
    }

    func makeClient(_ properties: TransportProperties, endpoint: EndpointURL, metrics: any RemoteInvocationMetrics)
        -> any RequestReplyClient
    {
        self
    }

    func call(_ request: RequestReplyRequest) async throws(RequestReplyFailure) -> ByteBuffer {
        guard let batch = try? WireToFunction(serializedBytes: Array(request.payload.readableBytesView)).invocation else {
            throw RequestReplyFailure(.malformedMessage, "no batch")
        }
        var answer = WireFromFunction()
        if batch.state.contains(where: { $0.stateName == "seen" }) {
            answer.invocationResult = try await result(of: batch)
        } else {
            var missing = WireFromFunction.PersistedValueSpec()
            missing.stateName = "seen"
            missing.typeTypename = BuiltInType.int.typename
            answer.incompleteInvocationContext.missingValues = [missing]
        }
        guard let bytes: [UInt8] = try? answer.serializedBytes() else {
            throw RequestReplyFailure(.malformedMessage, "no answer")
        }
        return ByteBuffer(bytes: bytes)
    }

    private func result(of batch: Batch) async throws(RequestReplyFailure) -> Result {
        let kept = try? batch.state.first.flatMap { try FunctionValue.decode($0.stateValue) }
        let before: Int32 = if case .int(let value) = kept { value } else { 0 }
        var seen = before
        let body = body.withLockedValue { $0 }
        var result = try await body(batch, &seen)
        if seen != before {
            var change = WireFromFunction.PersistedValueMutation()
            change.stateName = "seen"
            change.mutationType = .modify
            change.stateValue = FunctionValue.int(seen).wire
            result.stateMutations = [change]
        }
        return result
    }

    /// Counts invocations.
    static let counting: Body = { batch, seen in
        seen += Int32(batch.invocations.count)
        return Result()
    }

    static func failing(_ kind: RequestReplyFailure.Kind) -> Body {
        { _, _ throws(RequestReplyFailure) in throw RequestReplyFailure(kind, "it is out of order") }
    }

    var module: FunctionModule {
        let text = """
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: com.example/*
              urlPathTemplate: http://localhost/
              transport:
                type: \(transportType)
            """
        let module = FunctionModule(
            ModuleText(file: "module.yaml", text),
            options: .init(),
            transports: TransportRegistry([self]),
            connector: StandardTransports().connector
        )
        #expect(module.diagnostics.isEmpty)
        return module
    }
}
