internal import Logging
internal import RuntimeCore
internal import TransportCore

extension RuntimeShard {
    /// What a call needs cannot be read. The function is not to blame, so this is no attempt to call it.
    func unreadable(_ record: AddressRecord, _ failure: StoreFailure) {
        record.call = nil
        record.lastFailure = RequestReplyFailure(.transport, "what is needed for the call cannot be read: \(failure)")
        perform(machine.callNotMade(record.id, at: clock.now()))
        ended(record)
    }

    func failed(_ record: AddressRecord, _ failure: RequestReplyFailure) {
        let id = record.id
        let attempts = machine.failures(of: id) + 1
        record.lastFailure = failure
        record.function.lastFailure = failure
        record.failingSince = record.failingSince ?? clock.now()
        logger.debug("call failed", metadata: ["address": "\(record.address)", "failure": "\(failure.text.loggable)"])
        if failure.kind == .cancelled || failure.kind == .shutDown {
            // The batch is in the store, and is sent when the runtime is started again.
            perform(machine.callFailed(id, reach: .unknown, wait: nil, at: clock.now(), chance: 0))
            return
        }
        if failure.isAboutSize, record.batch.count > 1 {
            // Half of it may fit.
            record.splitBatch()
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
        finishBatch(record)
        perform(machine.batchDropped(id, reach: failure.reach, hasMore: record.hasMore))
    }

    /// Gives messages up, and keeps them for somebody to look at.
    func bury(_ messages: [StoredMessage], to address: RuntimeAddress, cause: String, attempts: Int) {
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
        if let function = functions[letter.address.functionType] {
            function.figures.change { $0.deadLetters += 1 }
        } else {
            // Functions make up names that nobody serves.
            figures.letterOfUnserved()
        }
        report(.deadLetter(letter))
        flushSoon()
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
