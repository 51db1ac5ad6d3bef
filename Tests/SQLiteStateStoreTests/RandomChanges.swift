import RuntimeCore
import TestSupport

/// Groups of changes as a runtime makes them, of what a model holds and of new things.
struct RandomChanges {
    var random: SeededRandom
    private var sequence: Int64 = 0

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    /// Ids of which some differ only by what text functions overlook.
    static let ids = ["", "\0", "a\0b", "a", "Ren\u{E9}", "Rene\u{301}", "\u{1F600}", "'; DROP TABLE state; --", "\u{FEFF}", "10", "9"]
    static let types = ["example/person", "example/Person", "example/Ren\u{E9}", "example/Rene\u{301}", "z/\0", "a/b"]
    static let topics = ["greetings", "", "a\0b", "a"]

    mutating func group(on model: StoreModel) -> StoreChanges {
        var changes = StoreChanges(lastSequence: sequence)
        for type in Self.types where chance(10) && model.registered.count < 40 {
            let expirations: [RegisteredState.Expiration] = [
                .never, .afterWrite(milliseconds: number(1_000)), .afterInvocation(milliseconds: .max),
            ]
            changes.registered.append(
                RegisteredState(
                    functionType: type,
                    name: "v\(model.registered.count)-\(changes.registered.count)",
                    typename: "example/\0",
                    expiration: expirations[Int(number(3))]
                )
            )
        }
        // One change for each value: the same address and name may not come twice.
        var changed: Set<[String]> = []
        for _ in 0..<number(12) {
            let address = address()
            let name = ["", "count", "seen\0"][Int(number(3))]
            guard changed.insert([address.functionType, address.id, name].map { "\(Array($0.utf8))" }).inserted else { continue }
            let expires = chance(50) ? nil : WallTime(milliseconds: number(1_000))
            changes.state.append(
                chance(30) ? .clear(address, name: name) : .set(StoredState(address: address, name: name, value: bytes(), expires: expires))
            )
        }
        // As calls take them: several of an address one after the other; and in other orders.
        let few = chance(50)
        let byAddress = chance(70)
        changes.consumed = model.messages.values.sorted { $0.sequence < $1.sequence }.filter { _ in chance(few ? 40 : 80) }
            .map { ($0.target, $0.sequence) }
        if byAddress {
            changes.consumed.sort { ($0.address, $0.sequence) < ($1.address, $1.sequence) }
        }
        changes.delayedGone = model.delayed.keys.sorted().filter { _ in chance(20) }
        changes.egressTaken = model.egress.keys.sorted().filter { _ in chance(30) }
        changes.deadLettersGone = model.deadLetters.keys.sorted().filter { _ in chance(30) }
        for _ in 0..<number(10) { changes.messages.append(message()) }
        for _ in 0..<number(6) {
            changes.delayed.append(
                DelayedMessage(
                    due: WallTime(milliseconds: number(5) - 2),
                    message: message(),
                    cancellation: chance(50) ? nil : cancellation()
                )
            )
        }
        for _ in 0..<number(2) { changes.cancelled.append((cancellation(), next())) }
        for _ in 0..<number(8) {
            changes.egress.append(EgressRecord(sequence: next(), topic: Self.topics[Int(number(4))], payload: bytes()))
        }
        for _ in 0..<number(2) {
            let content: DeadLetter.Content =
                chance(50) ? .egress("", bytes()) : .batch((0..<number(4)).map { _ in bytes() })
            changes.deadLetters.append(
                DeadLetter(
                    sequence: next(),
                    time: WallTime(milliseconds: number(9)),
                    address: address(),
                    content: content,
                    cause: "c\0d",
                    attempts: Int(number(9))
                )
            )
        }
        for _ in 0..<number(3) {
            changes.acceptedKeys.append(AcceptedKey(Self.ids[Int(number(11))], at: WallTime(milliseconds: number(1_000))))
        }
        changes.lastSequence = sequence
        return changes
    }

    mutating func number(_ bound: Int64) -> Int64 { Int64.random(in: 0..<bound, using: &random) }

    private mutating func chance(_ percent: Int64) -> Bool { number(100) < percent }

    private mutating func next() -> Int64 {
        sequence += 1
        return sequence
    }

    private mutating func address() -> RuntimeAddress {
        RuntimeAddress(functionType: Self.types[Int(number(6))], id: Self.ids[Int(number(11))])
    }

    private mutating func message() -> StoredMessage {
        StoredMessage(sequence: next(), target: address(), invocation: bytes())
    }

    private mutating func cancellation() -> DelayedMessage.Cancellation {
        DelayedMessage.Cancellation(token: Self.ids[Int(number(4))], senderID: Self.ids[Int(number(4))])
    }

    /// Sometimes none, sometimes more than a page of the file.
    private mutating func bytes() -> [UInt8] {
        let count = chance(10) ? 0 : chance(10) ? number(20_000) : number(120)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
}
