import Foundation
import GRDB
import RuntimeCore
import TestSupport
import Testing

@testable import SQLiteStateStore

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct OpeningTests {
    private let folder: TemporaryDirectory
    private let path: String

    init() throws {
        folder = try TemporaryDirectory()
        path = folder.file("store.sqlite")
    }

    @Test("an empty file, and a database without tables, become a store", arguments: [true, false])
    func fresh(isEmpty: Bool) async throws {
        if isEmpty {
            _ = try folder.write("", to: "store.sqlite")
        } else {
            // As a process leaves it that ends while it makes a store.
            let database = try DatabaseQueue(path: path)
            _ = try await database.writeWithoutTransaction { try String.fetchOne($0, sql: "PRAGMA journal_mode = WAL") }
            try database.close()
            #expect(try StoreContents.bytes(of: path).count == 4_096)
        }
        let store = try SQLiteStateStore(path: path)
        #expect(try await store.recover() == RecoveredContents())
        await store.close()
    }

    @Test("a file that a process has left half made becomes a store")
    func halfMade() async throws {
        let half = folder.file("half.sqlite")
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let database = try DatabaseQueue(path: half, configuration: configuration)
        try database.inDatabase { database in
            // Has pages written to the file before the transaction ends.
            try database.execute(sql: "PRAGMA cache_size = 1; BEGIN; CREATE TABLE large (bytes)")
            for _ in 0..<20 { try database.execute(sql: "INSERT INTO large VALUES (zeroblob(10000))") }
        }
        for ending in ["", "-journal"] {
            let bytes = try StoreContents.bytes(of: half + ending)
            #expect(bytes.count > 512)
            _ = try folder.write(bytes, to: "store.sqlite" + ending)
        }
        try database.inDatabase { try $0.execute(sql: "ROLLBACK") }
        let store = try SQLiteStateStore(path: path)
        #expect(try await store.recover() == RecoveredContents())
        await store.close()
        #expect(try StoreContents.bytes(of: path).count < 200_000)
    }

    @Test("a file says that it is a store, and of which version")
    func identity() async throws {
        await (try SQLiteStateStore(path: path)).close()
        let database = try DatabaseQueue(path: path)
        let numbers = try await database.read { database in
            try ["application_id", "user_version"].map { try Int64.fetchOne(database, sql: "PRAGMA \($0)") }
        }
        try database.close()
        #expect(numbers == [Schema.applicationID, Schema.current.version])
    }

    @Test("what cannot be a file is refused")
    func noFile() async throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
        let cases = [
            (path, "it is a directory; name a file in it"), (folder.file("pipe"), "it is no regular file"),
            (folder.file("missing/store.sqlite"), "its folder exists"), ("", "its path is empty"), ("a\0b", "zero byte"),
        ]
        for (path, reason) in cases {
            let failure = await storeFailure { _ = try SQLiteStateStore(path: path) }
            #expect(failure?.kind == .unavailable)
            #expect(failure?.message.contains(reason) == true, "\(failure?.message ?? "opened")")
        }
    }

    @Test(
        "a file without the right to write it is refused, and stays as it is",
        .disabled(if: geteuid() == 0, "root may write every file")
    )
    func noRight() async throws {
        try await StoreContents.write(StoreContents.state(5), to: path)
        let bytes = try StoreContents.bytes(of: path)
        #expect(chmod(path, 0o400) == 0)
        #expect(await storeFailure { _ = try SQLiteStateStore(path: path) }?.kind == .unavailable)
        #expect(try StoreContents.bytes(of: path) == bytes)
    }

    @Test("names that SQLite takes for something else are names of files", arguments: [":memory:", "file:store?mode=memory"])
    func names(name: String) {
        #expect(StoreFile(name).path == "./" + name)
        #expect(StoreFile("/" + name).path == "/" + name)
    }

    @Test("while another program writes, nothing is committed, and later it is")
    func busy() async throws {
        let store = try SQLiteStateStore(path: path, options: StoreOptions(busySeconds: 0))
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: path, configuration: configuration)
        try other.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let failure = await storeFailure { try await store.commit(StoreContents.state(2)) }
        #expect(failure?.kind == .unavailable)
        #expect(failure?.message.contains("another program is using it") == true)
        try other.inDatabase { try $0.execute(sql: "ROLLBACK") }
        try await store.commit(StoreContents.state(2))
        #expect(try await store.addresses(of: nil, after: nil, limit: 9).count == 2)
        try other.close()
        await store.close()
    }
}
