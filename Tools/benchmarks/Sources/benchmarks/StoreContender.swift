import RequestReply
import RuntimeCore
import SQLiteStateStore

/// Fills a store as a runtime with many addresses leaves it behind: each keeps the count of `example/counter`.
struct StoreContender: Measured {
    /// Where the file goes.
    let path: String
    let addresses: Int

    func window(_ seconds: Double) async throws -> Figures {
        let store = try SQLiteStateStore(path: path)
        var changes = StoreChanges(lastSequence: 0)
        changes.registered = [
            RegisteredState(functionType: "example/counter", name: "count", typename: "io.statefun.types/long", expiration: .never)
        ]
        let step = 10_000
        for first in stride(from: 0, to: addresses, by: step) {
            changes.state = (first..<min(first + step, addresses)).map { number in
                let address = RuntimeAddress(functionType: "example/counter", id: "\(number)")
                return .set(StoredState(address: address, name: "count", value: EncodedValue(.long(Int64(number))).bytes))
            }
            try await store.commit(changes)
            changes.registered = []
        }
        await store.close()
        return [:]
    }
}
