import LocalRuntime
import NIOCore
import NIOPosix
import RuntimeCore
import Testing

@Suite struct InMemoryStateStoreTests {
    private let bob = RuntimeAddress(functionType: "example/person", id: "Bob")
    private let ann = RuntimeAddress(functionType: "example/person", id: "Ann")

    private func message(_ sequence: Int64, to target: RuntimeAddress) -> StoredMessage {
        StoredMessage(sequence: sequence, target: target, invocation: [UInt8(sequence)])
    }

    private func value(_ name: String, of address: RuntimeAddress, expires: Int64? = nil) -> StateChange {
        .set(StoredState(address: address, name: name, value: [1], expires: expires.map { WallTime(milliseconds: $0) }))
    }

    @Test("an empty store has nothing")
    func empty() async {
        let store = InMemoryStateStore()
        #expect(await store.recover() == RecoveredContents())
        #expect(await store.state(of: [bob]) == [[]])
        #expect(await store.messages(of: bob, after: 0, limit: 10).isEmpty)
    }

    @Test(
        "a commit that is told of by a function call is kept when it is, on the loop of the store and elsewhere",
        arguments: [true, false]
    )
    func begun(onLoop: Bool) async {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let store = InMemoryStateStore(on: loop)
        let failure = await withCheckedContinuation { continuation in
            let commit = { @Sendable in
                store.begin(committing: StoreChanges(lastSequence: 7)) { continuation.resume(returning: $0) }
            }
            if onLoop {
                loop.execute(commit)
            } else {
                commit()
            }
        }
        #expect(failure == nil)
        #expect(await store.recover().lastSequence == 7)
    }

    @Test("messages wait in their order until they are consumed")
    func messages() async {
        let store = InMemoryStateStore()
        var changes = StoreChanges(lastSequence: 5)
        changes.messages = [5, 2, 3].map { message($0, to: bob) } + [message(4, to: ann)]
        changes.registered = [RegisteredState(functionType: "example/person", name: "seen", typename: "a/b", expiration: .never)]
        await store.commit(changes)
        let recovered = await store.recover()
        #expect(recovered.lastSequence == 5)
        #expect(recovered.registered == changes.registered)
        #expect(Set(recovered.waiting) == [.init(address: bob, count: 3, first: 2), .init(address: ann, count: 1, first: 4)])
        #expect(await store.messages(of: bob, after: 2, limit: 1).map(\.sequence) == [3])
        var done = StoreChanges(lastSequence: 6)
        done.consumed = [(bob, 2), (bob, 3), (bob, 5), (ann, 99)]
        await store.commit(done)
        #expect(await store.recover().waiting == [.init(address: ann, count: 1, first: 4)])
    }

    @Test("addresses that messages wait for come page by page, without what came after a message")
    func waitingPages() async throws {
        let store = InMemoryStateStore()
        var changes = StoreChanges(lastSequence: 9)
        for (sequence, type, id) in [
            (1, "a/b", "y"), (2, "a/b", ""), (3, "a/b", "y"), (4, "a/b", "é"), (5, "a/c", "x"), (6, "a/b", "x"), (7, "a/b", "y"),
        ] {
            let target = RuntimeAddress(functionType: type, id: id)
            changes.messages.append(StoredMessage(sequence: Int64(sequence), target: target, invocation: [1]))
        }
        await store.commit(changes)
        var found: [[WaitingMessages]] = []
        var last: String?
        repeat {
            found.append(await store.waiting(of: "a/b", after: last, upTo: 6, limit: 2))
            last = found.last?.last?.address.id
        } while found.last?.isEmpty == false
        #expect(found.map { $0.map(\.address.id) } == [["", "x"], ["y", "é"], []])
        #expect(found.joined().map(\.count) == [1, 1, 2, 1])
        #expect(found.joined().map(\.first) == [2, 6, 1, 4])
        #expect(await store.waiting(of: "a/b", after: nil, upTo: 0, limit: 2).isEmpty)
        #expect(await store.waiting(of: "a/unknown", after: nil, upTo: 6, limit: 2).isEmpty)
    }

    @Test("delayed messages come in the order of their times, page by page, and go by token")
    func delayed() async {
        let store = InMemoryStateStore()
        let token = DelayedMessage.Cancellation(token: "t", senderID: "Bob")
        var changes = StoreChanges(lastSequence: 9)
        changes.delayed = [(1, 30), (2, 10), (3, 10), (4, 20)].map { sequence, due in
            DelayedMessage(due: WallTime(milliseconds: due), message: message(sequence, to: bob), cancellation: sequence == 3 ? nil : token)
        }
        await store.commit(changes)
        let first = await store.delayed(after: nil, limit: 2)
        #expect(first.map(\.message.sequence) == [2, 3])
        let place = first.last.map { DelayedPlace(due: $0.due, sequence: $0.message.sequence) }
        #expect(await store.delayed(after: place, limit: 9).map(\.message.sequence) == [4, 1])
        var more = StoreChanges(lastSequence: 10)
        // What is sent with the token from sequence 4 on stays.
        more.cancelled = [(token, 4)]
        more.delayedGone = [3]
        await store.commit(more)
        #expect(await store.delayed(after: nil, limit: 9).map(\.message.sequence) == [4])
    }

