internal import HTTPFunctionEndpoint
internal import Logging
internal import NIOCore
internal import RequestReply
internal import RuntimeCore
internal import TransportCore

extension RuntimeShard {
    /// A batch stops growing when its invocations have so many bytes.
    private static let batchBytes = 4 << 20
    /// How many invocations leave together where the endpoint sets no limit.
    private static let batchCount = 10_000

    /// Calls an address with what waits for it.
    func begin(_ id: DispatchMachine.AddressID) {
        guard let record = addresses[id], let functionType = functions[record.function]?.functionType else { return }
        figures.inFlightChanged(functionType: functionType, by: 1)
        Task { await self.carryOut(id, functionType) }
    }

    private func carryOut(_ id: DispatchMachine.AddressID, _ functionType: String) async {
        while let address = addresses[id]?.address, changing[address] != nil {
            await changeEnded(of: address)
        }
        addresses[id]?.calls += 1
        await call(id)
        addresses[id]?.calls -= 1
        if let record = addresses[id], record.calls == 0 {
            record.callEnded()
            addresses[id]?.idleWaiters = []
        }
        figures.inFlightChanged(functionType: functionType, by: -1)
        guard isStopping, machine.callsInFlight == 0 else { return }
        for continuation in idle {
            continuation.resume()
        }
        idle = []
    }

    private func call(_ id: DispatchMachine.AddressID) async {
        do throws(StoreFailure) {
            try await fill(id)
        } catch {
            unreadable(id, error)
            return
        }
        guard let record = addresses[id] else { return }
        guard !record.batch.isEmpty else {
            // What the store had for it has been taken away meanwhile.
            perform(machine.batchReplaced(id, hasMore: record.hasMore))
            return
        }
        var rounds = BatchRounds()
        while true {
            // Every round goes with the state that is registered by then.
            let registered = functions[record.function]?.registered ?? RegisteredStates()
            let values: NameTable<StateCache.Value>
            do throws(StoreFailure) {
                values = registered.states.isEmpty ? [:] : try await self.values(of: record.address)
            } catch {
                unreadable(id, error)
                return
            }
            do throws(RequestReplyFailure) {
                let answer = try await send(record, registered, values)
                switch try rounds.answered(answer, sent: Set(registered.states.map { ExactName($0.name) })) {
                case .resend(let missing):
                    try register(missing, for: record.function)
                case .finish(let result):
                    // State may have been registered meanwhile by another address of the function.
                    try functions[record.function]?.registered.check(result)
                    apply(result, of: id, record, values)
                    return
                }
            } catch {
                failed(id, error)
                return
            }
        }
    }

    /// Takes the next batch of an address, unless there is one already.
    private func fill(_ id: DispatchMachine.AddressID) async throws(StoreFailure) {
        guard let record = addresses[id], record.batch.isEmpty else { return }
        if record.waiting.isEmpty, record.spilled > 0 {
            await flushed()
            let limit = min(record.spilled, limits.messagesInMemory)
            let messages = try await store.messages(of: record.address, after: record.lastSequence, limit: limit)
            waitingBytes += messages.reduce(0) { $0 + $1.invocation.count }
            let missing = limit - messages.count
            if missing > 0 {
                count(-missing, for: record.function)
            }
            addresses[id]?.spilled -= limit
            // What has come meanwhile and was overtaken by these is there already.
            addresses[id]?.waiting += messages
            addresses[id]?.lastSequence = messages.last?.sequence ?? record.lastSequence
        }
        let limit = (try? route(to: record.address.functionType))?.maxNumBatchRequests ?? 0
        addresses[id]?.beginBatch(count: limit > 0 ? limit : Self.batchCount, bytes: Self.batchBytes)
    }

    /// Sends a batch with the state of its address.
    private func send(
        _ record: AddressRecord,
        _ registered: RegisteredStates,
        _ values: NameTable<StateCache.Value>
    ) async throws(RequestReplyFailure) -> FunctionAnswer {
        let route = try route(to: record.address.functionType)
        let bytes = EncodedBatch.bytes(
            target: messageAddress(of: record),
            state: registered.states.map { ($0.name, values[$0.name]?.value) },
            invocations: record.batch.map { EncodedInvocation(encoded: $0.invocation) }
        )
        figures.batchSent(functionType: record.address.functionType, invocations: record.batch.count)
        let request = RequestReplyRequest(
            functionType: record.address.functionType,
            id: record.address.id,
            payload: ByteBuffer(bytes: bytes)
        )
        // Calls end with their transport and are never cancelled one by one, so no thread and no task need wait for this one.
        let result = await withCheckedContinuation { continuation in
            _ = route.client.begin(request) { continuation.resume(returning: $0) }
        }
        let answer = try result.get()
        do throws(MalformedAnswer) {
            return try FunctionAnswer(decoding: Array(answer.readableBytesView))
        } catch {
            throw RequestReplyFailure(.malformedMessage, error.description)
        }
    }

