import Foundation
import GRDB
import RuntimeCore
import SQLiteStateStore
import TestSupport
import Testing

@Suite struct DamageTests {
    private let folder: TemporaryDirectory
    private let path: String

    init() throws {
        folder = try TemporaryDirectory()
        path = folder.file("store.sqlite")
    }

    /// Ways in which a file stops being a store.
    enum Harm: CaseIterable {
        case firstBytes, header, tables, halfOfIt, lastByte, firstPageOnly, fewBytes, text, otherApplication, withoutContents

        func doTo(_ bytes: inout Data) {
            switch self {
            case .firstBytes: bytes.replaceSubrange(0..<16, with: Data(repeating: 0, count: 16))
            case .header: bytes.replaceSubrange(0..<100, with: Data(repeating: 0xA5, count: 100))
            case .tables: bytes.replaceSubrange(100..<4_096, with: Data(repeating: 0xA5, count: 3_996))
            case .halfOfIt: bytes.removeLast(bytes.count / 2 / 4_096 * 4_096)
            case .lastByte: bytes.removeLast()
            case .firstPageOnly: bytes = bytes.prefix(4_096)
            case .fewBytes: bytes = bytes.prefix(50)
            case .text: bytes = Data("greetings: 5\n".utf8)
            case .otherApplication: bytes[71] ^= 1
            case .withoutContents: bytes = Data(repeating: 0, count: 8_192)
            }
        }
    }

    @Test("a file that is no whole store is reported when it is opened, and stays as it is", arguments: Harm.allCases)
    func opening(harm: Harm) async throws {
        try await StoreContents.write(StoreContents.state(200), to: path)
        var bytes = try StoreContents.bytes(of: path)
        harm.doTo(&bytes)
        _ = try folder.write(bytes, to: "store.sqlite")
        let failure = await storeFailure { _ = try SQLiteStateStore(path: path) }
        #expect(failure?.kind == .damaged)
        #expect(failure?.message.contains("the store \(path) is damaged: ") == true)
        #expect(try StoreContents.bytes(of: path) == bytes)
    }

    @Test("damage that shows when values are read is reported then, nothing is committed any more, and the file stays as it is")
    func state() async throws {
        try await StoreContents.write(StoreContents.state(2_000), to: path)
        var bytes = try StoreContents.bytes(of: path)
        let middle = bytes.count / 2 / 4_096 * 4_096
        bytes.replaceSubrange(middle..<middle + 20_480, with: Data(repeating: 0xA5, count: 20_480))
        _ = try folder.write(bytes, to: "store.sqlite")

        let store = try SQLiteStateStore(path: path)
        #expect(try await store.recover().lastSequence == 1)
        var failures: [StoreFailure] = []
        var values = 0
        for number in 0..<2_000 {
            let address = StoreContents.address(number)
            do {
                let state = try await store.state(of: [address])
                values += 1
                #expect(state[0].map(\.value) == [[UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 500)])
            } catch {
                failures.append(error)
            }
        }
        #expect(values > 1_000)
        #expect(!failures.isEmpty)
        #expect(failures.allSatisfy { $0.kind == .damaged && $0.message.contains(path) })
        #expect(await storeFailure { try await store.commit(StoreContents.messages(5..<6)) }?.kind == .damaged)
        await store.close()
        #expect(try StoreContents.bytes(of: path) == bytes)
    }

    @Test("damage where messages wait is reported by recovering, and the file stays as it is")
    func messages() async throws {
        try await StoreContents.write(StoreContents.messages(1..<300), to: path)
        var bytes = try StoreContents.bytes(of: path)
        let middle = bytes.count / 2 / 4_096 * 4_096
        bytes.replaceSubrange(middle..<middle + 40_960, with: Data(repeating: 0, count: 40_960))
        _ = try folder.write(bytes, to: "store.sqlite")

        let store = try SQLiteStateStore(path: path)
        let failure = await storeFailure { _ = try await store.recover() }
        #expect(failure?.kind == .damaged)
        await store.close()
        #expect(try StoreContents.bytes(of: path) == bytes)
    }

    @Test("a database of another program is not touched")
    func otherProgram() async throws {
        let other = try DatabaseQueue(path: path)
        try await other.write { try $0.execute(sql: "CREATE TABLE greeting (text)") }
        try other.close()
        let bytes = try StoreContents.bytes(of: path)
        let failure = await storeFailure { _ = try SQLiteStateStore(path: path) }
        #expect(failure?.kind == .damaged)
        #expect(failure?.message.contains("it is a file of another program") == true)
        #expect(try StoreContents.bytes(of: path) == bytes)
    }

    @Test("a log whose file is missing or empty is kept", arguments: [true, false])
    func logOnly(isEmpty: Bool) async throws {
        let store = try SQLiteStateStore(path: path)
        try await store.commit(StoreContents.state(5))
        let log = try StoreContents.bytes(of: path + "-wal")
        await store.close()
        try FileManager.default.removeItem(atPath: path)
        if isEmpty { _ = try folder.write(Data(), to: "store.sqlite") }
        _ = try folder.write(log, to: "store.sqlite-wal")
        let failure = await storeFailure { _ = try SQLiteStateStore(path: path) }
        #expect(failure?.kind == .damaged)
        #expect(failure?.message.contains("store.sqlite-wal is there") == true)
        #expect(try StoreContents.bytes(of: path + "-wal") == log)
    }
}
