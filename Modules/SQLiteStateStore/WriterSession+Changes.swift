internal import RuntimeCore

extension WriterSession {
    /// Keeps a group of changes, all of them or none.
    func apply(_ changes: StoreChanges) throws(StoreFailure) {
        try checkRoom(for: changes)
        try transaction { () throws(StoreFailure) in
            for registered in changes.registered { try register(registered) }
            for change in changes.state { try apply(change) }
            try remove(changes.consumed[...])
            for message in changes.messages { try add(message) }
            for sequence in changes.delayedGone { try remove(sequence, by: statements.removeDelayed) }
            for delayed in changes.delayed { try add(delayed) }
            for (cancellation, sequence) in changes.cancelled {
                try statements.cancelDelayed.bind(1, cancellation.token)
                try statements.cancelDelayed.bind(2, cancellation.senderID)
                try statements.cancelDelayed.bind(3, sequence)
                try statements.cancelDelayed.run()
            }
            for sequence in changes.egressTaken { try remove(sequence, by: statements.removeEgress) }
            for record in changes.egress { try add(record) }
            for sequence in changes.deadLettersGone {
                try remove(sequence, by: statements.removeDeadLetter)
                try remove(sequence, by: statements.removeDeadLetterContent)
            }
            for letter in changes.deadLetters { try add(letter) }
            for accepted in changes.acceptedKeys {
                try statements.acceptKey.bind(1, accepted.key)
                try statements.acceptKey.bind(2, accepted.time.milliseconds)
                try statements.acceptKey.run()
            }
            try statements.setLastSequence.bind(1, changes.lastSequence)
            try statements.setLastSequence.run()
        }
    }

    /// Removes some of what has been accepted or has expired before a time.
    /// - Returns: whether there may be more of it.
    func forgetSome(before time: WallTime, limit: Int) throws(StoreFailure) -> Bool {
        try transaction { () throws(StoreFailure) in
            let forgetKeys = statements.forgetKeys
            try forgetKeys.bind(1, time.milliseconds)
            try forgetKeys.bind(2, Int64(limit))
            try forgetKeys.run()
            let keys = lastChanges

            let expired = statements.expiredState
            try expired.bind(1, time.milliseconds)
            try expired.bind(2, Int64(limit))
            let values = try expired.rows { (expired.number(0), expired.text(1), expired.text(2)) }
            for (function, id, name) in values {
                try statements.clearState.bind(1, function)
                try statements.clearState.bind(2, id)
                try statements.clearState.bind(3, name)
                try statements.clearState.run()
            }
            return keys == limit || values.count == limit
        }
    }

    private func register(_ registered: RegisteredState) throws(StoreFailure) {
        let (kind, milliseconds) = StoredExpiration.columns(registered.expiration)
        try statements.register.bind(1, try number(of: registered.functionType))
        try statements.register.bind(2, registered.name)
        try statements.register.bind(3, registered.typename)
        try statements.register.bind(4, kind.rawValue)
        try statements.register.bind(5, milliseconds)
        try statements.register.run()
    }

    private func apply(_ change: StateChange) throws(StoreFailure) {
        switch change {
        case .set(let state):
            try bind(state.address, to: statements.setState, from: 1)
            try statements.setState.bind(3, state.name)
            try statements.setState.bind(4, state.value)
            try statements.setState.bind(5, state.expires?.milliseconds)
            try statements.setState.run()
        case .clear(let address, let name):
            try bind(address, to: statements.clearState, from: 1)
            try statements.clearState.bind(3, name)
            try statements.clearState.run()
        }
    }

    private func remove(_ consumed: ArraySlice<(address: RuntimeAddress, sequence: Int64)>) throws(StoreFailure) {
        var rest = consumed
        while let first = rest.first {
            // What a call was made with is of one address, and in order.
            var last = first.sequence
            let sequences = rest.prefix { address, sequence in
                defer { last = sequence }
                return address == first.address && sequence >= last
            }.map(\.sequence)
            rest = rest.dropFirst(sequences.count)
            try remove(sequences, of: first.address)
        }
    }

    /// - Parameter sequences: in order.
    private func remove(_ sequences: [Int64], of address: RuntimeAddress) throws(StoreFailure) {
        if sequences.count > 2, let first = sequences.first, let last = sequences.last {
            // Nearly always nothing else lies between them: then to look, and to remove all at once, takes half of what each alone takes.
            let between = statements.messagesBetween
            try bind(address, first, last, to: between)
            // One more than there should be tells as well that there are others.
            try between.bind(5, Int64(sequences.count + 1))
            if try between.rows({ between.number(0) }) == sequences {
                try bind(address, first, last, to: statements.removeMessagesBetween)
                return try statements.removeMessagesBetween.run()
            }
        }
        try bind(address, to: statements.removeMessage, from: 1)
        for sequence in sequences {
            try statements.removeMessage.bind(3, sequence)
            try statements.removeMessage.run()
        }
    }

