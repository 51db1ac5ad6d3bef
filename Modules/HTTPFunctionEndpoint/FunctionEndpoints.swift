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
    private let configuration: Configuration
    private let clients: FunctionClients
    private let registered = NIOLockedValueBox<[TypeName: RegisteredStates]>([:])
    private let logger = Logger(label: "statefun.endpoint")

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
        self.module = module
        self.transports = transports
        self.configuration = configuration
        self.clients = FunctionClients(module: module, transports: transports, metrics: configuration.metrics)
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
        let sender = caller.map { MessageAddress($0) }
        let invocations = arguments.map { InvocationBatch.Invocation($0, from: sender) }
        return try await send(invocations, to: address)
    }

    /// The type name of the transport that calls a function; empty where no endpoint serves it.
    public func transportType(of function: TypeName) -> String {
        (try? module.resolve(function))?.endpoint.spec.transportType.value ?? ""
    }

    /// Ends every call in flight and closes every connection. Nothing can be called afterwards.
    public func shutdown() async {
        for transport in transports.all {
            await transport.shutdown()
        }
    }

    // MARK: - One batch

    /// Sends a batch until the function has all the state that it needs, and applies its result.
    private func send(
        _ invocations: [InvocationBatch.Invocation],
        to address: Address
    ) async throws(RequestReplyFailure) -> InvocationOutcome {
        let client = try clients.client(for: address.typeName)
        let functionType = address.typeName.description
        let clock = ContinuousClock()
        let start = clock.now
        var rounds = BatchRounds()
        while true {
            let states = registered.withLockedValue { $0[address.typeName] ?? RegisteredStates() }
            let attached = try states.attach(try await keptValues(of: address, states))
            let batch = InvocationBatch(target: MessageAddress(address), state: attached, invocations: invocations)
            let request = RequestReplyRequest(
                functionType: functionType,
                id: address.id,
                payload: try Self.encode(batch, endpoint: client.url)
            )
            logger.debug("calling", metadata: ["address": "\(address)", "url": "\(client.url)", "round": "\(rounds.rounds + 1)"])
            let answer = try Self.decode(try await client.client.call(request), endpoint: client.url)
            do throws(RequestReplyFailure) {
                switch try rounds.answered(answer, sent: Set(attached.map(\.name))) {
                case .resend(let missing):
                    try register(missing, for: address.typeName)
                case .finish(let result):
                    try states.check(result)
                    try await apply(result, to: address)
                    return InvocationOutcome(
                        address: address,
                        url: client.url,
                        result: result,
                        state: Self.merge(result.stateChanges, into: attached),
                        requests: rounds.rounds,
                        batchSize: invocations.count,
                        batchIndex: 0,
                        elapsed: start.duration(to: clock.now)
                    )
                }
            } catch {
                throw error.at(client.url)
            }
        }
    }

    private func register(_ missing: [MissingState], for function: TypeName) throws(RequestReplyFailure) {
        let result = registered.withLockedValue { registered in
            Result { () throws(RequestReplyFailure) in
                try registered[function, default: RegisteredStates()].register(missing)
            }
        }
        try result.get()
        logger.debug("state registered", metadata: ["function": "\(function)", "names": "\(missing.map(\.name))"])
    }

    private func keptValues(
        of address: Address,
        _ states: RegisteredStates
    ) async throws(RequestReplyFailure) -> [String: FunctionValue] {
        guard !states.states.isEmpty else { return [:] }
        do {
            return try await configuration.state.values(of: address, names: states.states.map(\.name))
        } catch {
            throw RequestReplyFailure(.misconfigured, "the state of \(address) cannot be read: \(error)")
        }
    }

    private func apply(_ result: InvocationResult, to address: Address) async throws(RequestReplyFailure) {
        guard !result.stateChanges.isEmpty else { return }
        do {
            try await configuration.state.apply(result.stateChanges, to: address)
        } catch {
            throw RequestReplyFailure(.misconfigured, "the state of \(address) cannot be kept: \(error)")
        }
    }

    private static func encode(_ batch: InvocationBatch, endpoint: EndpointURL) throws(RequestReplyFailure) -> ByteBuffer {
        do throws(InvocationBatch.Failure) {
            return ByteBuffer(bytes: try batch.encoded())
        } catch {
            throw RequestReplyFailure(.requestTooLarge, error.description).at(endpoint)
        }
    }

    private static func decode(_ bytes: ByteBuffer, endpoint: EndpointURL) throws(RequestReplyFailure) -> FunctionAnswer {
        do throws(MalformedAnswer) {
            return try FunctionAnswer(decoding: Array(bytes.readableBytesView))
        } catch {
            throw RequestReplyFailure(.malformedMessage, error.description).at(endpoint)
        }
    }

    private static func merge(_ changes: [StateValue], into states: [StateValue]) -> [StateValue] {
        var last: [String: StateValue] = [:]
        for change in changes {
            last[change.name] = change
        }
        return states.map { last[$0.name] ?? $0 }
    }
}

extension MessageAddress {
    init(_ address: Address) {
        self.init(namespace: address.typeName.namespace, type: address.typeName.name, id: address.id)
    }
}

extension RequestReplyFailure {
    /// The failure with the URL that it is about.
    func at(_ url: EndpointURL) -> RequestReplyFailure {
        var failure = self
        failure.endpoint = failure.endpoint ?? url.description
        return failure
    }
}
