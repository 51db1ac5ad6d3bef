import Foundation
import GRDB
import RuntimeCore
import TestSupport
import Testing

@testable import SQLiteStateStore

@Suite struct WriteAheadLogTests {
    private let folder: TemporaryDirectory
    private let path: String

    init() throws {
        folder = try TemporaryDirectory()
        path = folder.file("store.sqlite")
    }

    private let limits = WriteAheadLog.Limits(worthMoving: 20, tooLong: 60)

    private var logPages: Int {
        get throws { try StoreContents.bytes(of: path + "-wal").count / 4_120 }
    }

    @Test("the log stays short while much is committed and read at the same time")
    func bounded() async throws {
        let store = try SQLiteStateStore(path: path, options: StoreOptions(log: limits))
        let reading = Task {
            while !Task.isCancelled {
                _ = try await store.recover()
                _ = try await store.state(of: (0..<50).map(StoreContents.address))
            }
        }
        for round in 0..<200 {
            try await store.commit(StoreContents.state(50, round: round))
            // A commit of 25,000 bytes of values changes fewer than 20 pages.
            #expect(try logPages <= 60 + 20)
        }
        reading.cancel()
        try await reading.value
        await store.close()
    }

    @Test("somebody who does not end reading makes the log longer and commits no slower; it begins anew afterwards")
    func longReading() async throws {
        let store = try SQLiteStateStore(path: path, options: StoreOptions(busySeconds: 0, log: limits))
        try await store.commit(StoreContents.state(50))
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: path, configuration: configuration)
        try other.inDatabase { database in
            try database.execute(sql: "BEGIN")
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM state") == 50)
        }
        for round in 1...40 { try await store.commit(StoreContents.state(50, round: round)) }
        let longest = try logPages
        #expect(longest > 200)
        try other.inDatabase { try $0.execute(sql: "ROLLBACK") }
        for round in 1...40 { try await store.commit(StoreContents.state(50, round: round)) }
        // The first one of them may still lengthen the log; all together would by hundreds of pages.
        #expect(try logPages <= longest + 60)
        try other.close()
        await store.close()
    }

    @Test("what was committed is there when the process ends without closing the store")
    func ending() async throws {
        let store = try SQLiteStateStore(path: path)
        var generator = RandomChanges(seed: 9)
        var model = StoreModel()
        for round in 0..<8 {
            let changes = generator.group(on: model)
            try await store.commit(changes)
            model.apply(changes)
            // What the files hold at this moment is what a process leaves behind that is killed.
            for ending in ["", "-wal"] {
                _ = try folder.write(try StoreContents.bytes(of: path + ending), to: "left-\(round).sqlite\(ending)")
            }
            let left = try SQLiteStateStore(path: folder.file("left-\(round).sqlite"))
            model.registered.sort { ($0.functionType, $0.name) < ($1.functionType, $1.name) }
            #expect(try await StoreModel(readingFrom: left, keys: RandomChanges.ids) == model.withoutKeyTimes)
            await left.close()
        }
        await store.close()
    }

    @Test("a group whose writing was cut off is not there, and the ones before it are")
    func cutOff() async throws {
        let store = try SQLiteStateStore(path: path)
        try await store.commit(StoreContents.state(3))
        let whole = try StoreContents.bytes(of: path + "-wal").count
        try await store.commit(StoreContents.messages(2..<30))
        let file = try StoreContents.bytes(of: path)
        let log = try StoreContents.bytes(of: path + "-wal")
        await store.close()
        var model = StoreModel()
        model.apply(StoreContents.state(3))
        for length in [whole, whole + 1, (whole + log.count) / 2, log.count - 1] {
            _ = try folder.write(file, to: "cut-\(length).sqlite")
            _ = try folder.write(log.prefix(length), to: "cut-\(length).sqlite-wal")
            let cut = try SQLiteStateStore(path: folder.file("cut-\(length).sqlite"))
            #expect(try await StoreModel(readingFrom: cut, keys: []) == model)
            await cut.close()
        }
    }
}
