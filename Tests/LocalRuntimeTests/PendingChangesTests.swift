import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

@Suite struct PendingChangesTests {
    private let bob = RuntimeAddress(functionType: "example/person", id: "Bob")
    private let token = DelayedMessage.Cancellation(token: "t", senderID: "Bob")

    private func message(_ sequence: Int64, bytes: Int = 10) -> StoredMessage {
        StoredMessage(sequence: sequence, target: bob, invocation: Array(repeating: 1, count: bytes))
    }

    private func letter(_ sequence: Int64) -> DeadLetter {
        DeadLetter(
            sequence: sequence,
            time: WallTime(milliseconds: 0),
            address: bob,
            content: .batch([[1, 2, 3], [4]]),
            cause: "it does not work",
            attempts: 1
        )
    }

    private func record(_ sequence: Int64, _ topic: String) -> EgressRecord {
        EgressRecord(sequence: sequence, topic: topic, payload: [1, 2, 3])
    }

    @Test("egress records can be taken out again, from the first one of each topic on")
    func withdrawn() {
        var pending = PendingChanges()
        let records = [record(1, "a"), record(2, "a"), record(3, "b"), record(4, "a"), record(5, "a")]
        for record in records { pending.add(record) }
        var runs: [[Int64]] = []
        pending.withdrawEgress { run in
            runs.append(run.map(\.sequence))
            return run.first?.topic == "a" ? 1 : 0
        }
        #expect(runs == [[1, 2], [3], [4, 5]])
        #expect(pending.byteCount == 9)
        #expect(pending.take(lastSequence: 5).egress.map(\.sequence) == [2, 3, 5])
        pending.withdrawEgress { _ in
            Issue.record("there is nothing to take out")
            return 0
        }
    }

    @Test("where records come back, none is taken out: they come before")
    func notWithdrawn() {
        var pending = PendingChanges()
        pending.add(record(7, "a"))
        pending.putBack(record(1, "a"))
        pending.withdrawEgress { $0.count }
        #expect(pending.take(lastSequence: 7).egress.map(\.sequence) == [7, 1])
        pending.add(record(8, "a"))
        pending.withdrawEgress { $0.count }
        #expect(pending.byteCount == 0)
    }

    @Test("what comes and goes is never stored")
    func comesAndGoes() {
        var pending = PendingChanges()
        #expect(pending.isEmpty)
        pending.add(message(1))
        pending.consume([message(1)])
        let soon = DelayedMessage(due: WallTime(milliseconds: 5), message: message(2))
        pending.add(soon)
        pending.sent(soon)
        pending.add(DelayedMessage(due: WallTime(milliseconds: 5), message: message(3), cancellation: token))
        pending.cancel(token, before: 4)
        pending.add(letter(5))
        pending.deadLetterGone(5)
        #expect(!pending.isEmpty)
        #expect(pending.byteCount == 0)
        var expected = StoreChanges(lastSequence: 7)
        expected.cancelled = [(token, 4)]
        #expect(pending.take(lastSequence: 7) == expected)
        #expect(pending.isEmpty)
    }

    @Test("what the store has already is taken away from it")
    func storedBefore() {
        var pending = PendingChanges()
        let soon = DelayedMessage(due: WallTime(milliseconds: 5), message: message(2))
        pending.consume([message(1)])
        pending.sent(soon)
        pending.deadLetterGone(3)
        pending.taken(EgressRecord(sequence: 4, topic: "greetings", payload: [1]))
        var expected = StoreChanges(lastSequence: 4)
        expected.consumed = [(bob, 1)]
        expected.delayedGone = [2]
        expected.deadLettersGone = [3]
        expected.egressTaken = [4]
        #expect(pending.take(lastSequence: 4) == expected)
        #expect(pending.byteCount == 0)
    }

    @Test("a token takes back what was sent before it, and not what is sent afterwards")
    func takenBack() {
        var pending = PendingChanges()
        pending.add(DelayedMessage(due: WallTime(milliseconds: 5), message: message(1), cancellation: token))
        pending.cancel(token, before: 2)
        let later = DelayedMessage(due: WallTime(milliseconds: 5), message: message(3), cancellation: token)
        pending.add(later)
        let other = DelayedMessage.Cancellation(token: "t", senderID: "Ann")
        let others = DelayedMessage(due: WallTime(milliseconds: 5), message: message(4), cancellation: other)
        pending.add(others)
        pending.cancel(other, before: 4)
        let changes = pending.take(lastSequence: 4)
        #expect(Set(changes.delayed) == [later, others])
        #expect(Set(changes.cancelled.map(\.before)) == [2, 4])
    }

