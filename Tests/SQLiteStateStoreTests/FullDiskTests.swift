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
