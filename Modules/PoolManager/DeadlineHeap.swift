internal import TransportCore

/// Instants with what they are for, the earliest first.
///
/// An entry whose subject has gone stays until its instant comes or ``removeAll(where:)`` sweeps, which keeps everything
/// that happens on every call constant: instants that mostly grow go in without being compared further than once.
struct DeadlineHeap<Subject> {
    private struct Entry {
        let instant: TransportInstant
        let subject: Subject
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }

    /// The earliest entry.
    var first: (instant: TransportInstant, subject: Subject)? {
        entries.first.map { ($0.instant, $0.subject) }
    }

    mutating func insert(_ subject: Subject, at instant: TransportInstant) {
        entries.append(Entry(instant: instant, subject: subject))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].instant < entries[parent].instant else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() {
        guard let last = entries.popLast(), !entries.isEmpty else { return }
        entries[0] = last
        sink(0)
    }

    mutating func removeAll(where isGone: (Subject) -> Bool) {
        entries.removeAll { isGone($0.subject) }
        for parent in stride(from: entries.count / 2 - 1, through: 0, by: -1) {
            sink(parent)
        }
    }

    private mutating func sink(_ index: Int) {
        var parent = index
        while true {
            var least = parent
            for child in 2 * parent + 1...2 * parent + 2 where child < entries.count && entries[child].instant < entries[least].instant {
                least = child
            }
            guard least != parent else { return }
            entries.swapAt(least, parent)
            parent = least
        }
    }
}
