import GRDB
import RuntimeCore
import TestSupport
import Testing

@testable import SQLiteStateStore

@Suite struct SchemaTests {
    private let folder: TemporaryDirectory
    private let path: String

    init() throws {
        folder = try TemporaryDirectory()
        path = folder.file("store.sqlite")
    }

    @Test("a store of each older version is opened with everything that it holds", arguments: 1..<Schema.current.version)
    func migration(version: Int64) async throws {
        let older = try SQLiteStateStore(
            path: path,
            options: StoreOptions(schema: Schema(steps: Array(Schema.current.steps.prefix(Int(version)))))
        )
        var generator = RandomChanges(seed: 5)
        var model = StoreModel()
        for _ in 0..<20 {
            let changes = generator.group(on: model)
            try await older.commit(changes)
            model.apply(changes)
        }
        await older.close()
        #expect(try objects().version == version)

        let newer = try SQLiteStateStore(path: path)
        let held = try await StoreModel(readingFrom: newer, keys: RandomChanges.ids)
        model.registered.sort { ($0.functionType, $0.name) < ($1.functionType, $1.name) }
        #expect(held == model.withoutKeyTimes)
        await newer.close()

        let fresh = folder.file("fresh.sqlite")
        await (try SQLiteStateStore(path: fresh)).close()
        #expect(try objects() == objects(of: fresh))
    }

    @Test("a store of a newer version is refused and stays as it is")
    func tooNew() async throws {
        let newer = try SQLiteStateStore(
            path: path,
            options: StoreOptions(schema: Schema(steps: Schema.current.steps + ["CREATE TABLE later (x)"]))
        )
        try await newer.commit(StoreContents.state(5))
        await newer.close()
        let bytes = try StoreContents.bytes(of: path)
        let failure = await storeFailure { _ = try SQLiteStateStore(path: path) }
        #expect(failure?.kind == .tooNew)
        #expect(failure?.message.contains("the store \(path) was written by a newer version of this program") == true)
        #expect(try StoreContents.bytes(of: path) == bytes)
    }

    @Test("a step that fails leaves the store as it was, with the steps before it undone too")
    func failingStep() async throws {
        try await StoreContents.write(StoreContents.state(5), to: path)
        let before = try objects()
        let broken = Schema(steps: Schema.current.steps + ["CREATE TABLE later (x)", "CREATE TABLE later (x)"])
        #expect(await storeFailure { _ = try SQLiteStateStore(path: path, options: StoreOptions(schema: broken)) } != nil)
        #expect(try objects() == before)
        let store = try SQLiteStateStore(path: path)
        #expect(try await store.addresses(of: nil, after: nil, limit: 9).count == 5)
        await store.close()
    }

    private struct Objects: Equatable {
        let version: Int64?
        let sql: [String?]
    }

    private func objects(of file: String? = nil) throws -> Objects {
        let database = try DatabaseQueue(path: file ?? path)
        defer { try? database.close() }
        return try database.read { database in
            Objects(
                version: try Int64.fetchOne(database, sql: "PRAGMA user_version"),
                sql: try Optional<String>.fetchAll(database, sql: "SELECT sql FROM sqlite_master ORDER BY name")
            )
        }
    }
}
