public import NIOCore
public import NIOPosix
public import RuntimeCore
internal import TransportCore

/// Keeps what a runtime must not lose for as long as the process lives.
public actor InMemoryStateStore: StateStore, WaitingStore {
    private struct Value {
        var value: [UInt8]
        var expires: WallTime?
    }

    /// Something that is changed where it is, however many others are kept beside it.
    private final class Kept<Content: Sendable> {
        var content: Content

        init(_ content: Content) { self.content = content }
    }

    private var states: [RuntimeAddress: Kept<NameTable<Value>>] = [:]
    private var waiting: [RuntimeAddress: Kept<SequencedRecords<StoredMessage>>] = [:]
    private var delayed: [Int64: DelayedMessage] = [:]
    /// Which delayed messages can be taken back by a token.
    private var delayedByToken: [DelayedMessage.Cancellation: Set<Int64>] = [:]
    private var topics = NameTable<Kept<SequencedRecords<EgressRecord>>>()
    private var topicOfRecord: [Int64: String] = [:]
    private var letters: [Int64: DeadLetter] = [:]
    private var keys = NameTable<WallTime>()
    private var registered: [RegisteredState] = []
    private var lastSequence: Int64 = 0

    private nonisolated let loop: any EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    /// - Parameter loop: where everything of the store happens. That of its runtime saves changes of threads.
    public init(on loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.any()) {
        self.loop = loop
    }

    public func recover() -> RecoveredContents {
        RecoveredContents(
            lastSequence: lastSequence,
            registered: registered,
            waiting: waiting.map { WaitingMessages(address: $0, count: $1.content.count, first: $1.content.first ?? 0) },
            egress: topics.sorted().map { WaitingRecords(topic: $0.name, count: $0.value.content.count) }
        )
    }

    public func commit(_ changes: StoreChanges) {
        lastSequence = changes.lastSequence
        registered += changes.registered
        for change in changes.state {
            switch change {
            case .set(let state):
                let value = Value(value: state.value, expires: state.expires)
                if let known = states[state.address] {
                    known.content.updateValue(value, forName: state.name)
                } else {
                    states[state.address] = Kept([state.name: value])
                }
            case .clear(let address, let name):
                guard let known = states[address] else { continue }
                known.content.removeValue(forName: name)
                if known.content.isEmpty {
                    states[address] = nil
                }
            }
        }
        // By index here and below: what a loop hands out is a copy, and each copy counts several references.
        for index in changes.messages.indices {
            let target = changes.messages[index].target
            let messages = waiting[target] ?? Kept(SequencedRecords())
            if messages.content.isEmpty {
                waiting[target] = messages
            }
            messages.content.insert(changes.messages[index], at: changes.messages[index].sequence)
        }
        for index in changes.consumed.indices {
            guard let messages = waiting[changes.consumed[index].address] else { continue }
            messages.content.remove(changes.consumed[index].sequence)
            if messages.content.isEmpty {
                waiting[changes.consumed[index].address] = nil
            }
        }
        commitDelayed(changes)
        commitEgress(changes)
        for letter in changes.deadLetters {
            letters[letter.sequence] = letter
        }
        for sequence in changes.deadLettersGone {
            letters[sequence] = nil
        }
        for key in changes.acceptedKeys {
            keys[key.key] = key.time
        }
    }

    public nonisolated func begin(committing changes: StoreChanges, _ completion: @escaping @Sendable (StoreFailure?) -> Void) {
        guard loop.inEventLoop else {
            return loop.execute { self.begin(committing: changes, completion) }
        }
        assumeIsolated { $0.commit(changes) }
        completion(nil)
    }

    private func commitDelayed(_ changes: StoreChanges) {
        for message in changes.delayed {
            delayed[message.message.sequence] = message
            if let cancellation = message.cancellation {
                delayedByToken[cancellation, default: []].insert(message.message.sequence)
            }
        }
        for sequence in changes.delayedGone {
            removeDelayed(sequence)
        }
        for (cancellation, sequence) in changes.cancelled {
            for earlier in delayedByToken[cancellation] ?? [] where earlier < sequence {
                removeDelayed(earlier)
            }
        }
    }

    private func removeDelayed(_ sequence: Int64) {
        guard let cancellation = delayed.removeValue(forKey: sequence)?.cancellation else { return }
        delayedByToken[cancellation]?.remove(sequence)
        if delayedByToken[cancellation]?.isEmpty == true {
            delayedByToken[cancellation] = nil
        }
    }

    private func commitEgress(_ changes: StoreChanges) {
        for index in changes.egress.indices {
            let (name, sequence) = (changes.egress[index].topic, changes.egress[index].sequence)
            let topic = topics[name] ?? Kept(SequencedRecords())
            if topic.content.isEmpty {
                topics[name] = topic
            }
            topic.content.insert(changes.egress[index], at: sequence)
            topicOfRecord[sequence] = name
        }
        for sequence in changes.egressTaken {
            guard let name = topicOfRecord.removeValue(forKey: sequence), let topic = topics[name] else { continue }
            topic.content.remove(sequence)
            if topic.content.isEmpty {
                topics[name] = nil
            }
        }
    }

    public func state(of addresses: [RuntimeAddress]) -> [[StoredState]] {
        addresses.map { address in
            (states[address]?.content ?? [:]).map { StoredState(address: address, name: $0, value: $1.value, expires: $1.expires) }
        }
    }

    public func addresses(of functionType: String?, after address: RuntimeAddress?, limit: Int) -> [RuntimeAddress] {
        let all = states.keys.filter { candidate in
            (functionType.map { $0.utf8.elementsEqual(candidate.functionType.utf8) } ?? true) && (address.map { candidate > $0 } ?? true)
        }
        return Array(all.sorted().prefix(limit))
    }

    public func forget(before time: WallTime) {
        keys = keys.filter { $0.value >= time }
        for (address, values) in states {
            let left = values.content.filter { $0.value.expires.map { $0 >= time } ?? true }
            if left.isEmpty {
                states[address] = nil
            } else if left.count < values.content.count {
                values.content = left
            }
        }
    }

    public func close() {}

    public func waiting(of functionType: String, after id: String?, upTo sequence: Int64, limit: Int) -> [WaitingMessages] {
        let place = id.map { RuntimeAddress(functionType: functionType, id: $0) }
        let addresses = waiting.keys.filter { candidate in
            functionType.hasSameBytes(as: candidate.functionType) && (place.map { candidate > $0 } ?? true)
        }
        return addresses.sorted().lazy.compactMap { address in
            let messages = self.waiting[address]?.content.upTo(sequence) ?? []
            return messages.first.map { WaitingMessages(address: address, count: messages.count, first: $0) }
        }.prefix(limit).map { $0 }
    }

    public func messages(of address: RuntimeAddress, after sequence: Int64, limit: Int, bytes: Int = .max) -> [StoredMessage] {
        Self.first(bytes, of: waiting[address]?.content.after(sequence, limit: limit)) { $0.invocation.count }
    }

    public func delayed(after place: DelayedPlace?, limit: Int) -> [DelayedMessage] {
        let places = delayed.values.map { DelayedPlace(due: $0.due, sequence: $0.message.sequence) }
        return places.filter { next in place.map { next > $0 } ?? true }.sorted().prefix(limit).compactMap { delayed[$0.sequence] }
    }

    public func egress(topic: String, after sequence: Int64, limit: Int, bytes: Int = .max) -> [EgressRecord] {
        Self.first(bytes, of: topics[topic]?.content.after(sequence, limit: limit)) { $0.payload.count }
    }

    private static func first<Record>(_ bytes: Int, of records: [Record]?, _ size: (Record) -> Int) -> [Record] {
        guard let records else { return [] }
        var sum = 0
        var end = 0
        while end < records.count, end == 0 || sum < bytes {
            sum += size(records[end])
            end += 1
        }
        return end == records.count ? records : Array(records[..<end])
    }

    public func isAccepted(_ key: String) -> Bool { keys[key] != nil }

    public func deadLetters(after sequence: Int64, limit: Int) -> [DeadLetter] {
        Array(letters.values.filter { $0.sequence > sequence }.sorted { $0.sequence < $1.sequence }.prefix(limit))
    }
}
