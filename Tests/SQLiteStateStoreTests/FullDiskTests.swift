import RuntimeCore
import TestSupport
import Testing

@testable import SQLiteStateStore

@Suite struct FullDiskTests {
    /// Commits groups of 20 messages until there is no room for one.
    /// - Returns: the model of what was kept, and the group that was not.
    private func fill(_ store: SQLiteStateStore) async throws -> (StoreModel, StoreChanges) {
        var model = StoreModel()
        for start in stride(from: 1 as Int64, to: 100_000, by: 20) {
            let changes = StoreContents.messages(start..<start + 20)
            let failure = await storeFailure { try await store.commit(changes) }
            guard let failure else {
                model.apply(changes)
                continue
            }
            #expect(failure.kind == .full)
            #expect(failure.message.contains("no room is left"))
            return (model, changes)
        }
        throw TinyFileSystem.NotPossible()
    }

    private func expect(_ store: SQLiteStateStore, toHold model: StoreModel) async throws {
        #expect(try await StoreModel(readingFrom: store, keys: []) == model)
    }

    @Test(
        "on a full disk a group is kept not at all, and the same one is kept when there is room again, also across a restart",
        .enabled(if: TinyFileSystem.isPossible, "needs the right to mount a file system"),
        arguments: [false, true]
    )
    func disk(restarting: Bool) async throws {
        let disk = try TinyFileSystem(bytes: 1_048_576)
        let path = disk.file("store.sqlite")
        var store = try SQLiteStateStore(path: path)
        try disk.fill("ballast", leaving: 524_288)
        var (model, refused) = try await fill(store)
        #expect(!model.messages.isEmpty)
        try await expect(store, toHold: model)
        #expect(await storeFailure { try await store.commit(refused) }?.kind == .full)
        if restarting {
            await store.close()
            store = try SQLiteStateStore(path: path)
            try await expect(store, toHold: model)
        }
        disk.remove("ballast")
        try await store.commit(refused)
        model.apply(refused)
        try await expect(store, toHold: model)
        await store.close()
        let again = try SQLiteStateStore(path: path)
        try await expect(again, toHold: model)
        await again.close()
    }

    @Test(
        "what comes and goes does not fill a small disk, where the log alone could",
        .enabled(if: TinyFileSystem.isPossible, "needs the right to mount a file system")
    )
    func smallDisk() async throws {
        let disk = try TinyFileSystem(bytes: 3 << 20)
        let store = try SQLiteStateStore(path: disk.file("store.sqlite"))
        // Some 12 MB of log.
        for number in 1...2_000 as ClosedRange<Int64> {
            var changes = StoreContents.messages(number..<number + 1)
            changes.consumed = [(StoreContents.address(Int(number - 1)), number - 1)]
            try await store.commit(changes)
        }
        #expect(try await store.recover().waiting.count == 1)
        await store.close()
    }

    @Test(
        "on a full disk what waits can be worked off, and that makes room for more, also after a restart",
        .enabled(if: TinyFileSystem.isPossible, "needs the right to mount a file system"),
        arguments: [(disk: 6 << 20, message: 20_000), (disk: 3 << 20, message: 1_000), (disk: 8 << 20, message: 200_000)]
    )
    func workingOff(disk size: Int, message bytes: Int) async throws {
        let disk = try TinyFileSystem(bytes: size)
        let path = disk.file("store.sqlite")
        var store = try SQLiteStateStore(path: path)
        func message(_ number: Int64) -> StoreChanges {
            var changes = StoreChanges(lastSequence: number)
            changes.messages = [
                StoredMessage(sequence: number, target: StoreContents.address(Int(number)), invocation: Array(repeating: 1, count: bytes))
            ]
            return changes
        }
        var waiting: [Int64] = []
        while await storeFailure({ try await store.commit(message(Int64(waiting.count + 1))) }) == nil {
            waiting.append(Int64(waiting.count + 1))
        }
        // Of the smallest messages, most of what is stored are pages that are half full.
        #expect(waiting.count * bytes > size / 6, "\(waiting.count)")
        for number in waiting {
            if number == Int64(waiting.count / 2) {
                await store.close()
                store = try SQLiteStateStore(path: path)
            }
            var done = StoreChanges(lastSequence: number)
            done.consumed = [(StoreContents.address(Int(number)), number)]
            // As a function makes it: a little state, and a record.
            done.state = [.set(StoredState(address: StoreContents.address(Int(number % 9)), name: "seen", value: [1, 2], expires: nil))]
            done.egress = [EgressRecord(sequence: 1_000_000 + number, topic: "greetings", payload: Array(repeating: 2, count: 100))]
            let failure = await storeFailure { try await store.commit(done) }
            #expect(failure == nil, "\(number) of \(waiting.count)")
        }
        #expect(await storeFailure { try await store.commit(message(2_000_000)) } == nil)
        await store.close()
    }

    @Test(
        "a store is made on a full disk when there is room again",
        .enabled(if: TinyFileSystem.isPossible, "needs the right to mount a file system")
    )
    func making() async throws {
        let disk = try TinyFileSystem(bytes: 262_144)
        try disk.fill("ballast")
        let path = disk.file("store.sqlite")
        #expect(await storeFailure { _ = try SQLiteStateStore(path: path) }?.kind == .full)
        disk.remove("ballast")
        let store = try SQLiteStateStore(path: path)
        try await store.commit(StoreContents.state(1))
        await store.close()
    }

    @Test("where the file may not grow, what is done makes room for what is new")
    func room() async throws {
        let folder = try TemporaryDirectory()
        let store = try SQLiteStateStore(path: folder.file("store.sqlite"), options: StoreOptions(maximumPages: 100))
        var (model, refused) = try await fill(store)
        try await expect(store, toHold: model)
        var done = StoreChanges(lastSequence: model.lastSequence)
        done.consumed = model.messages.values.prefix(40).map { ($0.target, $0.sequence) }
        try await store.commit(done)
        model.apply(done)
        try await store.commit(refused)
        model.apply(refused)
        try await expect(store, toHold: model)
        await store.close()
    }
}