    @Test("of several changes of a value only the last one is stored, and counts")
    func lastValue() {
        var pending = PendingChanges()
        for size in [100, 1_000, 10] {
            pending.set(StoredState(address: bob, name: "seen", value: Array(repeating: 0, count: size)))
            #expect(pending.byteCount == size)
        }
        pending.clear("other", of: bob)
        pending.clear("seen", of: bob)
        #expect(pending.byteCount == 0)
        #expect(Set(pending.take(lastSequence: 1).state) == [.clear(bob, name: "other"), .clear(bob, name: "seen")])
    }

    /// How much a group of changes holds.
    private static func byteCount(of changes: StoreChanges) -> Int {
        var count = changes.messages.reduce(0) { $0 + $1.invocation.count }
        count += changes.delayed.reduce(0) { $0 + $1.message.invocation.count }
        count += changes.egress.reduce(0) { $0 + $1.payload.count }
        for change in changes.state {
            if case .set(let state) = change { count += state.value.count }
        }
        for letter in changes.deadLetters {
            switch letter.content {
            case .batch(let messages): count += messages.reduce(0) { $0 + $1.count }
            case .egress(_, let bytes): count += bytes.count
            }
        }
        return count
    }

    @Test("a group that could not be stored and what came after it leave the same behind as one", arguments: 0..<20 as Range<UInt64>)
    func failing(seed: UInt64) async {
        var changes = RandomChanges(seed: seed)
        let (alone, together) = (InMemoryStateStore(), InMemoryStateStore())
        var pending = PendingChanges()
        var failing: StoreChanges?
        for _ in 0..<600 {
            let change = changes.next()
            var single = PendingChanges()
            change(&single)
            change(&pending)
            await alone.commit(single.take(lastSequence: changes.sequence))
            guard Int.random(in: 0..<8, using: &changes.random) == 0 else { continue }
            if let failed = failing.take() {
                pending.precede(by: failed)
                var copy = pending
                let group = copy.take(lastSequence: changes.sequence)
                #expect(pending.byteCount == Self.byteCount(of: group))
                #expect(Set(group.messages.map(\.sequence)).isDisjoint(with: group.consumed.map(\.sequence)))
                #expect(Set(group.delayed.map(\.message.sequence)).isDisjoint(with: group.delayedGone))
                #expect(Set(group.deadLetters.map(\.sequence)).isDisjoint(with: group.deadLettersGone))
                guard Bool.random(using: &changes.random) else {
                    // Again in vain.
                    failing = pending.take(lastSequence: changes.sequence)
                    continue
                }
                await together.commit(group)
                pending = copy
                changes.stored()
                #expect(await StoreSnapshot(alone) == StoreSnapshot(together))
            } else {
                failing = pending.take(lastSequence: changes.sequence)
            }
        }
    }

    @Test("what has not happened where a group is not stored is taken out of it, and what was promised with it is put in")
    func withdrawnGroup() {
        var pending = PendingChanges()
        for sequence in 1...3 as ClosedRange<Int64> { pending.add(message(sequence)) }
        pending.accepted(AcceptedKey("a", at: WallTime(milliseconds: 1)))
        pending.accepted(AcceptedKey("b", at: WallTime(milliseconds: 1)))
        pending.taken(record(4, "x"))
        pending.taken(record(5, "x"))
        pending.add(record(7, "x"))
        var withdrawn = PendingChanges.Withdrawn()
        withdrawn.messages = [message(2)]
        withdrawn.keys = [ExactName("a")]
        withdrawn.taken = [5]
        withdrawn.promised = [record(6, "x")]
        pending.withdraw(withdrawn)
        #expect(pending.byteCount == 26)
        let changes = pending.take(lastSequence: 7)
        #expect(changes.messages.map(\.sequence) == [1, 3])
        #expect(changes.acceptedKeys.map(\.key) == ["b"])
        #expect(changes.egressTaken == [4])
        #expect(changes.egress.map(\.sequence) == [6, 7])
    }

