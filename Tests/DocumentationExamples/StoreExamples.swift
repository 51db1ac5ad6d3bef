import RuntimeCore
import SQLiteStateStore

/// The uses of `SQLiteStateStore`. What stands between `begin` and `end` is the text of its page.
enum StoreExamples {
    static func store(path: String) async throws -> [UInt8] {
        // begin store
        let store = try SQLiteStateStore(path: path)
        let contents = try await store.recover()  // what waits, what is registered

        let bob = RuntimeAddress(functionType: "com.example/greeter", id: "Bob")
        var changes = StoreChanges(lastSequence: contents.lastSequence + 1)
        changes.messages = [StoredMessage(sequence: changes.lastSequence, target: bob, invocation: [])]
        changes.state = [.set(StoredState(address: bob, name: "seen", value: [1]))]
        try await store.commit(changes)  // all of it is on the disk now

        let seen = try await store.state(of: [bob])[0]
        await store.close()
        // end store
        return seen.flatMap(\.value)
    }
}
