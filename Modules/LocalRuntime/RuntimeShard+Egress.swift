internal import NIOCore
internal import RequestReply
internal import RuntimeCore
internal import TransportCore

extension RuntimeShard {
    /// Somebody who waits for records.
    struct Taker {
        let continuation: CheckedContinuation<Taking, Never>
        let timer: Scheduled<Void>
    }

    /// What somebody who waits for records gets.
    enum Taking {
        /// Some that the store still has, or none.
        case stored([EgressRecord])
        /// Some that are gone from the store, or have never been there.
        case taken([EgressRecord])
        case failed(StoreFailure)
    }

    /// How long whoever wants records waits for the store.
    private static let longestRead = Duration.seconds(5)

    /// What a function sends out begins to wait for a taker, or becomes a dead letter that says why it cannot.
    func emit(_ message: InvocationResult.EgressMessage, from address: RuntimeAddress) {
        do throws(EgressFault) {
            let content = try content(of: message)
            pending.add(EgressRecord(sequence: nextSequence(), topic: content.topic, payload: content.payload))
        } catch {
            bury(
                DeadLetter(
                    sequence: nextSequence(),
                    time: clock.wallTime(),
                    address: address,
                    content: .egress(message.egress, EncodedValue(message.argument).bytes),
                    cause: error.description,
                    attempts: 0
                )
            )
        }
    }

    func content(of message: InvocationResult.EgressMessage) throws(EgressFault) -> EgressContent {
        guard let egress = egresses[message.egress] else {
            let known = egresses.names.sorted().joined(separator: ", ")
            throw EgressFault(
                "there is no egress \(message.egress) here; "
                    + (known.isEmpty ? "the module declares none that is served" : "there is \(known)")
            )
        }
        return try egress.content(typename: message.argument.typename, value: message.argument.bytes)
    }

    /// Hands out records to whoever waits for them.
    func serve(_ topic: String) {
        while let step = topics[topic]?.nextStep() {
            switch step {
            case .hand(let records, let taker): answer(taker, with: records, of: topic)
            case .disappoint(let takers): takers.forEach { answer($0, with: []) }
            case .load(let place): Task { await self.readEgress(topic, after: place) }
            }
        }
    }

    private func readEgress(_ topic: String, after place: Int64) async {
        guard let window = topics[topic]?.window else { return }
        let records = (try? await store.egress(topic: topic, after: place, limit: window)) ?? []
        topics[topic]?.loaded(records)
        // A store that fails is asked again by the next taker.
        if !records.isEmpty {
            serve(topic)
        }
    }

    func answer(_ taker: EgressQueue.TakerID, with records: [EgressRecord], of topic: String? = nil) {
        if let taker = takers.removeValue(forKey: taker) {
            taker.timer.cancel()
            taker.continuation.resume(returning: .stored(records))
        } else if let topic, !records.isEmpty {
            topics[topic]?.returned(records)
        }
    }

    /// Promises records of the group that is stored next to those who wait for them. They are not stored at all: when the group
    /// is, they have been taken.
    func anticipate(group: Int) {
        guard !takers.isEmpty else { return }
        pending.withdrawEgress { records in
            guard let topic = records.first?.topic, let handed = topics[topic]?.anticipate(records) else { return 0 }
            var count = 0
            for (id, records) in handed {
                // Only what somebody gets is left out of the store.
                guard let taker = takers.removeValue(forKey: id) else { break }
                count += records.count
                // It waits for the store only from now on.
                taker.timer.cancel()
                commitWaiters[group, default: []].append(.promised(Array(records), taker.continuation))
            }
            return count
        }
    }

    private func left(_ taker: EgressQueue.TakerID, _ topic: String) {
        topics[topic]?.left(taker)
        answer(taker, with: [])
        forgetUnused(topic)
    }

    /// Names that somebody asks for in vain take no room.
    private func forgetUnused(_ topic: String) {
        if topics[topic]?.isUnused == true {
            topics[topic] = nil
        }
    }
}

extension RuntimeShard: EgressTopics {
    func take(from topic: String, atMost limit: Int, waiting wait: Duration) async throws(StoreFailure) -> [EgressRecord] {
        let taker = EgressQueue.TakerID(number: nextTaker)
        nextTaker += 1
        let taking = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                begin(taker, topic, limit, wait, continuation)
            }
        } onCancel: {
            Task { await self.left(taker, topic) }
        }
        let records: [EgressRecord]
        switch taking {
        case .taken(let promised):
            records = promised
        case .failed(let failure):
            throw failure
        case .stored(let found):
            guard !found.isEmpty else { return [] }
            try await taken(found, of: topic)
            records = found
        }
        if Task.isCancelled {
            await putBack(records)
            return []
        }
        figures.taken(topic: topic, records.count)
        return records
    }

    /// Has the store forget records that are handed out.
    private func taken(_ records: [EgressRecord], of topic: String) async throws(StoreFailure) {
        let failure: StoreFailure? = await withCheckedContinuation { continuation in
            for record in records {
                pending.taken(record)
            }
            commitWaiters[group, default: []].append(.taken(records, continuation))
            flushSoon()
        }
        guard let failure else { return }
        topics[topic]?.returned(records)
        serve(topic)
        throw failure
    }

    private func begin(
        _ taker: EgressQueue.TakerID,
        _ topic: String,
        _ limit: Int,
        _ wait: Duration,
        _ continuation: CheckedContinuation<Taking, Never>
    ) {
        let isEmpty = topics[topic].map { $0.count == 0 } ?? true
        // A cancellation up to here has not found what to cancel.
        guard !isStopping, !Task.isCancelled, !isEmpty || wait > .zero else {
            continuation.resume(returning: .stored([]))
            return
        }
        topics[topic, default: EgressQueue()].wanted(by: taker, atMost: limit, isWaiting: wait > .zero)
        // Reading what is there from the store is no waiting for it, but has an end as well.
        let longest = isEmpty ? wait : max(wait, Self.longestRead)
        let timer = loop.scheduleTask(in: .nanoseconds(longest.inNanoseconds)) { [weak self] in
            guard let self else { return }
            Task { await self.left(taker, topic) }
        }
        takers[taker] = Taker(continuation: continuation, timer: timer)
        serve(topic)
    }

    func putBack(_ records: [EgressRecord]) async {
        guard let topic = records.first?.topic else { return }
        for record in records {
            pending.putBack(record)
        }
        await flushed()
        topics[topic]?.returned(records)
        serve(topic)
    }
}
