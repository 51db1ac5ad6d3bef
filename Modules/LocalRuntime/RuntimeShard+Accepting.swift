internal import HTTPFunctionEndpoint
internal import NIOCore
internal import RequestReply
internal import RuntimeCore
internal import TransportCore

extension RuntimeShard: MessageAccepting {
    nonisolated func begin(_ message: IngressMessage, _ completion: @escaping AcceptCompletion) {
        // Not by `onLoop`: what it is handed takes an allocation for each message.
        if loop.inEventLoop {
            here { $0.take(message, completion) }
        } else {
            later { $0.take(message, completion) }
        }
    }

    /// Does something on the loop, where the caller is there. A closure that the library itself is handed looks once more whether it is.
    private nonisolated func here(_ body: (isolated RuntimeShard) -> Void) {
        assumeIsolated(body)
    }

    /// Takes a message; `completion` is told when it is stored, and delivered, or why it is not taken.
    private func take(_ message: IngressMessage, _ completion: @escaping AcceptCompletion) {
        do throws(IngressRefusal) {
            let (argument, limit) = try check(message)
            if let key = message.idempotencyKey {
                Task(executorPreference: executor) { await self.takeOnce(message, key, argument, limit, completion) }
            } else {
                try store(message, argument, limit, completion)
            }
        } catch {
            completion(error)
        }
    }

    private func takeOnce(
        _ message: IngressMessage,
        _ key: String,
        _ argument: [UInt8],
        _ limit: Int,
        _ completion: @escaping AcceptCompletion
    ) async {
        await claim(key)
        do throws(IngressRefusal) {
            guard try await isNew(key) else {
                release(key)
                completion(nil)
                return
            }
            try store(message, argument, limit) { [self] refusal in
                onLoop { $0.release(key) }
                completion(refusal)
            }
        } catch {
            release(key)
            completion(error)
        }
    }

    /// Refuses what cannot be taken.
    /// - Returns: what is to be stored of the rest, and how many messages may wait for an address of the function.
    private func check(_ message: IngressMessage) throws(IngressRefusal) -> (argument: [UInt8], limit: Int) {
        let limit: Int
        do throws(RequestReplyFailure) {
            limit = try mostWaiting(for: message.target.functionType)
        } catch {
            throw IngressRefusal(.unknownFunction, error.message)
        }
        do throws(FunctionValueError) {
            let value =
                switch message.value {
                case .encoded(let bytes): try FunctionValue(typename: message.typename, bytes: bytes)
                case .written(let text): try FunctionValue(written: text, typename: message.typename)
                }
            return (EncodedInvocation(value).bytes, limit)
        } catch {
            throw IngressRefusal(.malformedValue, error.description)
        }
    }

    private func store(
        _ message: IngressMessage,
        _ argument: [UInt8],
        _ limit: Int,
        _ completion: @escaping AcceptCompletion
    ) throws(IngressRefusal) {
        let record = recordsByAddress[message.target]
        try checkRoom(for: message.target, record, limit)
        let stored = StoredMessage(sequence: nextSequence(), target: message.target, invocation: argument)
        pending.add(stored)
        if let key = message.idempotencyKey {
            pending.accepted(AcceptedKey(key, at: clock.wallTime()))
        }
        acceptingCount += 1
        if let record {
            record.accepting += 1
        } else {
            accepting[message.target, default: 0] += 1
        }
        commitWaiters[group, default: []].append(.accepted(stored, for: record, key: message.idempotencyKey, completion))
        flushSoon()
    }

    private func checkRoom(for target: RuntimeAddress, _ record: AddressRecord?, _ limit: Int) throws(IngressRefusal) {
        guard !isStopping else {
            throw IngressRefusal(.shuttingDown, "the runtime is stopping; send the message again when it is back", retryAfter: .seconds(5))
        }
        if let storeFailure {
            throw IngressRefusal(.notStored, "nothing can be stored: \(storeFailure)", retryAfter: .seconds(5))
        }
        let waitingInAll = waitingCount + acceptingCount
        guard waitingInAll < limits.maxWaiting else {
            throw IngressRefusal(.full, "\(waitingInAll) messages wait already, as many as may", retryAfter: .seconds(1))
        }
        guard limit > 0 else { return }
        let waiting = record.map { $0.accepting + $0.count } ?? accepting[target, default: 0]
        guard waiting < limit else {
            throw IngressRefusal(
                .full,
                "\(waiting) messages wait for \(target) already, as many as maxNumBatchRequests lets wait",
                retryAfter: .seconds(1)
            )
        }
    }

    /// A message is not being accepted any more: it is about to be delivered, or could not be stored.
    /// - Parameter known: the record that its address had when it came.
    /// - Returns: the one that it has now.
    @discardableResult
    func acceptingEnded(_ message: StoredMessage, for known: AddressRecord?) -> AddressRecord? {
        acceptingCount -= 1
        if let known, !known.isClosed {
            known.accepting -= 1
            return known
        }
        if let record = recordsByAddress[message.target] {
            record.accepting -= 1
            return record
        }
        guard let place = accepting.index(forKey: message.target) else { return nil }
        if accepting.values[place] > 1 {
            accepting.values[place] -= 1
        } else {
            accepting.remove(at: place)
        }
        return nil
    }

    /// Waits until nobody else is about to send a message with the key.
    private func claim(_ key: String) async {
        await withCheckedContinuation { continuation in
            if keysAtHand[key] == nil {
                keysAtHand[key] = []
                continuation.resume()
            } else {
                keysAtHand[key]?.append(continuation)
            }
        }
    }

    /// The next one who waits for the key has it now.
    private func release(_ key: String) {
        if keysAtHand[key]?.isEmpty == false {
            keysAtHand[key]?.removeFirst().resume()
        } else {
            keysAtHand[key] = nil
        }
    }

    private func isNew(_ key: String) async throws(IngressRefusal) -> Bool {
        do throws(StoreFailure) {
            return try await !store.isAccepted(key)
        } catch {
            throw IngressRefusal(.notStored, "it cannot be told whether the message was accepted before: \(error)", retryAfter: .seconds(5))
        }
    }
}