    private func bind(_ address: RuntimeAddress, _ first: Int64, _ last: Int64, to statement: PreparedStatement) throws(StoreFailure) {
        try bind(address, to: statement, from: 1)
        try statement.bind(3, first)
        try statement.bind(4, last)
    }

    private func add(_ message: StoredMessage) throws(StoreFailure) {
        try bind(message.target, to: statements.addMessage, from: 1)
        try statements.addMessage.bind(3, message.sequence)
        try statements.addMessage.bind(4, message.invocation)
        try statements.addMessage.run()
    }

    private func add(_ delayed: DelayedMessage) throws(StoreFailure) {
        try statements.addDelayed.bind(1, delayed.due.milliseconds)
        try statements.addDelayed.bind(2, delayed.message.sequence)
        try bind(delayed.message.target, to: statements.addDelayed, from: 3)
        try statements.addDelayed.bind(5, delayed.message.invocation)
        try statements.addDelayed.bind(6, delayed.cancellation?.token)
        try statements.addDelayed.bind(7, delayed.cancellation?.senderID)
        try statements.addDelayed.run()
    }

    private func add(_ record: EgressRecord) throws(StoreFailure) {
        try statements.addEgress.bind(1, record.sequence)
        try statements.addEgress.bind(2, record.topic)
        try statements.addEgress.bind(3, record.payload)
        try statements.addEgress.run()
    }

    private func add(_ letter: DeadLetter) throws(StoreFailure) {
        let egress: String?
        let contents: [[UInt8]]
        switch letter.content {
        case .batch(let invocations): (egress, contents) = (nil, invocations)
        case .egress(let name, let value): (egress, contents) = (name, [value])
        }
        try statements.addDeadLetter.bind(1, letter.sequence)
        try statements.addDeadLetter.bind(2, letter.time.milliseconds)
        try bind(letter.address, to: statements.addDeadLetter, from: 3)
        try statements.addDeadLetter.bind(5, egress)
        try statements.addDeadLetter.bind(6, letter.cause)
        try statements.addDeadLetter.bind(7, Int64(letter.attempts))
        try statements.addDeadLetter.run()
        for (position, content) in contents.enumerated() {
            try statements.addDeadLetterContent.bind(1, letter.sequence)
            try statements.addDeadLetterContent.bind(2, Int64(position))
            try statements.addDeadLetterContent.bind(3, content)
            try statements.addDeadLetterContent.run()
        }
    }

    private func remove(_ sequence: Int64, by statement: PreparedStatement) throws(StoreFailure) {
        try statement.bind(1, sequence)
        try statement.run()
    }

    private func bind(_ address: RuntimeAddress, to statement: PreparedStatement, from index: Int32) throws(StoreFailure) {
        try statement.bind(index, try number(of: address))
        try statement.bind(index + 1, address.id)
    }
}

extension StoreChanges {
    /// About how many bytes of a file what the group adds takes.
    var bytesToStore: Int {
        var bytes = 4_096
        for message in messages { bytes += message.bytesToStore }
        for delayed in delayed { bytes += delayed.message.bytesToStore }
        for record in egress { bytes += record.payload.count + Self.row }
        for case .set(let state) in state { bytes += state.value.count + state.address.id.utf8.count + Self.row }
        for letter in deadLetters { bytes += letter.bytesToStore }
        return bytes + acceptedKeys.reduce(0) { $0 + $1.key.utf8.count + Self.row }
    }

    /// Whether the group takes something away that was stored, by which a file has room for what comes.
    var takesAway: Bool {
        !consumed.isEmpty || !egressTaken.isEmpty || !delayedGone.isEmpty || !deadLettersGone.isEmpty || !cancelled.isEmpty
    }

    /// What a row takes beside its longest values.
    fileprivate static let row = 128
}

extension StoredMessage {
    fileprivate var bytesToStore: Int { invocation.count + target.id.utf8.count + StoreChanges.row }
}

extension DeadLetter {
    fileprivate var bytesToStore: Int {
        let contents =
            switch content {
            case .batch(let invocations): invocations.reduce(0) { $0 + $1.count + StoreChanges.row }
            case .egress(_, let value): value.count
            }
        return contents + cause.utf8.count + address.id.utf8.count + StoreChanges.row
    }
}
