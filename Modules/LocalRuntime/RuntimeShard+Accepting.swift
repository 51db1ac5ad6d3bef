internal import HTTPFunctionEndpoint
internal import RequestReply
internal import RuntimeCore
internal import TransportCore

extension RuntimeShard: MessageAccepting {
    func accept(_ message: IngressMessage) async throws(IngressRefusal) {
        let (argument, limit) = try check(message)
        guard let key = message.idempotencyKey else {
            try await store(message, argument, limit)
            return
        }
        await claim(key)
        defer { release(key) }
        if try await isNew(key) {
            try await store(message, argument, limit)
        }
    }

    /// Refuses what cannot be taken.
    /// - Returns: what is to be stored of the rest, and how many messages may wait for an address of the function.
    private func check(_ message: IngressMessage) throws(IngressRefusal) -> (argument: [UInt8], limit: Int) {
        let limit: Int
        do throws(RequestReplyFailure) {
            limit = try route(to: message.target.functionType).maxNumBatchRequests
        } catch {
            throw IngressRefusal(.unknownFunction, error.message)
        }
        do throws(FunctionValueError) {
            let value =
                switch message.value {
                case .encoded(let bytes): try FunctionValue(typename: message.typename, bytes: bytes)
                case .written(let text): try FunctionValue(written: text, typename: message.typename)
                }
            return (EncodedInvocation(EncodedValue(value)).bytes, limit)
        } catch {
            throw IngressRefusal(.malformedValue, error.description)
        }
    }

    /// Returns when the message is stored, and delivered.
    private func store(_ message: IngressMessage, _ argument: [UInt8], _ limit: Int) async throws(IngressRefusal) {
        let refusal: IngressRefusal? = await withCheckedContinuation { continuation in
            begin(message, argument, limit, continuation)
        }
        if let refusal { throw refusal }
        figures.accepted(functionType: message.target.functionType)
    }

    private func begin(_ message: IngressMessage, _ argument: [UInt8], _ limit: Int, _ continuation: AcceptContinuation) {
        do throws(IngressRefusal) {
            try checkRoom(for: message.target, limit)
        } catch {
            continuation.resume(returning: error)
            return
        }
        let stored = StoredMessage(sequence: nextSequence(), target: message.target, invocation: argument)
        pending.add(stored)
        if let key = message.idempotencyKey {
            pending.accepted(AcceptedKey(key, at: clock.wallTime()))
        }
        acceptingCount += 1
        accepting[message.target, default: 0] += 1
        commitWaiters[group, default: []].append(.accepted(stored, key: message.idempotencyKey, continuation))
        flushSoon()
    }

    private func checkRoom(for target: RuntimeAddress, _ limit: Int) throws(IngressRefusal) {
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
        let waiting = accepting[target, default: 0] + (addressIDs[target].flatMap { addresses[$0]?.count } ?? 0)
        guard waiting < limit else {
            throw IngressRefusal(
                .full,
                "\(waiting) messages wait for \(target) already, as many as maxNumBatchRequests lets wait",
                retryAfter: .seconds(1)
            )
        }
    }

    /// A message is not being accepted any more: it was delivered, or could not be stored.
    func acceptingEnded(_ message: StoredMessage) {
        acceptingCount -= 1
        accepting[message.target] = accepting[message.target].flatMap { $0 > 1 ? $0 - 1 : nil }
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
