internal import NIOCore
internal import RequestReply
internal import RuntimeCore
internal import TransportCore

extension RuntimeShard {
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
            let known = egresses.keys.sorted().joined(separator: ", ")
            throw EgressFault(
                "there is no egress \(message.egress) here; "
                    + (known.isEmpty ? "the module declares none that is served" : "there is \(known)")
            )
        }
        return try egress.content(typename: message.argument.typename, value: message.argument.bytes)
    }

    /// Hands out records to whoever waits for them.
    func serve(_ topic: String) {
        while let (taker, records) = topics[topic]?.serve() {
            answer(taker, with: records, of: topic)
        }
        if let place = topics[topic]?.loadBegins() {
            Task { await self.readEgress(topic, after: place) }
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
        if let continuation = takers.removeValue(forKey: taker) {
            continuation.resume(returning: records)
        } else if let topic, !records.isEmpty {
            topics[topic]?.returned(records)
        }
    }

    private func left(_ taker: EgressQueue.TakerID, _ topic: String) {
        topics[topic]?.left(taker)
        answer(taker, with: [])
    }
}

extension RuntimeShard: EgressTopics {
    func take(from topic: String, atMost limit: Int, waiting wait: Duration) async throws(StoreFailure) -> [EgressRecord] {
        guard !isStopping else { return [] }
        let taker = EgressQueue.TakerID(number: nextTaker)
        nextTaker += 1
        topics[topic, default: EgressQueue()].wanted(by: taker, atMost: limit)
        let isEmpty = topics[topic]?.count == 0
        if isEmpty, wait <= .zero {
            topics[topic]?.left(taker)
            return []
        }
        let timer = loop.scheduleTask(in: .nanoseconds(max(wait, .seconds(isEmpty ? 0 : 5)).inNanoseconds)) { [weak self] in
            guard let self else { return }
            Task { await self.left(taker, topic) }
        }
        let records = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                takers[taker] = continuation
                serve(topic)
                // A cancellation up to here has not found what to cancel.
                if Task.isCancelled {
                    left(taker, topic)
                }
            }
        } onCancel: {
            Task { await self.left(taker, topic) }
        }
        timer.cancel()
        guard !records.isEmpty else { return [] }
        if Task.isCancelled {
            topics[topic]?.returned(records)
            serve(topic)
            return []
        }
        for record in records {
            pending.taken(record)
        }
        let failure: StoreFailure? = await withCheckedContinuation { continuation in
            commitWaiters[group, default: []].append(.taken(records, continuation))
            flushSoon()
        }
        if let failure {
            topics[topic]?.returned(records)
            throw failure
        }
        figures.taken(topic: topic, records.count)
        return records
    }

    func putBack(_ records: [EgressRecord]) async {
        guard let topic = records.first?.topic else { return }
        for record in records {
            pending.add(record)
        }
        await flushed()
        topics[topic]?.returned(records)
        serve(topic)
    }
}
