internal import NIOCore
internal import RequestReply
internal import RuntimeCore
internal import Synchronization
internal import TransportCore

extension RuntimeShard {
    /// Somebody who takes records, from when it was begun until it was told of what came of it.
    final class Taker: EgressTaking {
        let id: EgressQueue.TakerID
        let topic: String
        let limit: Int
        let completion: TakeCompletion
        private let shard: RuntimeShard
        private let cancelled = Atomic(false)

        init(
            _ id: EgressQueue.TakerID,
            of topic: String,
            atMost limit: Int,
            in shard: RuntimeShard,
            _ completion: @escaping TakeCompletion
        ) {
            self.id = id
            self.topic = topic
            self.limit = limit
            self.shard = shard
            self.completion = completion
        }

        var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

        func cancel() {
            cancelled.store(true, ordering: .relaxed)
            shard.onLoop { $0.left(self) }
        }
    }

    /// A taker for whom there are no records yet.
    struct WaitingTaker {
        let taker: Taker
        let deadline: NIODeadline
    }

    /// How long whoever wants records waits for the store.
    private static let longestRead = Duration.seconds(5)
    /// Those who wait are looked through no more often than that.
    private static let betweenLooks = TimeAmount.milliseconds(1)

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
            case .load(let place): Task(executorPreference: executor) { await self.readEgress(topic, after: place) }
            }
        }
    }

    private func readEgress(_ topic: String, after place: Int64) async {
        guard let queue = topics[topic] else { return }
        let records = (try? await store.egress(topic: topic, after: place, limit: queue.window, bytes: queue.windowBytes)) ?? []
        topics[topic]?.loaded(records)
        // A store that fails is asked again by the next taker.
        if !records.isEmpty {
            serve(topic)
        }
    }

    func answer(_ id: EgressQueue.TakerID, with records: [EgressRecord], of topic: String? = nil) {
        if let taker = waitingTaker(id) {
            if records.isEmpty {
                taker.completion(.success([]))
            } else {
                take(records, for: taker)
            }
        } else if let topic, !records.isEmpty {
            topics[topic]?.returned(records)
        }
    }

    /// The taker, which waits no more for records to come.
    private func waitingTaker(_ id: EgressQueue.TakerID) -> Taker? {
        takers.removeValue(forKey: id)?.taker
    }

    /// Has those looked at who wait, at `deadline` or before. One timer is enough for all of them: most are served long before their time
    /// is over, and a timer for each would cost more than all else that is done for them.
    private func look(at deadline: NIODeadline) {
        if let takerTimer {
            guard deadline < takerTimer.due else { return }
            takerTimer.timer.cancel()
        }
        let timer = loop.scheduleTask(deadline: deadline) { [weak self] () -> Void in
            self?.assumeIsolated { $0.endWaits() }
        }
        takerTimer = (deadline, timer)
    }

    private func endWaits() {
        takerTimer = nil
        let now = NIODeadline.now()
        for waiting in takers.values where waiting.deadline <= now {
            waiting.taker.cancel()
        }
        guard let next = takers.values.map(\.deadline).min() else { return }
        look(at: max(next, now + Self.betweenLooks))
    }

    /// Has the store forget records, which the taker gets then.
    private func take(_ records: [EgressRecord], for taker: Taker) {
        for record in records {
            pending.taken(record)
        }
        lastTaken.updateValue(commitWaiters[group]?.count ?? 0, forName: taker.topic)
        commitWaiters[group, default: []].append(.taken(records, promised: [], taker))
        flushSoon()
    }

    /// Records are gone from the store, or have never been there.
    func taken(_ records: [EgressRecord], by taker: Taker) {
        guard !taker.isCancelled else {
            // At once: a runtime that stops may be about to store what it has for the last time.
            comeBack(records)
            Task(executorPreference: executor) {
                await self.isBack(records)
                taker.completion(.success([]))
            }
            return
        }
        figures.taken(topic: taker.topic, records.count)
        taker.completion(.success(records))
    }

    /// Promises records of the group that is stored next to those who wait for them. They are not stored at all: when the group
    /// is, they have been taken.
    func anticipate(group: Int) {
        guard !takers.isEmpty || !lastTaken.isEmpty else { return }
        pending.withdrawEgress { records in
            guard let topic = records.first?.topic else { return 0 }
            var count = promiseMore(records, of: topic, group)
            for (id, records) in topics[topic]?.anticipate(records.dropFirst(count)) ?? [] {
                // Only what somebody gets is left out of the store.
                guard let taker = waitingTaker(id) else { break }
                count += records.count
                commitWaiters[group, default: []].append(.taken([], promised: Array(records), taker))
            }
            return count
        }
    }

    /// Promises records to whoever takes all that come before them in the same group. Where takers ask again and again, and there is
    /// always something for them, hardly any record would be promised otherwise.
    /// - Returns: how many.
    private func promiseMore(_ records: ArraySlice<EgressRecord>, of topic: String, _ group: Int) -> Int {
        guard let place = lastTaken[topic], let queue = topics[topic], queue.isDrained,
            case .taken(let taken, let promised, let taker) = commitWaiters[group]?[place] ?? nil, !taker.isCancelled
        else { return 0 }
        let more = records.prefix(max(0, taker.limit - taken.count - promised.count))
        commitWaiters[group]?[place] = .taken(taken, promised: promised + more, taker)
        return more.count
    }

    private func left(_ taker: Taker) {
        topics[taker.topic]?.left(taker.id)
        answer(taker.id, with: [])
        forgetUnused(taker.topic)
    }

    /// Names that somebody asks for in vain take no room.
    private func forgetUnused(_ topic: String) {
        if topics[topic]?.isUnused == true {
            topics[topic] = nil
        }
    }
}

extension RuntimeShard: EgressTopics {
    nonisolated func begin(
        takingFrom topic: String,
        atMost limit: Int,
        waiting wait: Duration,
        _ completion: @escaping TakeCompletion
    ) -> any EgressTaking {
        let id = EgressQueue.TakerID(number: takerNumbers.wrappingAdd(1, ordering: .relaxed).newValue)
        let taker = Taker(id, of: topic, atMost: max(1, limit), in: self, completion)
        onLoop { $0.begin(taker, wait) }
        return taker
    }

    private func begin(_ taker: Taker, _ wait: Duration) {
        let topic = taker.topic
        let isEmpty = topics[topic].map { $0.count == 0 } ?? true
        // A cancellation up to here has not found what to cancel.
        guard !isClosing, !taker.isCancelled, !isEmpty || wait > .zero else { return taker.completion(.success([])) }
        topics[topic, default: EgressQueue()].wanted(by: taker.id, atMost: taker.limit, isWaiting: wait > .zero)
        // Reading what is there from the store is no waiting for it, but has an end as well.
        let longest = isEmpty ? wait : max(wait, Self.longestRead)
        let deadline = NIODeadline.now() + .nanoseconds(longest.inNanoseconds)
        takers[taker.id] = WaitingTaker(taker: taker, deadline: deadline)
        look(at: deadline)
        serve(topic)
    }

    func putBack(_ records: [EgressRecord]) async {
        comeBack(records)
        await isBack(records)
    }

    private func comeBack(_ records: [EgressRecord]) {
        for record in records {
            pending.putBack(record)
            comingBack[record.sequence] = record
        }
    }

    /// Returns when records that were put back are stored and can be taken again.
    private func isBack(_ records: [EgressRecord]) async {
        // Where it was given up the runtime is about to end.
        guard let topic = records.first?.topic, (try? await flushed()) != nil else { return }
        topics[topic]?.returned(records)
        serve(topic)
    }
}