    @Test("records wait by topic until they are taken")
    func egress() async {
        let store = InMemoryStateStore()
        var changes = StoreChanges(lastSequence: 3)
        changes.egress = [(3, "a"), (1, "a"), (2, "b")].map { EgressRecord(sequence: $0, topic: $1, payload: []) }
        await store.commit(changes)
        #expect(await store.recover().egress == [("a", 2), ("b", 1)].map(WaitingRecords.init))
        var taken = StoreChanges(lastSequence: 4)
        taken.egressTaken = [1, 2, 77]
        await store.commit(taken)
        #expect(await store.recover().egress == [WaitingRecords(topic: "a", count: 1)])
        #expect(await store.egress(topic: "a", after: 0, limit: 5).map(\.sequence) == [3])
        #expect(await store.egress(topic: "a", after: 3, limit: 5).isEmpty)
    }

    @Test(
        "no more is read than has so many bytes, but at least one",
        arguments: [(0, 1), (1, 1), (10, 1), (11, 2), (20, 2), (21, 3), (.max, 3)]
    )
    func bytes(limit: Int, count: Int) async {
        let store = InMemoryStateStore()
        let bob = RuntimeAddress(functionType: "example/person", id: "Bob")
        let ten = [UInt8](repeating: 1, count: 10)
        var changes = StoreChanges(lastSequence: 6)
        changes.messages = (1...3).map { StoredMessage(sequence: $0, target: bob, invocation: ten) }
        changes.egress = (4...6).map { EgressRecord(sequence: $0, topic: "a", payload: ten) }
        await store.commit(changes)
        #expect(await store.messages(of: bob, after: 0, limit: 9, bytes: limit).map(\.sequence) == Array((1...3).prefix(count)))
        #expect(await store.egress(topic: "a", after: 0, limit: 9, bytes: limit).map(\.sequence) == Array((4...6).prefix(count)))
        #expect(await store.messages(of: bob, after: 3, limit: 9, bytes: limit).isEmpty)
    }

    @Test("values are listed by address, and forgotten with keys when their time is over")
    func values() async {
        let store = InMemoryStateStore()
        var changes = StoreChanges(lastSequence: 1)
        changes.state = [
            value("a", of: bob), value("b", of: bob, expires: 50), value("a", of: ann, expires: 99), .clear(ann, name: "none"),
        ]
        changes.acceptedKeys = [AcceptedKey("old", at: WallTime(milliseconds: 99)), AcceptedKey("new", at: WallTime(milliseconds: 100))]
        await store.commit(changes)
        #expect(await store.addresses(of: nil, after: nil, limit: 9) == [ann, bob])
        #expect(await store.addresses(of: "example/person", after: ann, limit: 9) == [bob])
        #expect(await store.addresses(of: "example/other", after: nil, limit: 9).isEmpty)
        await store.forget(before: WallTime(milliseconds: 100))
        #expect(await store.addresses(of: nil, after: nil, limit: 9) == [bob])
        #expect(await store.state(of: [bob, ann]).map { $0.map(\.name) } == [["a"], []])
        #expect(await store.isAccepted("new"))
        #expect(await !store.isAccepted("old"))
        var cleared = StoreChanges(lastSequence: 2)
        cleared.state = [.clear(bob, name: "a")]
        await store.commit(cleared)
        #expect(await store.addresses(of: nil, after: nil, limit: 9).isEmpty)
    }

    @Test("dead letters are kept until they are replayed or dropped")
    func deadLetters() async {
        let store = InMemoryStateStore()
        var changes = StoreChanges(lastSequence: 2)
        changes.deadLetters = [2, 1].map {
            DeadLetter(sequence: $0, time: WallTime(milliseconds: 0), address: bob, content: .batch([]), cause: "no", attempts: 1)
        }
        await store.commit(changes)
        #expect(await store.deadLetters(after: 0, limit: 1).map(\.sequence) == [1])
        var gone = StoreChanges(lastSequence: 3)
        gone.deadLettersGone = [1]
        await store.commit(gone)
        #expect(await store.deadLetters(after: 0, limit: 9).map(\.sequence) == [2])
    }
}
