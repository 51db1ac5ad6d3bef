internal import Logging
internal import NIOCore
internal import RuntimeCore
internal import TransportCore

extension RuntimeShard {
    typealias AcceptCompletion = @Sendable (IngressRefusal?) -> Void

    /// Somebody who waits until a group of changes is stored.
    enum CommitWaiter {
        /// However long it takes; told what has kept a group from being stored that was given up.
        case stored(CheckedContinuation<StoreFailure?, Never>)
        /// A message from outside: it is taken out of a group that cannot be stored.
        case accepted(StoredMessage, for: AddressRecord?, key: String?, AcceptCompletion)
        /// Records that somebody takes: they are left in a group that cannot be stored. Those that come after them and are promised have
        /// not been stored: they become part of such a group.
        case taken([EgressRecord], promised: [EgressRecord], Taker)
    }

    /// So many bytes may wait to be stored before no further call begins.
    private static let pendingBytes = 64 << 20

    /// Has what was collected stored as soon as the store is free and enough has come together. What comes while the store is busy is
    /// stored together.
    func flushSoon() {
        if pending.byteCount > Self.pendingBytes {
            machine.held()
        }
        guard !isFlushing, !pending.isEmpty, flushTimer == nil || pending.count >= CommitPacing.enoughChanges else { return }
        let wait = pacing.wait(with: pending.count, callsInFlight: machine.callsInFlight, at: clock.now())
        guard wait > 0 else { return startFlushing() }
        flushTimer = loop.scheduleTask(in: .nanoseconds(wait)) { [weak self] () -> Void in
            self?.assumeIsolated { $0.startFlushing() }
        }
    }

    /// When the loop has done what it is at: more may come of that.
    private func startFlushing() {
        flushTimer?.cancel()
        flushTimer = nil
        isFlushing = true
        later { $0.flush() }
    }

    /// Returns when everything up to now is stored.
    /// - Throws: what has kept it from being stored where it was given up.
    func flushed() async throws(StoreFailure) {
        let failure: StoreFailure? = await withCheckedContinuation { continuation in
            // Decided here: a task with an executor of its own may come here later than it looked.
            //
            // Where a group is on its way and nothing else waits, it is the one before this.
            let awaited = pending.isEmpty ? group - 1 : group
            guard awaited > storedGroup else {
                continuation.resume(returning: isAbandoned ? storeFailure : nil)
                return
            }
            commitWaiters[awaited, default: []].append(.stored(continuation))
            flushSoon()
        }
        if let failure { throw failure }
    }

    private func flush() {
        guard !isAbandoned else { return giveUp() }
        pacing.begin(with: pending.count, at: clock.now())
        let number = group
        if storeFailure == nil {
            anticipate(group: number)
        }
        let changes = pending.take(lastSequence: lastSequence)
        group += 1
        lastTaken = [:]
        store.begin(committing: changes) { [self] failure in
            onLoop { shard in
                if let failure {
                    shard.commitFailed(changes, number, failure)
                } else {
                    shard.stored(changes, number)
                }
            }
        }
    }

    /// What was collected while a group was on its way is the next one.
    private func flushEnded() {
        isFlushing = false
        flushSoon()
    }

    /// Leaves the store alone for a while. Then what is left of the group is tried again together with what has come since, so that
    /// nothing stands in the way of what makes room; be it nothing at all: that tells when the store works again.
    private func commitFailed(_ changes: StoreChanges, _ number: Int, _ failure: StoreFailure) {
        if storeFailure == nil {
            machine.held()
            report(.storeFailed(failure))
        }
        storeFailure = failure
        pending.precede(by: changes)
        let waiters = (commitWaiters.removeValue(forKey: number) ?? []) + (commitWaiters.removeValue(forKey: group) ?? [])
        group = number
        lastTaken = [:]
        if isStopping {
            // What was done since is done again after a restart: the messages that led to it are still stored.
            isAbandoned = true
            commitWaiters[group] = waiters
            giveUp()
        } else {
            commitWaiters[group] = pending.withdraw(waiters)
            refuse(waiters, failure)
            loop.scheduleTask(in: .nanoseconds(limits.pauseAfterStoreFailure.inNanoseconds)) { [self] in
                assumeIsolated { $0.flush() }
            }
        }
    }

    /// What was collected is given up; nobody waits for it any longer.
    private func giveUp() {
        let failure = storeFailure ?? StoreFailure(.closed, "the runtime has stopped")
        let waiters = commitWaiters.removeValue(forKey: group) ?? []
        pending = PendingChanges()
        storedGroup = group
        group += 1
        lastTaken = [:]
        refuse(waiters, failure)
        for case .stored(let continuation)? in waiters {
            continuation.resume(returning: failure)
        }
        flushEnded()
    }

    /// Tells those who wanted what has not happened as it is not stored.
    private func refuse(_ waiters: [CommitWaiter?], _ failure: StoreFailure) {
        var served: [String] = []
        for case let waiter? in waiters {
            switch waiter {
            case .stored:
                break
            case .accepted(let message, let record, _, let completion):
                acceptingEnded(message, for: record)
                completion(IngressRefusal(.notStored, "the message cannot be stored: \(failure)", retryAfter: .seconds(5)))
            case .taken(let taken, _, let taker):
                topics[taker.topic]?.returned(taken)
                served.append(taker.topic)
                taker.completion(.failure(failure))
            }
        }
        for topic in served {
            serve(topic)
        }
    }

    private func stored(_ changes: StoreChanges, _ number: Int) {
        storedGroup = number
        if !comingBack.isEmpty {
            for record in changes.egress { comingBack[record.sequence] = nil }
        }
        if storeFailure != nil {
            storeFailure = nil
            report(.storeBack)
        }
        if isStarted, !isStopping, machine.isHeld, pending.byteCount < Self.pendingBytes / 2 {
            perform(machine.released())
        }
        var waiters = commitWaiters.removeValue(forKey: number) ?? []
        for place in waiters.indices {
            switch waiters[place].take() {
            case .stored(let continuation)?:
                continuation.resume(returning: nil)
            case .accepted(let message, let known, _, let completion)?:
                let record = acceptingEnded(message, for: known)
                deliver(message, to: record).figures.change { $0.accepted += 1 }
                completion(nil)
            case .taken(let records, let promised, let taker)?:
                if let last = promised.last {
                    topics[last.topic, default: EgressQueue()].passed(last)
                }
                taken(records + promised, by: taker)
            case nil:
                break
            }
        }
        var served: [String] = []
        var place = 0
        while place < changes.egress.count {
            let topic = changes.egress[place].topic
            // Out of the table, so that it is not copied; the topics of many records in a row are the same.
            var queue = topics.removeValue(forName: topic) ?? EgressQueue()
            while place < changes.egress.count, changes.egress[place].topic.hasSameBytes(as: topic) {
                queue.stored(changes.egress[place])
                place += 1
            }
            topics.updateValue(queue, forName: topic)
            served.append(topic)
        }
        // Where records of several topics alternate, some are served more often than they need be, which does nothing.
        for topic in served {
            serve(topic)
        }
        flushEnded()
    }

    /// Removes what nobody needs any more.
    func keepHouse() async {
        // A sender that has not heard of its message for a day does not send it again.
        let dayAgo = clock.wallTime().advanced(byMilliseconds: -24 * 3_600_000)
        do throws(StoreFailure) {
            try await store.forget(before: dayAgo)
        } catch {
            logger.warning("what has expired cannot be removed", metadata: ["failure": "\(error)"])
        }
    }
}