    /// An address as messages name it.
    private func messageAddress(of record: AddressRecord) -> MessageAddress {
        let function = functions[record.function]
        return MessageAddress(namespace: function?.namespace ?? "", type: function?.name ?? "", id: record.address.id)
    }

    private func register(_ missing: [MissingState], for function: DispatchMachine.FunctionID) throws(RequestReplyFailure) {
        guard let record = functions[function] else { return }
        let known = record.registered.states.count
        try functions[function]?.registered.register(missing)
        for state in functions[function]?.registered.states.dropFirst(known) ?? [] {
            pending.register(RegisteredState(state, of: record.functionType))
        }
        flushSoon()
    }

    // MARK: State

    /// The values of an address that have not expired.
    func values(of address: RuntimeAddress) async throws(StoreFailure) -> NameTable<StateCache.Value> {
        let now = clock.wallTime()
        var values: NameTable<StateCache.Value>
        if let cached = cache.values(of: address) {
            values = cached
        } else {
            let stored = try await store.state(of: [address])
            // Nobody else asks for this address meanwhile, as one call at a time is made to it.
            values = [:]
            for state in stored.first ?? [] {
                values[state.name] = StateCache.Value(value: EncodedValue(encoded: state.value), expires: state.expires)
            }
            cache.remember(values, of: address, group: 0, stored: storedGroup)
        }
        let expired = values.filter { $0.value.expires.map { $0 <= now } ?? false }
        guard !expired.isEmpty else { return values }
        for name in expired.names {
            values[name] = nil
            pending.clear(name, of: address)
        }
        cache.remember(values, of: address, group: group, stored: storedGroup)
        flushSoon()
        return values
    }

    // MARK: Results

    /// Applies everything that a function wants done, in one step.
    private func apply(
        _ result: InvocationResult,
        of id: DispatchMachine.AddressID,
        _ record: AddressRecord,
        _ sent: NameTable<StateCache.Value>
    ) {
        let functionType = record.address.functionType
        figures.consumed(functionType: functionType, record.batch.count)
        finishBatch(id)
        keep(result.stateChanges, of: record, sent)
        send(result, from: record)
        figures.sent(functionType: functionType, messages: result.messages.count, egress: result.egresses.count)
        flushSoon()
        perform(machine.callSucceeded(id, hasMore: addresses[id]?.hasMore ?? false))
    }

    /// The batch at hand waits no more.
    private func finishBatch(_ id: DispatchMachine.AddressID) {
        guard let record = addresses[id] else { return }
        for message in record.batch {
            pending.consume(message)
            waitingBytes -= message.invocation.count
        }
        count(-record.batch.count, for: record.function)
        addresses[id]?.batch = []
        addresses[id]?.lastFailure = nil
        addresses[id]?.failingSince = nil
    }

    private func keep(_ changes: [StateValue], of record: AddressRecord, _ sent: NameTable<StateCache.Value>) {
        let states = functions[record.function]?.registered.states ?? []
        var values = sent
        var changed: Set<ExactName> = []
        for change in changes {
            values[change.name] = change.value.map { StateCache.Value(value: EncodedValue($0), expires: nil) }
            changed.insert(ExactName(change.name))
        }
        let now = clock.wallTime()
        for state in states {
            switch state.expiration {
            case .never:
                break
            case .afterWrite(let duration):
                guard changed.contains(ExactName(state.name)) else { continue }
                values[state.name]?.expires = now.advanced(byMilliseconds: duration.inNanoseconds / 1_000_000)
            case .afterInvocation(let duration):
                guard values[state.name] != nil else { continue }
                values[state.name]?.expires = now.advanced(byMilliseconds: duration.inNanoseconds / 1_000_000)
                changed.insert(ExactName(state.name))
            }
        }
        guard !changed.isEmpty else { return }
        for name in changed.map(\.text) {
            if let value = values[name] {
                pending.set(StoredState(address: record.address, name: name, value: value.value.bytes, expires: value.expires))
            } else {
                pending.clear(name, of: record.address)
            }
        }
        cache.remember(values, of: record.address, group: group, stored: storedGroup)
    }

    private func send(_ result: InvocationResult, from record: AddressRecord) {
        let caller = messageAddress(of: record)
        for message in result.messages {
            emit(Self.stored(message, from: caller, nextSequence()))
        }
        for delayed in result.delayedMessages {
            switch delayed {
            case .send(let message, let delay, let token):
                let stored = Self.stored(message, from: caller, nextSequence())
                let due = clock.wallTime().advanced(byMilliseconds: delay.inNanoseconds / 1_000_000)
                let cancellation = token.map { DelayedMessage.Cancellation(token: $0, senderID: record.address.id) }
                add(DelayedMessage(due: due, message: stored, cancellation: cancellation))
            case .cancel(let token):
                cancel(DelayedMessage.Cancellation(token: token, senderID: record.address.id))
            }
        }
        for egress in result.egresses {
            emit(egress, from: record.address)
        }
    }

