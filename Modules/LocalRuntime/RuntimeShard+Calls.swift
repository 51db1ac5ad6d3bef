internal import HTTPFunctionEndpoint
internal import NIOCore
internal import RequestReply
internal import RuntimeCore
internal import TransportCore

extension RuntimeShard {
    /// A batch stops growing when its invocations have so many bytes.
    private static let batchBytes = 4 << 20
    /// So many bytes are read for an address also where others take all the room.
    private static let leastRead = 64 << 10
    /// How many invocations leave together where the endpoint sets no limit.
    private static let batchCount = 10_000

    /// Calls an address with what waits for it: at once where everything for that is at hand.
    func begin(_ id: DispatchMachine.AddressID) {
        guard let record = addresses[id] else { return }
        record.function.figures.change { $0.inFlight += 1 }
        if changing.isEmpty || changing[record.address] == nil, !record.batch.isEmpty || !record.waiting.isEmpty,
            let values = valuesAtHand(of: record)
        {
            record.calls += 1
            fillFromMemory(record)
            record.call = AddressRecord.Call(registered: record.function.registered, values: values)
            send(record)
        } else {
            Task(executorPreference: executor) { await self.prepare(id) }
        }
    }

    /// Fetches what a call needs, and begins it.
    private func prepare(_ id: DispatchMachine.AddressID) async {
        while let address = addresses[id]?.address, changing[address] != nil {
            await changeEnded(of: address)
        }
        guard let record = addresses[id] else { return }
        record.calls += 1
        do throws(StoreFailure) {
            try await fill(record)
            guard !record.batch.isEmpty else {
                // What the store had for it has been taken away meanwhile.
                perform(machine.batchReplaced(id, hasMore: record.hasMore))
                ended(record)
                return
            }
            try await fetchValues(for: record)
            send(record)
        } catch {
            unreadable(record, error)
        }
    }

    /// A call, or the attempt to make one, is over.
    func ended(_ record: AddressRecord) {
        record.calls -= 1
        if record.calls == 0 {
            record.nobodyCalls()
        }
        record.function.figures.change { $0.inFlight -= 1 }
        guard isStopping, machine.callsInFlight == 0 else { return }
        for continuation in idle {
            continuation.resume()
        }
        idle = []
    }

    /// Takes the next batch of an address, unless there is one already.
    private func fill(_ record: AddressRecord) async throws(StoreFailure) {
        guard record.batch.isEmpty else { return }
        if record.waiting.isEmpty, record.spilled > 0 {
            // What comes from now on may not be stored yet when the store is read.
            let limit = min(record.spilled, limits.messagesInMemory)
            let last = record.lastSequence
            try await flushed()
            // As much as a batch may have. It counts from now on: many addresses may read at the same time.
            let bytes = min(Self.batchBytes, max(Self.leastRead, limits.maxWaitingBytesInMemory - waitingBytes))
            waitingBytes += bytes
            var found = 0
            defer { waitingBytes += found - bytes }
            let messages = try await store.messages(of: record.address, after: last, limit: limit, bytes: bytes)
            found = messages.reduce(0) { $0 + $1.invocation.count }
            let missing = found < bytes ? limit - messages.count : 0
            if missing > 0 {
                count(-missing, for: record.function)
            }
            record.spilled -= messages.count + missing
            // What has come meanwhile and was overtaken by these is there already.
            record.waiting += messages
            record.lastSequence = messages.last?.sequence ?? last
        }
        fillFromMemory(record)
    }

    private func fillFromMemory(_ record: AddressRecord) {
        guard record.batch.isEmpty else { return }
        let limit = (try? route(to: record.function))?.maxNumBatchRequests ?? 0
        record.beginBatch(count: limit > 0 ? limit : Self.batchCount, bytes: Self.batchBytes)
    }

    /// Sends the batch of an address with the state of its call.
    private func send(_ record: AddressRecord) {
        let (id, call) = (record.id, record.call)
        let route: FunctionClients.Entry
        do throws(RequestReplyFailure) {
            route = try self.route(to: record.function)
        } catch {
            // Not now: whoever begins this call may be about to begin others.
            let failure = error
            return later { $0.answered(id, .failure(failure)) }
        }
        let bytes = EncodedBatch.bytes(
            target: record.messageAddress,
            state: call?.registered.states.map { ($0.name, call?.values[$0.name]?.value) } ?? [],
            invocations: record.batch.map { EncodedInvocation(encoded: $0.invocation) }
        )
        record.function.figures.change { $0.batchSize.add(Double(record.batch.count)) }
        let request = RequestReplyRequest(
            functionType: record.address.functionType,
            id: record.address.id,
            payload: ByteBuffer(bytes: bytes)
        )
        isSending = true
        defer { isSending = false }
        // Calls end with their transport and are never cancelled one by one, so no thread and no task need wait for this one.
        _ = route.client.begin(request) { [self] result in
            onLoop { $0.arrived(id, result) }
        }
    }

