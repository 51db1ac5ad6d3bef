internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import RequestReply
internal import TransportCore
internal import TypeName

/// Calls functions with one batch each, and keeps what they declare: the caller's side of the request-reply protocol.
final class BatchCaller: Sendable {
    private let clients: FunctionClients
    private let store: any FunctionStateStore
    private let registered = NIOLockedValueBox<[TypeName: RegisteredStates]>([:])
    private let logger = Logger(label: "statefun.endpoint")

    init(clients: FunctionClients, state: any FunctionStateStore) {
        self.clients = clients
        self.store = state
    }

    /// Sends a batch until the function has all the state that it needs, and applies its result.
    func call(
        _ address: Address,
        with invocations: [InvocationBatch.Invocation]
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
            logger.debug(
                "calling",
                metadata: ["address": "\(address)", "endpoint": "\(client.url.withoutQuery)", "round": "\(rounds.rounds + 1)"]
            )
            let answer = try Self.decode(try await client.client.call(request), endpoint: client.url)
            do throws(RequestReplyFailure) {
                switch try rounds.answered(answer, sent: Set(attached.map { ExactName($0.name) })) {
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
    ) async throws(RequestReplyFailure) -> NameTable<FunctionValue> {
        guard !states.states.isEmpty else { return [:] }
        do {
            return try await store.values(of: address, names: states.states.map(\.name))
        } catch {
            throw RequestReplyFailure(.misconfigured, "the state of \(address) cannot be read: \(error)")
        }
    }

    private func apply(_ result: InvocationResult, to address: Address) async throws(RequestReplyFailure) {
        guard !result.stateChanges.isEmpty else { return }
        do {
            try await store.apply(result.stateChanges, to: address)
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
        var last = NameTable<StateValue>()
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
