import LocalRuntime
import RuntimeCore

/// Everything that a store holds for a few addresses and topics.
struct StoreSnapshot: Equatable {
    static let addresses = ["Ann", "Bob", "Zoë", ""].map { RuntimeAddress(functionType: "example/person", id: $0) }

    var lastSequence: Int64
    var registered: [RegisteredState]
    var waiting: Set<WaitingMessages>
    var messages: [[StoredMessage]] = []
    var states: [Set<StoredState>] = []
    var delayed: [DelayedMessage]
    var egress: [String: [EgressRecord]] = [:]
    var letters: [DeadLetter]

    init(_ store: InMemoryStateStore) async {
        let contents = await store.recover()
        lastSequence = contents.lastSequence
        registered = contents.registered
        waiting = Set(contents.waiting)
        delayed = await store.delayed(after: nil, limit: .max)
        letters = await store.deadLetters(after: 0, limit: .max)
        for address in Self.addresses {
            messages.append(await store.messages(of: address, after: 0, limit: .max))
            states.append(Set(await store.state(of: [address])[0]))
        }
        for topic in contents.egress.map(\.topic) {
            egress[topic] = await store.egress(topic: topic, after: 0, limit: .max)
        }
    }
}