    /// Does something on the loop, at once where the caller is there.
    nonisolated func onLoop(_ body: @escaping @Sendable (isolated RuntimeShard) -> Void) {
        if loop.inEventLoop {
            assumeIsolated(body)
        } else {
            later(body)
        }
    }

    /// Does something on the loop, when that has done what it is at.
    nonisolated func later(_ body: @escaping @Sendable (isolated RuntimeShard) -> Void) {
        loop.execute { self.assumeIsolated(body) }
    }

    private func arrived(_ id: DispatchMachine.AddressID, _ result: Result<ByteBuffer, RequestReplyFailure>) {
        // An answer that comes before its request is on its way would be dealt with in the middle of something else.
        if isSending {
            later { $0.answered(id, result) }
        } else {
            answered(id, result)
        }
    }

    private func answered(_ id: DispatchMachine.AddressID, _ result: Result<ByteBuffer, RequestReplyFailure>) {
        guard let record = addresses[id], var call = record.call else { return }
        do throws(RequestReplyFailure) {
            let bytes = try result.get()
            let answer: FunctionAnswer
            do throws(MalformedAnswer) {
                answer = try Self.answer(in: bytes)
            } catch {
                throw RequestReplyFailure(.malformedMessage, error.description)
            }
            switch try call.rounds.answered(answer, sent: Set(call.registered.states.map { ExactName($0.name) })) {
            case .resend(let missing):
                try register(missing, for: record.function)
                record.call = call
                Task(executorPreference: executor) { await self.sendAgain(id) }
            case .finish(let result):
                // State may have been registered meanwhile by another address of the function.
                try record.function.registered.check(result)
                record.call = nil
                apply(result, of: record, call.values)
                ended(record)
            }
        } catch {
            record.call = nil
            failed(record, error)
            ended(record)
        }
    }

    private static func answer(in bytes: ByteBuffer) throws(MalformedAnswer) -> FunctionAnswer {
        let plain = bytes.withUnsafeReadableBytes { FunctionAnswer(decodingPlain: $0) }
        return if let plain { plain } else { try FunctionAnswer(decoding: Array(bytes.readableBytesView)) }
    }

    /// Sends the batch once more, with the state that is registered by now.
    private func sendAgain(_ id: DispatchMachine.AddressID) async {
        guard let record = addresses[id] else { return }
        do throws(StoreFailure) {
            try await fetchValues(for: record)
            send(record)
        } catch {
            unreadable(record, error)
        }
    }

    private func register(_ missing: [MissingState], for function: FunctionRecord) throws(RequestReplyFailure) {
        let known = function.registered.states.count
        try function.registered.register(missing)
        for state in function.registered.states.dropFirst(known) {
            pending.register(RegisteredState(state, of: function.functionType))
        }
        flushSoon()
    }

    // MARK: State

    /// Gives the call at hand the values of its address, with all that is registered by now.
    private func fetchValues(for record: AddressRecord) async throws(StoreFailure) {
        var values: NameTable<StateCache.Value> = [:]
        if !record.function.registered.states.isEmpty {
            values = try await self.values(of: record.address)
        }
        let rounds = record.call?.rounds ?? BatchRounds()
        record.call = AddressRecord.Call(registered: record.function.registered, values: values, rounds: rounds)
    }

    /// The values of an address that have not expired.
    func values(of address: RuntimeAddress) async throws(StoreFailure) -> NameTable<StateCache.Value> {
        if let known = cachedValues(of: address) { return known }
        let stored = try await store.state(of: [address])
        // Nobody else asks for this address meanwhile, as one call at a time is made to it.
        var values: NameTable<StateCache.Value> = [:]
        for state in stored.first ?? [] {
            values[state.name] = StateCache.Value(value: EncodedValue(encoded: state.value), expires: state.expires)
        }
        cache.remember(values, of: address, group: 0, stored: storedGroup)
        return cachedValues(of: address) ?? [:]
    }

