internal import RuntimeCore
internal import TransportCore

/// Collects what has to be stored until the store is ready for it. What comes and goes meanwhile never reaches the store.
struct PendingChanges: Sendable {
    /// One value of an address.
    private struct ValueKey: Hashable {
        let address: RuntimeAddress
        let name: ExactName
    }

    private var registered: [RegisteredState] = []
    private var state: [ValueKey: StateChange] = [:]
    private var messages = SequencedRecords<StoredMessage>()
    private var consumed: [(address: RuntimeAddress, sequence: Int64)] = []
    private var delayed: [Int64: DelayedMessage] = [:]
    /// Which delayed messages can be taken back by a token.
    private var delayedByToken: [DelayedMessage.Cancellation: Set<Int64>] = [:]
    private var delayedGone: [Int64] = []
    private var cancelled: [DelayedMessage.Cancellation: Int64] = [:]
    private var egress: [EgressRecord] = []
    /// Whether some of these were handed out before and come back.
    private var hasReturned = false
    private var egressTaken: [Int64] = []
    private var deadLetters: [DeadLetter] = []
    private var deadLettersGone: [Int64] = []
    private var acceptedKeys: [AcceptedKey] = []

    private(set) var isEmpty = true
    /// About how many bytes of messages, values and records there are.
    private(set) var byteCount = 0

    /// How many changes there are.
    var count: Int {
        registered.count + state.count + messages.count + consumed.count + delayed.count + delayedGone.count + cancelled.count
            + egress.count + egressTaken.count + deadLetters.count + deadLettersGone.count + acceptedKeys.count
    }

    mutating func register(_ state: RegisteredState) {
        isEmpty = false
        registered.append(state)
    }

    mutating func set(_ value: StoredState) {
        byteCount += value.value.count
        change(.set(value), of: ValueKey(address: value.address, name: ExactName(value.name)))
    }

    mutating func clear(_ name: String, of address: RuntimeAddress) {
        change(.clear(address, name: name), of: ValueKey(address: address, name: ExactName(name)))
    }

    private mutating func change(_ change: StateChange, of key: ValueKey) {
        isEmpty = false
        if case .set(let earlier) = state.updateValue(change, forKey: key) {
            byteCount -= earlier.value.count
        }
    }

    mutating func add(_ message: StoredMessage) {
        isEmpty = false
        byteCount += message.invocation.count
        messages.insert(message, at: message.sequence)
    }

    mutating func consume(_ batch: [StoredMessage]) {
        isEmpty = isEmpty && batch.isEmpty
        // By index, so that no message is copied to be looked at.
        for index in batch.indices {
            let sequence = batch[index].sequence
            if messages.remove(sequence) {
                byteCount -= batch[index].invocation.count
            } else {
                consumed.append((batch[index].target, sequence))
            }
        }
    }

    mutating func add(_ message: DelayedMessage) {
        isEmpty = false
        byteCount += message.message.invocation.count
        delayed[message.message.sequence] = message
        if let cancellation = message.cancellation {
            delayedByToken[cancellation, default: []].insert(message.message.sequence)
        }
    }

    mutating func sent(_ message: DelayedMessage) {
        isEmpty = false
        let sequence = message.message.sequence
        guard let pending = delayed.removeValue(forKey: sequence) else {
            delayedGone.append(sequence)
            return
        }
        byteCount -= pending.message.invocation.count
        if let cancellation = pending.cancellation {
            delayedByToken[cancellation]?.remove(sequence)
        }
    }

    mutating func cancel(_ cancellation: DelayedMessage.Cancellation, before sequence: Int64) {
        isEmpty = false
        let sent = delayedByToken.removeValue(forKey: cancellation) ?? []
        for earlier in sent where earlier < sequence {
            byteCount -= delayed.removeValue(forKey: earlier)?.message.invocation.count ?? 0
        }
        let later = sent.filter { $0 >= sequence }
        if !later.isEmpty {
            delayedByToken[cancellation] = later
        }
        cancelled[cancellation] = sequence
    }

    mutating func add(_ record: EgressRecord) {
        isEmpty = false
        byteCount += record.payload.count
        egress.append(record)
    }

    /// Stores a record again that nobody got.
    mutating func putBack(_ record: EgressRecord) {
        add(record)
        hasReturned = true
    }

    /// Takes out records that need not be stored, as they are handed out as soon as everything else is.
    /// - Parameter choose: gets records of one topic that follow each other, and says how many of them to take out, from the
    ///   first one on.
    mutating func withdrawEgress(_ choose: (ArraySlice<EgressRecord>) -> Int) {
        // What comes back comes before what is new, but is not where it waits yet.
        guard !hasReturned, !egress.isEmpty else { return }
        var kept: [EgressRecord] = []
        var begin = 0
        while begin < egress.count {
            let topic = egress[begin].topic
            var end = begin + 1
            while end < egress.count, egress[end].topic.hasSameBytes(as: topic) { end += 1 }
            let chosen = choose(egress[begin..<end])
            for index in begin..<(begin + chosen) {
                byteCount -= egress[index].payload.count
            }
            kept += egress[(begin + chosen)..<end]
            begin = end
        }
        egress = kept
    }

