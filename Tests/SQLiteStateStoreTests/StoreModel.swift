import RuntimeCore

/// What a store should hold after the changes that were committed: the plainest account of it.
struct StoreModel: Equatable {
    var lastSequence: Int64 = 0
    var registered: [RegisteredState] = []
    var state: [RuntimeAddress: [String: StoredState]] = [:]
    var messages: [Int64: StoredMessage] = [:]
    var delayed: [Int64: DelayedMessage] = [:]
    var egress: [Int64: EgressRecord] = [:]
    var deadLetters: [Int64: DeadLetter] = [:]
    /// By their bytes: two keys may be one text to Swift.
    var keys: [[UInt8]: WallTime] = [:]

    mutating func apply(_ changes: StoreChanges) {
        lastSequence = max(lastSequence, changes.lastSequence)
        registered += changes.registered
        for change in changes.state {
            switch change {
            case .set(let value): state[value.address, default: [:]][value.name] = value
            case .clear(let address, let name):
                state[address]?[name] = nil
                if state[address]?.isEmpty == true { state[address] = nil }
            }
        }
        for (_, sequence) in changes.consumed { messages[sequence] = nil }
        for message in changes.messages { messages[message.sequence] = message }
        for sequence in changes.delayedGone { delayed[sequence] = nil }
        for message in changes.delayed { delayed[message.message.sequence] = message }
        for (cancellation, before) in changes.cancelled {
            delayed = delayed.filter { $0.value.cancellation != cancellation || $0.key >= before }
        }
        for sequence in changes.egressTaken { egress[sequence] = nil }
        for record in changes.egress { egress[record.sequence] = record }
        for sequence in changes.deadLettersGone { deadLetters[sequence] = nil }
        for letter in changes.deadLetters { deadLetters[letter.sequence] = letter }
        for key in changes.acceptedKeys { keys[Array(key.key.utf8)] = key.time }
    }

    mutating func forget(before time: WallTime) {
        keys = keys.filter { $0.value >= time }
        state = state.compactMapValues { values in
            let kept = values.filter { value in value.value.expires.map { $0 >= time } ?? true }
            return kept.isEmpty ? nil : kept
        }
    }

    var waiting: [WaitingMessages] {
        Dictionary(grouping: messages.values, by: \.target)
            .map { WaitingMessages(address: $0, count: $1.count, first: $1.map(\.sequence).min() ?? 0) }
            .sorted { $0.address < $1.address }
    }

    var recovered: RecoveredContents {
        RecoveredContents(
            lastSequence: lastSequence,
            registered: registered.sorted { ($0.functionType, $0.name) < ($1.functionType, $1.name) },
            waiting: waiting,
            egress: Dictionary(grouping: egress.values, by: \.topic).map { WaitingRecords(topic: $0, count: $1.count) }
                .sorted { $0.topic < $1.topic }
        )
    }
}

extension StoreModel {
    /// Reads everything of a store by every way there is, a few at a time.
    init(readingFrom store: some StateStore & WaitingStore, keys candidates: some Sequence<String>) async throws {
        let recovered = try await store.recover()
        lastSequence = recovered.lastSequence
        registered = recovered.registered.sorted { ($0.functionType, $0.name) < ($1.functionType, $1.name) }
        var address: RuntimeAddress?
        while true {
            let found = try await store.addresses(of: nil, after: address, limit: 7)
            guard let last = found.last else { break }
            for values in try await store.state(of: found) {
                for value in values { state[value.address, default: [:]][value.name] = value }
            }
            address = last
        }
        for waiting in recovered.waiting {
            var after: Int64 = 0
            while let last = try await read(
                &messages,
                store.messages(of: waiting.address, after: after, limit: 3, bytes: .max),
                by: \.sequence
            ) {
                after = last.sequence
            }
        }
        for topic in recovered.egress.map(\.topic) {
            var after: Int64 = 0
            while let last = try await read(&egress, store.egress(topic: topic, after: after, limit: 3, bytes: .max), by: \.sequence) {
                after = last.sequence
            }
        }
        var place: DelayedPlace?
        while let last = try await read(&delayed, store.delayed(after: place, limit: 3), by: \.message.sequence) {
            place = DelayedPlace(due: last.due, sequence: last.message.sequence)
        }
        var after: Int64 = 0
        while let last = try await read(&deadLetters, store.deadLetters(after: after, limit: 3), by: \.sequence) {
            after = last.sequence
        }
        for key in candidates where try await store.isAccepted(key) {
            keys[Array(key.utf8)] = WallTime(milliseconds: 0)
        }
    }

    private func read<Value>(_ kept: inout [Int64: Value], _ values: [Value], by sequence: (Value) -> Int64) -> Value? {
        for value in values { kept[sequence(value)] = value }
        return values.last
    }

    /// The times at which keys were accepted cannot be asked for.
    var withoutKeyTimes: StoreModel {
        var copy = self
        copy.keys = keys.mapValues { _ in WallTime(milliseconds: 0) }
        return copy
    }
}