    /// What a call sends; `nil` where the store has to be asked.
    private func valuesAtHand(of record: AddressRecord) -> NameTable<StateCache.Value>? {
        record.function.registered.states.isEmpty ? [:] : cachedValues(of: record.address)
    }

    /// The values of an address that have not expired; `nil` where the store has to be asked.
    private func cachedValues(of address: RuntimeAddress) -> NameTable<StateCache.Value>? {
        guard var values = cache.values(of: address) else { return nil }
        guard values.values.contains(where: { $0.expires != nil }) else { return values }
        let now = clock.wallTime()
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
    private func apply(_ result: InvocationResult, of record: AddressRecord, _ sent: NameTable<StateCache.Value>) {
        let count = record.batch.count
        finishBatch(record)
        keep(result.stateChanges, of: record, sent)
        send(result, from: record)
        record.function.figures.change {
            $0.consumed += count
            $0.outgoing += result.messages.count
            $0.egress += result.egresses.count
        }
        flushSoon()
        perform(machine.callSucceeded(record.id, hasMore: record.hasMore))
    }

    /// The batch at hand waits no more.
    func finishBatch(_ record: AddressRecord) {
        let batch = record.batch
        record.batch = []
        pending.consume(batch)
        for index in batch.indices {
            waitingBytes -= batch[index].invocation.count
        }
        count(-batch.count, for: record.function)
        record.lastFailure = nil
        record.failingSince = nil
    }

    private func keep(_ changes: [StateValue], of record: AddressRecord, _ sent: NameTable<StateCache.Value>) {
        let registered = record.function.registered
        guard !changes.isEmpty || registered.hasExpirationAfterInvocation else { return }
        var values = sent
        let now = clock.wallTime()
        for change in changes {
            set(
                change.value.map(EncodedValue.init),
                change.name,
                of: record.address,
                in: &values,
                until: registered[change.name]?.expiry(from: now)
            )
        }
        if registered.hasExpirationAfterInvocation {
            let changed = Set(changes.map { ExactName($0.name) })
            for state in registered.states where !changed.contains(ExactName(state.name)) {
                guard case .afterInvocation = state.expiration, let value = values[state.name]?.value else { continue }
                set(value, state.name, of: record.address, in: &values, until: state.expiry(from: now))
            }
        }
        cache.remember(values, of: record.address, group: group, stored: storedGroup)
    }

    /// Sets or clears one value, here and in what is to be stored.
    private func set(
        _ value: EncodedValue?,
        _ name: String,
        of address: RuntimeAddress,
        in values: inout NameTable<StateCache.Value>,
        until expires: WallTime?
    ) {
        if let value {
            values.updateValue(StateCache.Value(value: value, expires: expires), forName: name)
            pending.set(StoredState(address: address, name: name, value: value.bytes, expires: expires))
        } else {
            values.removeValue(forName: name)
            pending.clear(name, of: address)
        }
    }

    private func send(_ result: InvocationResult, from record: AddressRecord) {
        let caller = record.messageAddress
        send(result.messages, from: caller)
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

    private func send(_ messages: InvocationResult.Messages, from caller: MessageAddress) {
        guard !messages.isEmpty else { return }
        let caller = EncodedCaller(caller)
        var target = Self.address(messages.target(at: 0))
        for index in messages.indices {
            if index > 0, !messages.repeatsTarget(at: index) {
                target = Self.address(messages.target(at: index))
            }
            let invocation = messages.invocation(at: index, from: caller).bytes
            emit(StoredMessage(sequence: nextSequence(), target: target, invocation: invocation))
        }
    }

    private static func address(_ target: MessageAddress) -> RuntimeAddress {
        RuntimeAddress(functionType: target.namespace + "/" + target.type, id: target.id)
    }

    private static func stored(_ message: InvocationResult.Message, from caller: MessageAddress, _ sequence: Int64) -> StoredMessage {
        StoredMessage(
            sequence: sequence,
            target: address(message.target),
            invocation: EncodedInvocation(EncodedValue(message.argument), from: caller).bytes
        )
    }

    /// A message of a function begins to wait, unless nobody could ever take it.
    func emit(_ message: StoredMessage) {
        let functionType = message.target.functionType
        // Names that nobody serves take no room.
        if let unserved = functions[functionType].map(\.whyUnserved) ?? routes.whyUnserved(functionType) {
            bury([message], to: message.target, cause: unserved, attempts: 0)
            return
        }
        pending.add(message)
        deliver(message)
    }
}
