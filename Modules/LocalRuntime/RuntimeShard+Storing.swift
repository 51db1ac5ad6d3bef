internal import Logging
internal import NIOCore
internal import RuntimeCore
internal import TransportCore

extension RuntimeShard {
    typealias AcceptCompletion = @Sendable (IngressRefusal?) -> Void

    /// Somebody who waits until a group of changes is stored.
    enum CommitWaiter {
        /// Whatever comes of it, and however long it takes.
        case stored(CheckedContinuation<Void, Never>)
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
    func flushed() async {
        await withCheckedContinuation { continuation in
            // Decided here: a task with an executor of its own may come here later than it looked.
            //
            // Where a group is on its way and nothing else waits, it is the one before this.
            let awaited = pending.isEmpty ? group - 1 : group
            guard awaited > storedGroup else {
                continuation.resume()
                return
            }
            commitWaiters[awaited, default: []].append(.stored(continuation))
            flushSoon()
        }
    }

    private func flush() {
        pacing.begin(with: pending.count, at: clock.now())
        let number = group
        anticipate(group: number)
        let changes = pending.take(lastSequence: lastSequence)
        group += 1
        lastTaken = [:]
        commit(changes, number)
    }

    private func commit(_ changes: StoreChanges, _ number: Int) {
        guard !isAbandoned else { return abandoned(changes, number) }
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

    /// Leaves the store alone for a while. What is left of the group is tried again then, be it nothing: that tells when the
    /// store works again.
    private func commitFailed(_ changes: StoreChanges, _ number: Int, _ failure: StoreFailure) {
        let left = withdraw(from: changes, number, failure)
        if storeFailure == nil {
            machine.held()
            report(.storeFailed(failure))
        }
        storeFailure = failure
        if isStopping {
            // What was done since is done again after a restart: the messages that led to it are still stored.
            isAbandoned = true
            commit(left, number)
        } else {
            loop.scheduleTask(in: .nanoseconds(limits.pauseAfterStoreFailure.inNanoseconds)) { [self] in
                assumeIsolated { $0.commit(left, number) }
            }
        }
    }

    /// A group is given up; nobody waits for it any longer.
    private func abandoned(_ changes: StoreChanges, _ number: Int) {
        _ = withdraw(from: changes, number, storeFailure ?? StoreFailure(.closed, "the runtime has stopped"))
        storedGroup = number
        for case .stored(let continuation)? in commitWaiters.removeValue(forKey: number) ?? [] {
            continuation.resume()
        }
        flushEnded()
    }

    /// Takes out of a group what has not happened yet if it is not stored, and tells whoever wanted it.
    /// - Returns: what is left.
    private func withdraw(from all: StoreChanges, _ number: Int, _ failure: StoreFailure) -> StoreChanges {
        var changes = all
        var messages: Set<Int64> = []
        var keys: Set<ExactName> = []
        var records: Set<Int64> = []
        var served: [String] = []
        var kept: [CommitWaiter?] = []
        for case let waiter? in commitWaiters.removeValue(forKey: number) ?? [] {
            switch waiter {
            case .stored:
                kept.append(waiter)
            case .accepted(let message, let record, let key, let completion):
                messages.insert(message.sequence)
                acceptingEnded(message, for: record)
                if let key {
                    keys.insert(ExactName(key))
                }
                completion(IngressRefusal(.notStored, "the message cannot be stored: \(failure)", retryAfter: .seconds(5)))
            case .taken(let taken, let promised, let taker):
                records.formUnion(taken.map(\.sequence))
                topics[taker.topic]?.returned(taken)
                served.append(taker.topic)
                changes.egress = (promised + changes.egress).sorted { $0.sequence < $1.sequence }
                taker.completion(.failure(failure))
            }
        }
        commitWaiters[number] = kept
        changes.messages.removeAll { messages.contains($0.sequence) }
        changes.acceptedKeys.removeAll { keys.contains(ExactName($0.key)) }
        changes.egressTaken.removeAll { records.contains($0) }
        for topic in served {
            serve(topic)
        }
        return changes
    }

    private func stored(_ changes: StoreChanges, _ number: Int) {
        storedGroup = number
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
                continuation.resume()
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
