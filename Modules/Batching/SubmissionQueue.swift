/// Submissions in the order in which they came. One can be taken out of the middle, which costs constant time but for
/// finding it (logarithmic).
struct SubmissionQueue: Sendable {
    struct Entry: Sendable {
        let id: MailboxMachine.SubmissionID
        /// How many invocations it consists of.
        let invocations: Int
        /// Whether its sender was told to wait.
        var isHeld: Bool
        /// Whether it was taken out; its place goes with the next sweep.
        fileprivate var isGone = false

        init(id: MailboxMachine.SubmissionID, invocations: Int, isHeld: Bool) {
            self.id = id
            self.invocations = invocations
            self.isHeld = isHeld
        }
    }

    /// In the order of their ids. The one at `head`, where there is one, is not gone.
    private var entries: [Entry] = []
    private var head = 0
    private(set) var count = 0
    /// The invocations of all of them.
    private(set) var invocations = 0

    var isEmpty: Bool { count == 0 }
    /// How many places are taken up, those of some that have gone included.
    var storedCount: Int { entries.count }
    var first: Entry? { isEmpty ? nil : entries[head] }

    var ids: [MailboxMachine.SubmissionID] {
        entries[head...].compactMap { $0.isGone ? nil : $0.id }
    }

    /// - Parameter entry: is younger than all others.
    mutating func append(_ entry: Entry) {
        entries.append(entry)
        count += 1
        invocations += entry.invocations
    }

    mutating func popFirst() -> Entry? {
        guard let entry = first else { return nil }
        entries[head].isGone = true
        took(entry)
        return entry
    }

    mutating func remove(_ id: MailboxMachine.SubmissionID) -> Entry? {
        var low = head
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].id < id {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard low < entries.count, entries[low].id == id, !entries[low].isGone else { return nil }
        entries[low].isGone = true
        let entry = entries[low]
        took(entry)
        return entry
    }

    private mutating func took(_ entry: Entry) {
        count -= 1
        invocations -= entry.invocations
        if count == 0 {
            // An array of its own is not worth keeping: most mailboxes are empty most of the time.
            entries = []
            head = 0
            return
        }
        while entries[head].isGone {
            head += 1
        }
        if storedCount > 2 * count + 16 {
            entries.removeAll { $0.isGone }
            head = 0
        }
    }
}