    @Test("changes that are stored in groups leave the same behind as those that are stored one by one", arguments: 0..<20 as Range<UInt64>)
    func random(seed: UInt64) async {
        var changes = RandomChanges(seed: seed)
        let (alone, together) = (InMemoryStateStore(), InMemoryStateStore())
        var pending = PendingChanges()
        for _ in 0..<400 {
            let change = changes.next()
            var single = PendingChanges()
            change(&single)
            change(&pending)
            await alone.commit(single.take(lastSequence: changes.sequence))
            var copy = pending
            #expect(pending.byteCount == Self.byteCount(of: copy.take(lastSequence: 0)))
            guard Int.random(in: 0..<12, using: &changes.random) == 0 else { continue }
            await together.commit(pending.take(lastSequence: changes.sequence))
            changes.stored()
            #expect(await StoreSnapshot(alone) == StoreSnapshot(together))
        }
    }
}

/// Makes up changes as a runtime does: in the order of their sequences, and only of what is there.
private struct RandomChanges {
    typealias Change = (inout PendingChanges) -> Void

    var random: SeededRandom
    private(set) var sequence: Int64 = 0
    private var messages: [StoredMessage] = []
    private var delayed: [DelayedMessage] = []
    private var letters: [DeadLetter] = []
    private var emitted: [EgressRecord] = []
    /// Only what is stored can be taken.
    private var records: [EgressRecord] = []

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    mutating func stored() {
        records += emitted
        emitted = []
    }

    private mutating func bytes() -> [UInt8] {
        Array(repeating: 7, count: Int.random(in: 0...20, using: &random))
    }

    private mutating func address() -> RuntimeAddress {
        StoreSnapshot.addresses[Int.random(in: StoreSnapshot.addresses.indices, using: &random)]
    }

    private mutating func message() -> StoredMessage {
        sequence += 1
        return StoredMessage(sequence: sequence, target: address(), invocation: bytes())
    }

    private mutating func remove<Element>(from list: WritableKeyPath<RandomChanges, [Element]>) -> Element? {
        guard let index = self[keyPath: list].indices.randomElement(using: &random) else { return nil }
        return self[keyPath: list].remove(at: index)
    }

    mutating func next() -> Change {
        switch Int.random(in: 0..<12, using: &random) {
        case 0:
            let state = StoredState(
                address: address(),
                name: Bool.random(using: &random) ? "a" : "b",
                value: bytes(),
                expires: Bool.random(using: &random) ? WallTime(milliseconds: 3) : nil
            )
            return { $0.set(state) }
        case 1:
            let address = address()
            return { $0.clear("a", of: address) }
        case 2, 3:
            let message = message()
            messages.append(message)
            return { $0.add(message) }
        case 4:
            guard let message = remove(from: \.messages) else { return next() }
            return { $0.consume([message]) }
        case 5, 6:
            let cancellation = DelayedMessage.Cancellation(token: "t\(Int.random(in: 0..<4, using: &random))", senderID: "Bob")
            let due = WallTime(milliseconds: Int64.random(in: 0..<100, using: &random))
            let message = DelayedMessage(due: due, message: message(), cancellation: Bool.random(using: &random) ? cancellation : nil)
            delayed.append(message)
            return { $0.add(message) }
        case 7:
            guard let message = remove(from: \.delayed) else { return next() }
            return { $0.sent(message) }
        case 8:
            guard let cancellation = delayed.compactMap(\.cancellation).randomElement(using: &random) else { return next() }
            sequence += 1
            let before = sequence
            delayed.removeAll { $0.cancellation == cancellation }
            return { $0.cancel(cancellation, before: before) }
        case 9:
            sequence += 1
            let record = EgressRecord(sequence: sequence, topic: Bool.random(using: &random) ? "x" : "y", payload: bytes())
            emitted.append(record)
            return { $0.add(record) }
        case 10:
            guard let record = remove(from: \.records) else { return next() }
            return { $0.taken(record) }
        default:
            if Bool.random(using: &random), let letter = remove(from: \.letters) {
                return { $0.deadLetterGone(letter.sequence) }
            }
            sequence += 1
            let content: DeadLetter.Content = Bool.random(using: &random) ? .batch([bytes(), bytes()]) : .egress("a/b", bytes())
            let letter = DeadLetter(
                sequence: sequence,
                time: WallTime(milliseconds: 1),
                address: address(),
                content: content,
                cause: "no",
                attempts: 2
            )
            letters.append(letter)
            return { $0.add(letter) }
        }
    }
}
