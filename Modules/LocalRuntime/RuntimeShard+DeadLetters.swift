internal import RequestReply
internal import RuntimeCore
internal import TransportCore

extension RuntimeShard {
    /// The dead letter of that number.
    func letter(_ sequence: Int64) async throws(AdministrationRefusal) -> DeadLetter {
        // They are numbered from 1 on; what is before the lowest number there is cannot be asked for.
        guard sequence > 0 else { throw AdministrationRefusal("there is no dead letter \(sequence)") }
        let found: [DeadLetter]
        do throws(StoreFailure) {
            found = try await store.deadLetters(after: sequence - 1, limit: 1)
        } catch {
            throw AdministrationRefusal(error.message)
        }
        guard let letter = found.first, letter.sequence == sequence else {
            throw AdministrationRefusal("there is no dead letter \(sequence)")
        }
        return letter
    }

    /// Does something with dead letters, one after the other, after which they are none, and has that stored.
    func settle(
        _ sequences: [Int64],
        _ act: (DeadLetter) throws(AdministrationRefusal) -> Void
    ) async -> RuntimeAnswer {
        var settled: [Int64] = []
        var refused: [RuntimeAnswer.RefusedLetter] = []
        for sequence in sequences {
            // Until it is stored that the letter has gone, the store still has it.
            guard lettersAtHand.insert(sequence).inserted else {
                refused.append(.init(sequence: sequence, reason: "somebody else is at it"))
                continue
            }
            do throws(AdministrationRefusal) {
                let letter = try await letter(sequence)
                try act(letter)
                pending.deadLetterGone(sequence)
                settled.append(sequence)
                flushSoon()
            } catch {
                lettersAtHand.remove(sequence)
                refused.append(.init(sequence: sequence, reason: error.reason))
            }
        }
        let stored = settled
        do throws(StoreFailure) {
            try await flushed()
        } catch {
            let reason = "it stays, as the runtime stops and nothing can be stored: \(error)"
            refused += settled.map { RuntimeAnswer.RefusedLetter(sequence: $0, reason: reason) }
            settled = []
        }
        lettersAtHand.subtract(stored)
        return .settled(sequences: settled, refused: refused)
    }

    /// Lets everything of a dead letter begin to wait again.
    func replay(_ letter: DeadLetter) throws(AdministrationRefusal) {
        switch letter.content {
        case .batch(let invocations):
            do throws(RequestReplyFailure) {
                _ = try route(to: letter.address.functionType)
            } catch {
                throw AdministrationRefusal(error.message)
            }
            for invocation in invocations {
                let message = StoredMessage(sequence: nextSequence(), target: letter.address, invocation: invocation)
                pending.add(message)
                deliver(message)
            }
        case .egress(let egress, let bytes):
            let message: InvocationResult.EgressMessage
            do throws(FunctionValueError) {
                message = InvocationResult.EgressMessage(to: egress, try EncodedValue(encoded: bytes).decoded())
            } catch {
                throw AdministrationRefusal(error.message)
            }
            do throws(EgressFault) {
                let content = try self.content(of: message)
                pending.add(EgressRecord(sequence: nextSequence(), topic: content.topic, payload: content.payload))
            } catch {
                throw AdministrationRefusal(error.description)
            }
        }
    }
}

extension RuntimeAnswer.LetterSummary {
    init(_ letter: DeadLetter) {
        let (egress, messages): (String?, [[UInt8]]) =
            switch letter.content {
            case .batch(let invocations): (nil, invocations)
            case .egress(let egress, let value): (egress, [value])
            }
        self.init(
            sequence: letter.sequence,
            time: letter.time.milliseconds,
            address: letter.address,
            egress: egress,
            messages: messages.count,
            bytes: messages.reduce(0) { $0 + $1.count },
            cause: letter.cause,
            attempts: letter.attempts
        )
    }
}
