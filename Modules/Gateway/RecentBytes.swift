internal import NIOCore
internal import TransportCore

/// Counts the bytes of long messages that have been received not long ago and whose calls have not ended.
///
/// A call that takes its time does not count for longer than that: beside slow functions messages are received at a steady rate, and nobody waits
/// for the end of their calls.
struct RecentBytes {
    /// Goes with what is counted.
    struct Ticket {
        fileprivate let number: Int
    }

    private struct Entry {
        let until: TransportInstant
        var count: Int
    }

    /// How long a call counts at most.
    let lifetime: Duration
    private(set) var count = 0
    /// In the order in which they stop counting.
    private var entries = CircularBuffer<Entry>()
    /// The number of the first entry.
    private var firstNumber = 0

    init(lifetime: Duration) {
        self.lifetime = lifetime
    }

    /// When the next one stops to count, where it does not end before.
    var nextExpiry: TransportInstant? { entries.first?.until }

    mutating func add(_ bytes: Int, at now: TransportInstant) -> Ticket {
        // So that there are never more of them than have come in that time.
        expire(at: now)
        count += bytes
        entries.append(Entry(until: now.advanced(by: lifetime), count: bytes))
        return Ticket(number: firstNumber + entries.count - 1)
    }

    /// A call has ended.
    mutating func remove(_ ticket: Ticket) {
        guard ticket.number >= firstNumber else { return }
        let index = entries.index(entries.startIndex, offsetBy: ticket.number - firstNumber)
        count -= entries[index].count
        entries[index].count = 0
        while entries.first?.count == 0 { removeFirst() }
    }

    /// Forgets those that have counted for long enough.
    mutating func expire(at now: TransportInstant) {
        while let first = entries.first, first.until <= now {
            count -= first.count
            removeFirst()
        }
    }

    private mutating func removeFirst() {
        entries.removeFirst()
        firstNumber += 1
    }
}