    private static func stored(_ message: InvocationResult.Message, from caller: MessageAddress, _ sequence: Int64) -> StoredMessage {
        StoredMessage(
            sequence: sequence,
            target: RuntimeAddress(functionType: "\(message.target.namespace)/\(message.target.type)", id: message.target.id),
            invocation: EncodedInvocation(EncodedValue(message.argument), from: caller).bytes
        )
    }

    /// A message of a function begins to wait, unless nobody could ever take it.
    func emit(_ message: StoredMessage) {
        let functionType = message.target.functionType
        // Names that nobody serves take no room.
        let unserved = functionIDs[functionType].map { functions[$0]?.whyUnserved } ?? routes.whyUnserved(functionType)
        if let unserved {
            bury([message], to: message.target, cause: unserved, attempts: 0)
            return
        }
        pending.add(message)
        deliver(message)
    }

    // MARK: Failures

    /// What a call needs cannot be read. The function is not to blame, so this is no attempt to call it.
    private func unreadable(_ id: DispatchMachine.AddressID, _ failure: StoreFailure) {
        addresses[id]?.lastFailure = RequestReplyFailure(.transport, "what is needed for the call cannot be read: \(failure)")
        perform(machine.callNotMade(id, at: clock.now()))
    }

    private func failed(_ id: DispatchMachine.AddressID, _ failure: RequestReplyFailure) {
        guard let record = addresses[id] else { return }
        let attempts = machine.failures(of: id) + 1
        addresses[id]?.lastFailure = failure
        functions[record.function]?.lastFailure = failure
        addresses[id]?.failingSince = record.failingSince ?? clock.now()
        logger.debug("call failed", metadata: ["address": "\(record.address)", "failure": "\(failure.text.loggable)"])
        if failure.kind == .cancelled || failure.kind == .shutDown {
            // The batch is in the store, and is sent when the runtime is started again.
            perform(machine.callFailed(id, reach: .unknown, wait: nil, at: clock.now(), chance: 0))
            return
        }
        if failure.isAboutSize, record.batch.count > 1 {
            // Half of it may fit.
            addresses[id]?.splitBatch()
            perform(machine.batchReplaced(id, hasMore: true))
            return
        }
        let isHopeless = failure.isHopeless || limits.maxAttempts.map { attempts >= $0 } ?? false
        guard isHopeless else {
            let chance = Double.random(in: 0...1)
            perform(machine.callFailed(id, reach: failure.reach, wait: failure.retryAfter, at: clock.now(), chance: chance))
            return
        }
        bury(record.batch, to: record.address, cause: failure.description, attempts: attempts)
        finishBatch(id)
        perform(machine.batchDropped(id, reach: failure.reach, hasMore: addresses[id]?.hasMore ?? false))
    }

    /// Gives messages up, and keeps them for somebody to look at.
    private func bury(_ messages: [StoredMessage], to address: RuntimeAddress, cause: String, attempts: Int) {
        bury(
            DeadLetter(
                sequence: nextSequence(),
                time: clock.wallTime(),
                address: address,
                content: .batch(messages.map(\.invocation)),
                cause: cause,
                attempts: attempts
            )
        )
    }

    func bury(_ letter: DeadLetter) {
        pending.add(letter)
        figures.deadLetterKept(functionType: letter.address.functionType)
        report(.deadLetter(letter))
        flushSoon()
    }
}

extension RuntimeShard.AddressRecord {
    /// Takes the first messages for a call.
    mutating func beginBatch(count limit: Int, bytes: Int) {
        var size = 0
        var end = 0
        while end < waiting.count, end < limit {
            size += waiting[end].invocation.count
            if end > 0, size > bytes { break }
            end += 1
        }
        if end == waiting.count {
            batch = waiting
            waiting = []
        } else {
            batch = Array(waiting[..<end])
            waiting.removeFirst(end)
        }
    }

    /// Keeps the first half for the next call; the others wait for the one after it.
    mutating func splitBatch() {
        let half = batch.count / 2
        waiting.insert(contentsOf: batch[half...], at: 0)
        batch.removeLast(batch.count - half)
    }
}

extension RequestReplyFailure {
    /// Whether the batch was too much, or what came of it.
    fileprivate var isAboutSize: Bool { kind == .requestTooLarge || kind == .responseTooLarge }

    /// Whether the same batch will never be answered.
    fileprivate var isHopeless: Bool { kind == .protocolBroken || kind == .malformedMessage || isAboutSize }

    /// What the failure says about the function.
    var reach: DispatchMachine.Reach {
        switch kind {
        case .connectFailed, .nameNotResolved, .handshakeFailed, .certificateRefused, .misconfigured:
            .unreachable
        case .passingStatus:
            status.map { (502...504).contains($0) } ?? false ? .unreachable : .reached
        case .timedOut, .budgetSpent, .poolExhausted, .connectionLost, .staleConnection, .transport, .cancelled, .shutDown:
            .unknown
        default:
            .reached
        }
    }
}
