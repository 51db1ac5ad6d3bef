import RuntimeCore
import SQLiteStateStore
import TestSupport
import Testing

@Suite struct SQLiteStateStoreTests {
    private let folder: TemporaryDirectory
    private let path: String

    init() throws {
        folder = try TemporaryDirectory()
        path = folder.file("store.sqlite")
    }

    @Test("whatever is committed is there, by every way of reading, also after opening again", arguments: [1, 2, 3, 4] as [UInt64])
    func contents(seed: UInt64) async throws {
        var generator = RandomChanges(seed: seed)
        var model = StoreModel()
        var store = try SQLiteStateStore(path: path)
        for _ in 0..<12 {
            for _ in 0..<5 {
                let changes = generator.group(on: model)
                try await store.commit(changes)
                model.apply(changes)
            }
            if generator.number(4) == 0 {
                let time = WallTime(milliseconds: generator.number(400))
                try await store.forget(before: time)
                model.forget(before: time)
            }
            try await expect(store, toHold: model)
            if generator.number(3) == 0 {
                await store.close()
                store = try SQLiteStateStore(path: path)
                try await expect(store, toHold: model)
            }
        }
        await store.close()
    }

    private func expect(_ store: SQLiteStateStore, toHold model: StoreModel) async throws {
        let held = try await StoreModel(readingFrom: store, keys: RandomChanges.ids)
        var expected = model.withoutKeyTimes
        expected.registered.sort { ($0.functionType, $0.name) < ($1.functionType, $1.name) }
        #expect(held == expected)
        let recovered = try await store.recover()
        #expect(recovered.waiting.sorted { $0.address < $1.address } == model.waiting)
        #expect(recovered.egress == model.recovered.egress)
    }

    @Test("an empty store has nothing, and nothing of it waits")
    func empty() async throws {
        let store = try SQLiteStateStore(path: path)
        let unknown = RuntimeAddress(functionType: "example/person", id: "Bob")
        #expect(try await store.recover() == RecoveredContents())
        #expect(try await store.state(of: [unknown, unknown]) == [[], []])
        #expect(try await store.addresses(of: nil, after: nil, limit: 5).isEmpty)
        #expect(try await store.addresses(of: "example/person", after: unknown, limit: 5).isEmpty)
        #expect(try await store.messages(of: unknown, after: 0, limit: 5).isEmpty)
        #expect(try await !store.isAccepted(""))
        await store.close()
    }

    @Test("addresses that messages wait for come page by page, without what came after a message")
    func waitingPages() async throws {
        let store = try SQLiteStateStore(path: path)
        var changes = StoreChanges(lastSequence: 9)
        for (sequence, type, id) in [
            (1, "a/b", "y"), (2, "a/b", ""), (3, "a/b", "y"), (4, "a/b", "é"), (5, "a/c", "x"), (6, "a/b", "x"), (7, "a/b", "y"),
        ] {
            let target = RuntimeAddress(functionType: type, id: id)
            changes.messages.append(StoredMessage(sequence: Int64(sequence), target: target, invocation: [1]))
        }
        try await store.commit(changes)
        var found: [[WaitingMessages]] = []
        var last: String?
        repeat {
            found.append(try await store.waiting(of: "a/b", after: last, upTo: 6, limit: 2))
            last = found.last?.last?.address.id
        } while found.last?.isEmpty == false
        #expect(found.map { $0.map(\.address.id) } == [["", "x"], ["y", "é"], []])
        #expect(found.joined().map(\.count) == [1, 1, 2, 1])
        #expect(found.joined().map(\.first) == [2, 6, 1, 4])
        #expect(try await store.waiting(of: "a/b", after: nil, upTo: 0, limit: 2).isEmpty)
        #expect(try await store.waiting(of: "a/unknown", after: nil, upTo: 6, limit: 2).isEmpty)
        await store.close()
    }

    @Test(
        "messages that wait no more go, and none before, between and behind them",
        arguments: [
            [1, 2, 3], [3, 4, 5, 6], [7, 8, 9], [1, 2, 4, 5], [2, 9], [6, 5, 4, 3], [3, 4, 4, 5], [4, 5, 6, 99], [1, 2, 3, 7, 8, 9], [5],
        ]
    )
    func consumed(sequences: [Int64]) async throws {
        let store = try SQLiteStateStore(path: path)
        let addresses = ["Bo", "Bob", "Bobo"].map { RuntimeAddress(functionType: "example/person", id: $0) }
        var changes = StoreChanges(lastSequence: 9)
        // A sequence is of one address only, but nothing in the store depends on that.
        for address in addresses {
            changes.messages += (1...9).map { StoredMessage(sequence: $0, target: address, invocation: [1]) }
        }
        try await store.commit(changes)
        changes = StoreChanges(lastSequence: 9)
        changes.consumed = sequences.map { (addresses[1], $0) } + [(addresses[2], 1)]
        try await store.commit(changes)
        var left: [[Int64]] = []
        for address in addresses {
            left.append(try await store.messages(of: address, after: 0, limit: 99).map(\.sequence))
        }
        #expect(left == [Array(1...9), (1...9).filter { !sequences.contains($0) }, Array(2...9)])
        await store.close()
    }