    mutating func taken(_ record: EgressRecord) {
        isEmpty = false
        egressTaken.append(record.sequence)
    }

    mutating func add(_ letter: DeadLetter) {
        isEmpty = false
        byteCount += letter.byteCount
        deadLetters.append(letter)
    }

    mutating func deadLetterGone(_ sequence: Int64) {
        isEmpty = false
        if let index = deadLetters.firstIndex(where: { $0.sequence == sequence }) {
            byteCount -= deadLetters.remove(at: index).byteCount
        } else {
            deadLettersGone.append(sequence)
        }
    }

    mutating func accepted(_ key: AcceptedKey) {
        isEmpty = false
        acceptedKeys.append(key)
    }

    mutating func withdraw(_ withdrawn: Withdrawn) {
        for message in withdrawn.messages where messages.remove(message.sequence) {
            byteCount -= message.invocation.count
        }
        acceptedKeys.removeAll { withdrawn.keys.contains(ExactName($0.key)) }
        egressTaken.removeAll { withdrawn.taken.contains($0) }
        byteCount += withdrawn.promised.reduce(0) { $0 + $1.payload.count }
        egress = (withdrawn.promised + egress).sorted { $0.sequence < $1.sequence }
    }

    /// Puts a group that was not stored before what was collected since, as if both had been collected together.
    mutating func precede(by earlier: StoreChanges) {
        var both = PendingChanges()
        both.registered = earlier.registered
        for change in earlier.state {
            switch change {
            case .set(let value): both.set(value)
            case .clear(let address, let name): both.clear(name, of: address)
            }
        }
        for message in earlier.messages { both.add(message) }
        both.consumed = earlier.consumed
        for message in earlier.delayed { both.add(message) }
        both.delayedGone = earlier.delayedGone
        for (cancellation, sequence) in earlier.cancelled { both.cancelled[cancellation] = sequence }
        for record in earlier.egress { both.add(record) }
        both.egressTaken = earlier.egressTaken
        for letter in earlier.deadLetters { both.add(letter) }
        both.deadLettersGone = earlier.deadLettersGone
        both.acceptedKeys = earlier.acceptedKeys
        both.isEmpty = both.count == 0
        both.follow(with: self)
        self = both
    }

    private mutating func follow(with later: PendingChanges) {
        isEmpty = isEmpty && later.isEmpty
        registered += later.registered
        for (key, change) in later.state {
            switch change {
            case .set(let value): set(value)
            case .clear: self.change(change, of: key)
            }
        }
        for (address, sequence) in later.consumed {
            if let message = messages[sequence] {
                consume([message])
            } else {
                consumed.append((address, sequence))
            }
        }
        var laterMessages = later.messages
        for message in laterMessages.takeAll() { add(message) }
        // What was sent since is not taken back by what was taken back before.
        for (cancellation, sequence) in later.cancelled { cancel(cancellation, before: sequence) }
        for sequence in later.delayedGone {
            if let message = delayed[sequence] { sent(message) } else { delayedGone.append(sequence) }
        }
        for message in later.delayed.values { add(message) }
        hasReturned = hasReturned || later.hasReturned
        for record in later.egress { add(record) }
        egress.sort { $0.sequence < $1.sequence }
        egressTaken += later.egressTaken
        for letter in later.deadLetters { add(letter) }
        for sequence in later.deadLettersGone { deadLetterGone(sequence) }
        acceptedKeys += later.acceptedKeys
    }

    /// Hands over everything, and begins anew.
    mutating func take(lastSequence: Int64) -> StoreChanges {
        var changes = StoreChanges(lastSequence: lastSequence)
        changes.registered = registered
        changes.state = Array(state.values)
        changes.messages = messages.takeAll()
        changes.consumed = consumed
        changes.delayed = Array(delayed.values)
        changes.delayedGone = delayedGone
        changes.cancelled = cancelled.map { ($0.key, $0.value) }
        changes.egress = egress
        changes.egressTaken = egressTaken
        changes.deadLetters = deadLetters
        changes.deadLettersGone = deadLettersGone
        changes.acceptedKeys = acceptedKeys
        self = PendingChanges()
        return changes
    }
}

extension DeadLetter {
    fileprivate var byteCount: Int {
        switch content {
        case .batch(let messages): messages.reduce(0) { $0 + $1.count }
        case .egress(_, let value): value.count
        }
    }
}
