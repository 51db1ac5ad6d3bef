internal import TransportCore

/// Callers in the order in which they came, each with the instant at which it is no use any more to serve it.
struct WaitingLine {
    typealias ID = SlotTable<Waiter>.ID

    struct Waiter: Chained {
        var link = ChainLink<Waiter>()
    }

    private var waiters = SlotTable<Waiter>()
    private var order = Chain<Waiter>()
    private var ends = DeadlineHeap<ID>()
    /// The first in line for whom no connection has been begun. Nor has one for those behind.
    private var firstUnserved: ID?

    var count: Int { order.count }
    var first: ID? { order.first }
    /// How many deadlines are kept, those of some who have left included.
    var endCount: Int { ends.count }
    /// The earliest deadline; it may be that of a caller who has left.
    var earliestEnd: TransportInstant? { ends.first?.instant }

    func contains(_ waiter: ID) -> Bool {
        waiters[waiter] != nil
    }

    /// An id for a caller who does not have to wait.
    mutating func passingID() -> ID {
        let waiter = waiters.insert(Waiter())
        waiters.remove(waiter)
        return waiter
    }

    mutating func join(deadline: TransportInstant) -> ID {
        let waiter = waiters.insert(Waiter())
        order.append(waiter, in: &waiters)
        firstUnserved = firstUnserved ?? waiter
        if deadline < .distantFuture {
            ends.insert(waiter, at: deadline)
            // Those who have left are swept out when they are the greater part, so that each costs little.
            if endCount > 2 * order.count + 64 {
                ends.removeAll { waiters[$0] == nil }
            }
        }
        return waiter
    }

    mutating func leave(_ waiter: ID) {
        if waiter == firstUnserved {
            firstUnserved = waiters[waiter]?.link.next
        }
        order.remove(waiter, in: &waiters)
        waiters.remove(waiter)
    }

    /// The caller for whom the next connection is begun, where `underWay` are being opened already.
    mutating func nextBeneficiary(underWay: Int) -> ID? {
        let beneficiary = underWay == 0 ? first : firstUnserved ?? first
        if let beneficiary, beneficiary == firstUnserved {
            firstUnserved = waiters[beneficiary]?.link.next
        }
        return beneficiary
    }

    /// Takes the next caller out whose deadline has come.
    mutating func leaveOverdue(at now: TransportInstant) -> ID? {
        while let (instant, waiter) = ends.first, instant <= now || !contains(waiter) {
            ends.removeFirst()
            if contains(waiter) {
                leave(waiter)
                return waiter
            }
        }
        return nil
    }
}