    @Test(
        "no more is read than has so many bytes, but at least one",
        arguments: [(0, 1), (1, 1), (10, 1), (11, 2), (20, 2), (21, 3), (.max, 3)]
    )
    func bytes(limit: Int, count: Int) async throws {
        let store = try SQLiteStateStore(path: path)
        let bob = RuntimeAddress(functionType: "example/person", id: "Bob")
        let ten = [UInt8](repeating: 1, count: 10)
        var changes = StoreChanges(lastSequence: 6)
        changes.messages = (1...3).map { StoredMessage(sequence: $0, target: bob, invocation: ten) }
        changes.egress = (4...6).map { EgressRecord(sequence: $0, topic: "a", payload: ten) }
        try await store.commit(changes)
        #expect(try await store.messages(of: bob, after: 0, limit: 9, bytes: limit).map(\.sequence) == Array((1...3).prefix(count)))
        #expect(try await store.egress(topic: "a", after: 0, limit: 9, bytes: limit).map(\.sequence) == Array((4...6).prefix(count)))
        #expect(try await store.messages(of: bob, after: 3, limit: 9, bytes: limit).isEmpty)
        await store.close()
    }

    @Test("state comes in the order of the addresses that were asked for, with the address asked for")
    func stateOrder() async throws {
        let store = try SQLiteStateStore(path: path)
        let addresses = ["b", "a", "none"].map { RuntimeAddress(functionType: "example/person", id: $0) }
        var changes = StoreChanges(lastSequence: 1)
        for address in addresses.prefix(2) {
            changes.state.append(.set(StoredState(address: address, name: "count", value: Array(address.id.utf8))))
        }
        try await store.commit(changes)
        #expect(try await store.state(of: addresses).map { $0.map(\.value) } == [[Array("b".utf8)], [Array("a".utf8)], []])
        await store.close()
    }

