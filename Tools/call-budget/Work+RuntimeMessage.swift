import HTTPFunctionEndpoint
import LocalRuntime
import NIOConcurrencyHelpers
import NIOCore
import RequestReply
import RuntimeCore
import SpecParser
import SwiftProtobuf
import TransportCore

extension Work {
    /// A message through a runtime that keeps nothing on disk: accepted, delivered with state, its result applied, its record
    /// taken from the egress; one at a time, and all of it on the loop of the runtime: threads that meet would each time wait for something
    /// else, which takes more or less.
    static func runtimeMessage() async throws -> Work {
        let counter = CounterTransport()
        let transports = TransportRegistry([counter])
        let module = FunctionModule(
            ModuleText(file: "module.yaml", endpoint(url: "http://localhost/", transport: counter.transportType)),
            options: .init(),
            transports: transports,
            connector: StandardTransports().connector
        )
        guard !module.hasErrors else { throw BudgetFailure("\(module.diagnostics)") }
        let configuration = LocalRuntime.Configuration()
        let executor = EventLoopTaskExecutor(configuration.loop)
        let runtime = LocalRuntime(
            module,
            transports: transports,
            store: InMemoryStateStore(),
            egresses: [CountsEgress()],
            configuration: configuration
        )
        try await runtime.start()
        let target = RuntimeAddress(functionType: "example/counter", id: "Bob")
        let value = [UInt8](repeating: 0x41, count: 100)
        return Work(name: "runtime-message-in-memory", warmUp: 200, count: 1_000) { count in
            try await withTaskExecutorPreference(executor) {
                for _ in 0..<count {
                    try await runtime.messages.accept(IngressMessage(to: target, typename: "example/Message", .encoded(value)))
                    let records = try await runtime.topics.take(from: "counts", atMost: 1, waiting: .seconds(30))
                    guard records.count == 1 else { throw BudgetFailure("the message has had no effect") }
                }
            }
        }
    }
}

/// An egress with one topic, whose records are taken from the runtime itself.
private struct CountsEgress: Egress {
    let egressType = "example/counts"

    func content(typename: String, value: [UInt8]) -> EgressContent { EgressContent(topic: "counts", payload: value) }

    func start(from topics: any EgressTopics) -> String { "" }

    func stop(drainingFor limit: Duration) {}
}

/// A transport that plays the counter itself, so that only the runtime is counted.
private final class CounterTransport: RequestReplyClientFactory, RequestReplyClient {
    let transportType = "example/counter-transport"

    private let hasAskedForState = NIOLockedValueBox(false)
    private let missing: ByteBuffer
    private let counted: ByteBuffer

    init() {
        missing = Self.missingState
        counted = Self.result
    }

    func makeClient(
        _ properties: TransportProperties,
        endpoint: EndpointURL,
        metrics: any RemoteInvocationMetrics
    ) throws -> any RequestReplyClient {
        self
    }

    func call(_ request: RequestReplyRequest) async throws(RequestReplyFailure) -> ByteBuffer { answer }

    func begin(
        _ request: RequestReplyRequest,
        _ completion: @escaping @Sendable (Result<ByteBuffer, RequestReplyFailure>) -> Void
    ) -> any CallInFlight {
        completion(.success(answer))
        return EndedCall()
    }

    private struct EndedCall: CallInFlight {
        func cancel() {}
    }

    private var answer: ByteBuffer {
        let hasAsked = hasAskedForState.withLockedValue { hasAsked in
            defer { hasAsked = true }
            return hasAsked
        }
        return hasAsked ? counted : missing
    }

    private static var missingState: ByteBuffer {
        var missing = WireFromFunction.PersistedValueSpec()
        missing.stateName = "count"
        missing.typeTypename = "io.statefun.types/long"
        var answer = WireFromFunction()
        answer.incompleteInvocationContext.missingValues = [missing]
        return encoded(answer)
    }

    private static var result: ByteBuffer {
        var mutation = WireFromFunction.PersistedValueMutation()
        mutation.mutationType = .modify
        mutation.stateName = "count"
        mutation.stateValue = FunctionValue.long(42).wire
        var record = WireFromFunction.EgressMessage()
        record.egressNamespace = "example"
        record.egressType = "counts"
        record.argument = FunctionValue.long(42).wire
        var answer = WireFromFunction()
        answer.invocationResult.stateMutations = [mutation]
        answer.invocationResult.outgoingEgresses = [record]
        return encoded(answer)
    }

    private static func encoded(_ answer: WireFromFunction) -> ByteBuffer {
        let bytes: [UInt8]? = try? answer.serializedBytes()
        return ByteBuffer(bytes: bytes ?? [])
    }
}
