internal import RuntimeCore
internal import TransportCore

/// What becomes of a group that could not be stored.
extension PendingChanges {
    /// Takes out what has not happened if it is not stored: messages from outside, and that records are taken. Records that were promised
    /// with it are stored as all others are.
    /// - Returns: who else waits.
    mutating func withdraw(_ waiters: [RuntimeShard.CommitWaiter?]) -> [RuntimeShard.CommitWaiter?] {
        var left: [RuntimeShard.CommitWaiter?] = []
        var withdrawn = Withdrawn()
        for case let waiter? in waiters {
            switch waiter {
            case .stored:
                left.append(waiter)
            case .accepted(let message, _, let key, _):
                withdrawn.messages.append(message)
                if let key { withdrawn.keys.insert(ExactName(key)) }
            case .taken(let taken, let promised, _):
                withdrawn.taken.formUnion(taken.map(\.sequence))
                withdrawn.promised += promised
            }
        }
        withdraw(withdrawn)
        return left
    }

    /// What is taken out of a group, and what it was to keep out of it.
    struct Withdrawn {
        var messages: [StoredMessage] = []
        var keys: Set<ExactName> = []
        var taken: Set<Int64> = []
        var promised: [EgressRecord] = []
    }
}
