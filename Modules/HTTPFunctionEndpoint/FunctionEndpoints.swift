internal import Batching
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
public import RequestReply
internal import SpecParser
public import TransportCore
public import TypeName

/// The functions of a module, ready to be called.
///
/// ```swift
/// let functions = try FunctionEndpoints(contentsOf: "module.yaml")
/// let outcome = try await functions.invoke("com.example/greeter", id: "Bob", .string("hello"))
/// await functions.shutdown()
/// ```
///
/// One call is in flight for each address. What is invoked meanwhile waits in order and leaves as one batch; the state that
/// functions declare is kept by a ``FunctionStateStore`` and travels with every batch.
public final class FunctionEndpoints: Sendable {
    /// What can be chosen beside the file.
    public struct Configuration: Sendable {
        /// Where state is kept between calls.
        public var state: any FunctionStateStore
        /// Calls in flight in all (`statefun.async.max-per-task`), at least 1; further ones wait.
        public var maxInFlight: Int
        /// Hears what happens to calls.
        public var metrics: any RemoteInvocationMetrics

        public init(
            state: any FunctionStateStore = InMemoryFunctionState(),
            maxInFlight: Int = 1024,
            metrics: any RemoteInvocationMetrics = NoMetrics()
        ) {
            self.state = state
            self.maxInFlight = maxInFlight
            self.metrics = metrics
        }
    }

    /// The module that says where functions are.
    public let module: FunctionModule
    private let transports: TransportRegistry
    private let clients: FunctionClients
    private let mailboxes: Mailboxes<Address, PendingInvocation, BatchAnswer>
    private let senders = NIOLockedValueBox<UInt64>(0)

    /// Loads a file with the documented transports and the environment of the process.
    /// - Throws: ``FunctionModuleError`` with every problem of the file, where one of them is an error.
    public convenience init(contentsOf path: String, configuration: Configuration = Configuration()) throws {
        let transports = StandardTransports(threads: configuration.maxInFlight)
        let module = try FunctionModule(
            contentsOf: path,
            options: .init(environment: Self.processEnvironment),
            transports: transports.registry,
            connector: transports.connector
        )
        guard !module.hasErrors else { throw FunctionModuleError(module: module) }
        self.init(module, transports: transports.registry, configuration: configuration)
    }

    /// Takes a module that has been loaded.
    /// - Parameter transports: those that the module was loaded with; ``shutdown()`` ends them.
    public init(_ module: FunctionModule, transports: TransportRegistry, configuration: Configuration = Configuration()) {
        let clients = FunctionClients(module: module, transports: transports, metrics: configuration.metrics)
        let caller = BatchCaller(clients: clients, state: configuration.state)
        self.module = module
        self.transports = transports
        self.clients = clients
        self.mailboxes = Mailboxes(maxInFlight: configuration.maxInFlight, metrics: configuration.metrics) {
            address,
            pending throws(RequestReplyFailure) in
            let outcome = try await caller.call(address, with: pending.map(\.invocation))
            return BatchAnswer(outcome: outcome, senders: pending.map(\.sender))
        }
    }

    /// Calls a function with one value or several, in order.
    /// - Parameters:
    ///   - function: the function's type, as `namespace/name`.
    ///   - id: which one of that type.
    /// - Throws: `RequestReplyFailure`; where `function` is no typename, of kind `misconfigured`.
    public func invoke(
        _ function: String,
        id: String,
        _ arguments: FunctionValue...
    ) async throws(RequestReplyFailure) -> InvocationOutcome {
        let typeName: TypeName
        do throws(TypeNameError) {
            typeName = try TypeName(parsing: function)
        } catch {
            throw RequestReplyFailure(.misconfigured, error.description)
        }
        return try await invoke(Address(typeName, id: id), arguments)
    }

    /// Calls a function with several values, in order.
    /// - Parameter caller: the function that the values come from; `nil` where they come from outside.
    /// - Throws: `RequestReplyFailure` when there is no result: nothing of it has been applied then. Its kind is
    ///   `misconfigured` where no endpoint serves the function.
    public func invoke(
        _ address: Address,
        _ arguments: [FunctionValue],
        from caller: Address? = nil
    ) async throws(RequestReplyFailure) -> InvocationOutcome {
        let limit = try clients.client(for: address.typeName).maxNumBatchRequests
        let sender = senders.withLockedValue { senders in
            senders += 1
            return senders
        }
        let origin = caller.map { MessageAddress($0) }
        let pending = arguments.map { PendingInvocation(sender: sender, invocation: InvocationBatch.Invocation($0, from: origin)) }
        let answer = try await mailboxes.submit(
            pending,
            to: address,
            functionType: address.typeName.description,
            maxNumBatchRequests: limit
        )
        var outcome = answer.outcome
        outcome.batchIndex = answer.senders.firstIndex(of: sender) ?? 0
        return outcome
    }

    /// The type name of the transport that calls a function; empty where no endpoint serves it.
    public func transportType(of function: TypeName) -> String {
        (try? module.resolve(function))?.endpoint.spec.transportType.value ?? ""
    }

    /// Ends every call in flight and closes every connection. Nothing can be called afterwards.
    /// - Parameter limit: how long calls in flight may take to end by themselves. What waits behind them fails at once, and
    ///   nothing is tried again. Called once more meanwhile with a shorter limit, it ends sooner.
    public func shutdown(drainingFor limit: Duration = .zero) async {
        async let drained: Void = mailboxes.shutdown()
        await withTaskGroup { group in
            for transport in transports.all {
                group.addTask { await transport.shutdown(drainingFor: limit) }
            }
        }
        await drained
    }
}

/// A value on its way to a function, and who sent it.
private struct PendingInvocation: Sendable {
    let sender: UInt64
    let invocation: InvocationBatch.Invocation
}

/// What came of a batch, and who sent each of its invocations.
private struct BatchAnswer: Sendable {
    let outcome: InvocationOutcome
    let senders: [UInt64]
}