    @Test("addresses are in the order of their bytes, and a page begins after the last one of the page before")
    func addressOrder() async throws {
        let store = try SQLiteStateStore(path: path)
        // Made in another order than that of their names, so that numbers in the file say nothing.
        let all = ["z/z", "a/b", "a/B"].flatMap { type in
            RandomChanges.ids.map { RuntimeAddress(functionType: type, id: $0) }
        }
        var changes = StoreChanges(lastSequence: 1)
        for address in all {
            for name in ["one", "two"] { changes.state.append(.set(StoredState(address: address, name: name, value: []))) }
        }
        try await store.commit(changes)
        let sorted = all.sorted()
        for start in [nil] + sorted.map(Optional.some) {
            let rest = sorted.filter { address in start.map { $0 < address } ?? true }
            #expect(try await store.addresses(of: nil, after: start, limit: 4) == Array(rest.prefix(4)))
            #expect(try await store.addresses(of: nil, after: start, limit: .max) == rest)
            #expect(
                try await store.addresses(of: "a/b", after: start, limit: .max) == rest.filter { $0.functionType == "a/b" }
            )
        }
        await store.close()
    }

    @Test("delayed messages of one time come in the order of their sequences, whatever their number")
    func delayedOrder() async throws {
        let store = try SQLiteStateStore(path: path)
        let target = RuntimeAddress(functionType: "example/person", id: "Bob")
        var changes = StoreChanges(lastSequence: 9)
        let places = [(5, 1), (5, 9), (-3, 7), (5, 3), (8, 2)].map {
            DelayedPlace(due: WallTime(milliseconds: $0), sequence: $1)
        }
        changes.delayed = places.map {
            DelayedMessage(due: $0.due, message: StoredMessage(sequence: $0.sequence, target: target, invocation: []))
        }
        try await store.commit(changes)
        let sorted = places.sorted()
        for start in [nil] + sorted.map(Optional.some) {
            let found = try await store.delayed(after: start, limit: 2).map { DelayedPlace(due: $0.due, sequence: $0.message.sequence) }
            #expect(found == Array(sorted.filter { place in start.map { $0 < place } ?? true }.prefix(2)))
        }
        await store.close()
    }

    @Test("a cancellation reaches only messages that were asked for before it, by a sender of that id")
    func cancellation() async throws {
        let store = try SQLiteStateStore(path: path)
        let target = RuntimeAddress(functionType: "example/person", id: "Bob")
        var changes = StoreChanges(lastSequence: 9)
        changes.delayed = [(1, "t", "a"), (2, "t", "b"), (3, "u", "a"), (4, "t", "a")].map {
            DelayedMessage(
                due: WallTime(milliseconds: 5),
                message: StoredMessage(sequence: $0, target: target, invocation: []),
                cancellation: DelayedMessage.Cancellation(token: $1, senderID: $2)
            )
        }
        try await store.commit(changes)
        var cancelling = StoreChanges(lastSequence: 9)
        cancelling.cancelled = [(DelayedMessage.Cancellation(token: "t", senderID: "a"), 4)]
        try await store.commit(cancelling)
        #expect(try await store.delayed(after: nil, limit: 9).map(\.message.sequence) == [2, 3, 4])
        await store.close()
    }

    @Test("what was accepted or has expired before a time is forgotten, however much it is, and nothing else")
    func forgetting() async throws {
        let store = try SQLiteStateStore(path: path)
        let address = RuntimeAddress(functionType: "example/person", id: "Bob")
        var changes = StoreChanges(lastSequence: 1)
        // More than is removed at a time.
        for number in 0..<1_200 {
            let time = WallTime(milliseconds: number < 1_100 ? 99 : 100)
            changes.acceptedKeys.append(AcceptedKey("\(number)", at: time))
            changes.state.append(.set(StoredState(address: address, name: "\(number)", value: [1], expires: time)))
        }
        changes.state.append(.set(StoredState(address: address, name: "for ever", value: [1])))
        try await store.commit(changes)
        try await store.forget(before: WallTime(milliseconds: 100))
        #expect(try await store.state(of: [address])[0].map(\.name) == (1_100..<1_200).map { "\($0)" } + ["for ever"])
        #expect(try await !store.isAccepted("1099"))
        #expect(try await store.isAccepted("1100"))
        await store.close()
    }

    @Test("a group that cannot be kept leaves nothing, and function types that it brought are given numbers again")
    func rollback() async throws {
        let store = try SQLiteStateStore(path: path)
        let address = RuntimeAddress(functionType: "example/person", id: "Bob")
        var changes = StoreChanges(lastSequence: 7)
        changes.state = [.set(StoredState(address: address, name: "count", value: [1]))]
        changes.messages = [StoredMessage(sequence: 3, target: address, invocation: [])]
        var twice = changes
        twice.messages += twice.messages
        await #expect { try await store.commit(twice) } throws: {
            ($0 as? StoreFailure)?.kind == .damaged
        }
        #expect(try await store.recover() == RecoveredContents())
        #expect(try await store.addresses(of: nil, after: nil, limit: 1).isEmpty)
        await store.close()
        let again = try SQLiteStateStore(path: path)
        try await again.commit(changes)
        #expect(try await again.state(of: [address])[0].map(\.value) == [[1]])
        #expect(try await again.recover().waiting == [WaitingMessages(address: address, count: 1, first: 3)])
        await again.close()
    }

    @Test("a commit that was begun is finished although its task has been cancelled")
    func cancelledTask() async throws {
        let store = try SQLiteStateStore(path: path)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            try await store.commit(StoreChanges(lastSequence: 5))
        }
        task.cancel()
        try await task.value
        #expect(try await store.recover().lastSequence == 5)
        await store.close()
    }

    @Test("each of many tasks sees what it has committed")
    func concurrency() async throws {
        let store = try SQLiteStateStore(path: path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    let address = RuntimeAddress(functionType: "example/\(worker % 3)", id: "\(worker)")
                    for round in 0..<20 as Range<UInt8> {
                        var changes = StoreChanges(lastSequence: Int64(round))
                        changes.state = [.set(StoredState(address: address, name: "round", value: [round]))]
                        try await store.commit(changes)
                        #expect(try await store.state(of: [address])[0].map(\.value) == [[round]])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.recover().lastSequence == 19)
        await store.close()
    }

    @Test("a commit that is told of by a function call is kept when it is")
    func begun() async throws {
        let store = try SQLiteStateStore(path: path)
        let changes = StoreChanges(lastSequence: 7)
        let failure = await withCheckedContinuation { continuation in
            store.begin(committing: changes) { continuation.resume(returning: $0) }
        }
        #expect(failure == nil)
        #expect(try await store.recover().lastSequence == 7)
        await store.close()
        let closed = await withCheckedContinuation { continuation in
            store.begin(committing: changes) { continuation.resume(returning: $0) }
        }
        #expect(closed?.kind == .closed)
    }

    @Test("a store that was closed says so")
    func closed() async throws {
        let store = try SQLiteStateStore(path: path)
        await store.close()
        await store.close()
        for attempt in [{ _ = try await store.recover() }, { try await store.commit(StoreChanges(lastSequence: 1)) }] {
            await #expect { try await attempt() } throws: {
                ($0 as? StoreFailure)?.kind == .closed
            }
        }
    }
}
