import NIOConcurrencyHelpers
import NIOCore
import RequestReply
import SwiftProtobuf
import TestSupport
import TransportCore

/// A batch as a function sees it.
struct FunctionCall: Sendable {
    let functionType: String
    let id: String
    /// Every value that came along, set or not.
    let state: NameTable<FunctionValue?>
    let invocations: [InvocationBatch.Invocation]

    var arguments: [FunctionValue] { invocations.map(\.argument) }

    /// The values of the `int` wrappers among the arguments.
    var numbers: [Int32] {
        arguments.compactMap { argument in
            if case .int(let number) = argument { number } else { nil }
        }
    }

    func number(_ name: String) -> Int32? {
        if case .int(let number)? = state[name] ?? nil { number } else { nil }
    }
}

/// What a function answers.
enum FunctionReply: Sendable {
    case result(InvocationResult)
    case incomplete([MissingState])
    case bytes([UInt8])
    case failure(RequestReplyFailure)
}

/// A transport whose functions are closures of a test.
final class TestFunctions: RequestReplyClientFactory, RequestReplyClient {
    typealias Body = @Sendable (FunctionCall) async -> FunctionReply

    let transportType = "com.example.transports/closures"
    /// Every call, before it is answered.
    let calls = Journal<FunctionCall>()
    private let bodies: NIOLockedValueBox<NameTable<Body>>

    init(_ bodies: [String: Body]) {
        self.bodies = NIOLockedValueBox(NameTable(bodies.map { ($0, $1) }))
    }

    /// A function behaves otherwise from now on.
    func replace(_ functionType: String, _ body: @escaping Body) {
        bodies.withLockedValue { $0[functionType] = body }
    }

    /// The calls of one address.
    func calls(of functionType: String, _ id: String) -> [FunctionCall] {
        calls.entries.filter { $0.functionType == functionType && $0.id == id }
    }

    func makeClient(
        _ properties: TransportProperties,
        endpoint: EndpointURL,
        metrics: any RemoteInvocationMetrics
    ) -> any RequestReplyClient {
        self
    }

    func call(_ request: RequestReplyRequest) async throws(RequestReplyFailure) -> ByteBuffer {
        let call: FunctionCall
        do {
            call = try FunctionCall(decoding: Array(request.payload.readableBytesView))
        } catch {
            throw RequestReplyFailure(.malformedMessage, "\(error)")
        }
        calls.append(call)
        guard let body = bodies.withLockedValue({ $0[call.functionType] }) else {
            throw RequestReplyFailure(.connectFailed, "nobody is there")
        }
        switch await body(call) {
        case .result(let result): return ByteBuffer(bytes: WireFromFunction.bytes(of: result))
        case .incomplete(let missing): return ByteBuffer(bytes: WireFromFunction.bytes(asking: missing))
        case .bytes(let bytes): return ByteBuffer(bytes: bytes)
        case .failure(let failure): throw failure
        }
    }
}

extension FunctionCall {
    fileprivate init(decoding bytes: [UInt8]) throws {
        let batch = try WireToFunction(serializedBytes: bytes).invocation
        var state = NameTable<FunctionValue?>()
        for value in batch.state {
            state[value.stateName] = .some(
                value.hasStateValue ? try FunctionValue.decode(value.stateValue) : nil
            )
        }
        self.init(
            functionType: "\(batch.target.namespace)/\(batch.target.type)",
            id: batch.target.id,
            state: state,
            invocations: try batch.invocations.map { invocation in
                guard let argument = try FunctionValue.decode(invocation.argument) else {
                    throw MalformedAnswer("", "no argument")
                }
                return InvocationBatch.Invocation(
                    argument,
                    from: invocation.hasCaller ? MessageAddress(invocation.caller) : nil
                )
            }
        )
    }
}

extension WireFromFunction {
    fileprivate static func bytes(of result: InvocationResult) -> [UInt8] {
        var wire = WireFromFunction()
        wire.invocationResult.stateMutations = result.stateChanges.map { change in
            var mutation = WireFromFunction.PersistedValueMutation()
            mutation.stateName = change.name
            mutation.mutationType = change.value == nil ? .delete : .modify
            if let value = change.value { mutation.stateValue = value.wire }
            return mutation
        }
        wire.invocationResult.outgoingMessages = result.messages.map { message in
            var invocation = WireFromFunction.Invocation()
            invocation.target = message.target.wire
            invocation.argument = message.argument.wire
            return invocation
        }
        wire.invocationResult.delayedInvocations = result.delayedMessages.map { message in
            var invocation = WireFromFunction.DelayedInvocation()
            switch message {
            case .send(let message, let delay, let token):
                invocation.target = message.target.wire
                invocation.argument = message.argument.wire
                invocation.delayInMs = delay.inNanoseconds / 1_000_000
                invocation.cancellationToken = token ?? ""
            case .cancel(let token):
                invocation.isCancellationRequest = true
                invocation.cancellationToken = token
            }
            return invocation
        }
        wire.invocationResult.outgoingEgresses = result.egresses.map { message in
            var egress = WireFromFunction.EgressMessage()
            let parts = message.egress.split(separator: "/", maxSplits: 1)
            egress.egressNamespace = parts.first.map(String.init) ?? ""
            egress.egressType = parts.last.map(String.init) ?? ""
            egress.argument = message.argument.wire
            return egress
        }
        return (try? wire.serializedBytes()) ?? []
    }

    fileprivate static func bytes(asking missing: [MissingState]) -> [UInt8] {
        var wire = WireFromFunction()
        wire.incompleteInvocationContext.missingValues = missing.map { state in
            var spec = WireFromFunction.PersistedValueSpec()
            spec.stateName = state.name
            spec.typeTypename = state.typename
            switch state.expiration {
            case .never:
                break
            case .afterWrite(let duration):
                spec.expirationSpec.mode = .afterWrite
                spec.expirationSpec.expireAfterMillis = duration.inNanoseconds / 1_000_000
            case .afterInvocation(let duration):
                spec.expirationSpec.mode = .afterInvoke
                spec.expirationSpec.expireAfterMillis = duration.inNanoseconds / 1_000_000
            }
            return spec
        }
        return (try? wire.serializedBytes()) ?? []
    }
}
