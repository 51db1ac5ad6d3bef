internal import HTTPFunctionEndpoint
internal import Logging
internal import RequestReply
internal import RuntimeCore
internal import TransportCore

extension RuntimeShard {
    /// Somebody who waits until a group of changes is stored.
    enum CommitWaiter {
        /// Whatever comes of it, and however long it takes.
        case stored(CheckedContinuation<Void, Never>)
        /// A message from outside: it is taken out of a group that cannot be stored.
        case accepted(StoredMessage, key: String?, CheckedContinuation<StoreFailure?, Never>)
        /// Records that somebody takes: they are left in a group that cannot be stored.
        case taken([EgressRecord], CheckedContinuation<StoreFailure?, Never>)
    }

    /// How long a store that failed is left alone.
    private static let pauseAfterFailure = Duration.seconds(1)
    /// So many bytes may wait to be stored before no further call begins.
    private static let pendingBytes = 64 << 20

    /// Has what was collected stored as soon as the store is free. What comes while it is busy is stored together.
    func flushSoon() {
        if pending.byteCount > Self.pendingBytes {
            machine.held()
        }
        guard !isFlushing, !pending.isEmpty else { return }
        isFlushing = true
        Task { await self.flush() }
    }

    /// Returns when everything up to now is stored.
    func flushed() async {
        guard isFlushing || !pending.isEmpty else { return }
        // Where a group is on its way and nothing else waits, it is the one before this.
        let awaited = pending.isEmpty ? group - 1 : group
        guard awaited > storedGroup else { return }
        await withCheckedContinuation { continuation in
            // A task with an executor of its own may come here later than it looked.
            guard awaited > storedGroup else {
                continuation.resume()
                return
            }
            commitWaiters[awaited, default: []].append(.stored(continuation))
            flushSoon()
        }
    }

    private func flush() async {
        while !pending.isEmpty {
            let number = group
            var changes = pending.take(lastSequence: lastSequence)
            group += 1
            while true {
                do throws(StoreFailure) {
                    try await store.commit(changes)
                    break
                } catch {
                    withdraw(from: &changes, number, error)
                    if storeFailure == nil {
                        machine.held()
                        report(.storeFailed(error))
                    }
                    storeFailure = error
                    // What was done since is done again after a restart: the messages that led to it are still stored.
                    if isStopping || changes == StoreChanges(lastSequence: changes.lastSequence) { break }
                    try? await Task.sleep(for: Self.pauseAfterFailure)
                }
            }
            stored(changes, number)
        }
        isFlushing = false
    }

    /// Takes out of a group what has not happened yet if it is not stored, and tells whoever wanted it.
    private func withdraw(from changes: inout StoreChanges, _ number: Int, _ failure: StoreFailure) {
        var messages: Set<Int64> = []
        var keys: Set<String> = []
        var records: Set<Int64> = []
        var kept: [CommitWaiter] = []
        for waiter in commitWaiters.removeValue(forKey: number) ?? [] {
            switch waiter {
            case .stored:
                kept.append(waiter)
            case .accepted(let message, let key, let continuation):
                messages.insert(message.sequence)
                if let key {
                    keys.insert(key)
                    keysAtHand.remove(key)
                }
                continuation.resume(returning: failure)
            case .taken(let taken, let continuation):
                records.formUnion(taken.map(\.sequence))
                continuation.resume(returning: failure)
            }
        }
        commitWaiters[number] = kept
        changes.messages.removeAll { messages.contains($0.sequence) }
        changes.acceptedKeys.removeAll { keys.contains($0.key) }
        changes.egressTaken.removeAll { records.contains($0) }
    }

    private func stored(_ changes: StoreChanges, _ number: Int) {
        storedGroup = number
        let isEmpty = changes == StoreChanges(lastSequence: changes.lastSequence)
        if storeFailure != nil, !isEmpty {
            storeFailure = nil
            report(.storeBack)
        }
        if storeFailure == nil, isStarted, !isStopping, machine.isHeld, pending.byteCount < Self.pendingBytes / 2 {
            perform(machine.released())
        }
        for waiter in commitWaiters.removeValue(forKey: number) ?? [] {
            switch waiter {
            case .stored(let continuation):
                continuation.resume()
            case .accepted(let message, let key, let continuation):
                if let key {
                    keysAtHand.remove(key)
                }
                deliver(message)
                continuation.resume(returning: nil)
            case .taken(_, let continuation):
                continuation.resume(returning: nil)
            }
        }
        for record in changes.egress {
            topics[record.topic, default: EgressQueue()].stored(record)
        }
        for topic in Set(changes.egress.map(\.topic)) {
            serve(topic)
        }
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

extension RuntimeShard: MessageAccepting {
    func accept(_ message: IngressMessage) async throws(IngressRefusal) {
        let argument = try check(message)
        if let key = message.idempotencyKey {
            guard try await isNew(key) else { return }
        }
        let stored = StoredMessage(sequence: nextSequence(), target: message.target, invocation: argument)
        pending.add(stored)
        if let key = message.idempotencyKey {
            pending.accepted(AcceptedKey(key, at: clock.wallTime()))
        }
        let failure: StoreFailure? = await withCheckedContinuation { continuation in
            commitWaiters[group, default: []].append(.accepted(stored, key: message.idempotencyKey, continuation))
            flushSoon()
        }
        if let failure {
            throw IngressRefusal(.notStored, "the message cannot be stored: \(failure)", retryAfter: .seconds(5))
        }
        figures.accepted(functionType: message.target.functionType)
    }

    /// Refuses what cannot be taken; returns what is to be stored of the rest.
    private func check(_ message: IngressMessage) throws(IngressRefusal) -> [UInt8] {
        guard !isStopping else {
            throw IngressRefusal(.shuttingDown, "the runtime is stopping; send the message again when it is back", retryAfter: .seconds(5))
        }
        if let storeFailure, isFlushing {
            throw IngressRefusal(.notStored, "nothing can be stored: \(storeFailure)", retryAfter: .seconds(5))
        }
        let limit: Int
        do throws(RequestReplyFailure) {
            limit = try route(to: message.target.functionType).maxNumBatchRequests
        } catch {
            throw IngressRefusal(.unknownFunction, error.message)
        }
        let value: FunctionValue
        do throws(FunctionValueError) {
            value = try FunctionValue(typename: message.typename, bytes: message.value)
        } catch {
            throw IngressRefusal(.malformedValue, error.description)
        }
        guard waitingCount < limits.maxWaiting else {
            throw IngressRefusal(.full, "\(waitingCount) messages wait already, as many as may", retryAfter: .seconds(1))
        }
        if let waiting = addressIDs[message.target].flatMap({ addresses[$0]?.count }), limit > 0, waiting >= limit {
            throw IngressRefusal(
                .full,
                "\(waiting) messages wait for \(message.target) already, as many as maxNumBatchRequests lets wait",
                retryAfter: .seconds(1)
            )
        }
        return EncodedInvocation(EncodedValue(value)).bytes
    }

    /// Claims a key; `false` where its message was accepted before.
    private func isNew(_ key: String) async throws(IngressRefusal) -> Bool {
        while keysAtHand.contains(key) {
            // Another one with this key is on its way: what comes of it decides.
            await flushed()
        }
        keysAtHand.insert(key)
        do throws(StoreFailure) {
            if try await store.isAccepted(key) {
                keysAtHand.remove(key)
                return false
            }
            return true
        } catch {
            keysAtHand.remove(key)
            throw IngressRefusal(.notStored, "it cannot be told whether the message was accepted before: \(error)", retryAfter: .seconds(5))
        }
    }
}
