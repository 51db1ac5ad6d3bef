import Foundation
import RuntimeCore
import SQLiteStateStore

/// What tests put into stores that they damage, fill or migrate.
enum StoreContents {
    static let type = "example/person"

    static func address(_ number: Int) -> RuntimeAddress { RuntimeAddress(functionType: type, id: "\(number)") }

    /// A value of 500 bytes for each of so many addresses, another one in each round.
    static func state(_ addresses: Int, round: Int = 0) -> StoreChanges {
        var changes = StoreChanges(lastSequence: 1)
        changes.state = (0..<addresses).map {
            let value = [UInt8](repeating: UInt8(truncatingIfNeeded: $0 + round), count: 500)
            return .set(StoredState(address: address($0), name: "count", value: value))
        }
        return changes
    }

    /// So many messages of 1,000 bytes, to as many addresses.
    static func messages(_ sequences: Range<Int64>) -> StoreChanges {
        var changes = StoreChanges(lastSequence: sequences.upperBound - 1)
        changes.messages = sequences.map {
            StoredMessage(
                sequence: $0,
                target: address(Int($0)),
                invocation: [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 1_000)
            )
        }
        return changes
    }

    /// Makes a store with these contents, and closes it.
    static func write(_ changes: StoreChanges, to path: String) async throws {
        let store = try SQLiteStateStore(path: path)
        try await store.commit(changes)
        await store.close()
    }

    static func bytes(of path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
}

/// The failure that `body` ends with.
func storeFailure(_ body: () async throws -> Void) async -> StoreFailure? {
    do {
        try await body()
        return nil
    } catch {
        return error as? StoreFailure
    }
}
