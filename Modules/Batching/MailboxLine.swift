/// Mailboxes that wait for the same thing, first come first served.
///
/// A mailbox that closes stays in line until its turn or the next sweep; ids are never given out again.
struct MailboxLine: Sendable {
    typealias ID = MailboxMachine.MailboxID

    private var ids: [ID] = []
    private var head = 0
    private var goneCount = 0

    /// How many places are taken up, those of some that have gone included.
    var storedCount: Int { ids.count - head }

    mutating func append(_ id: ID) {
        ids.append(id)
    }

    /// - Parameter isThere: whether a mailbox has not been closed.
    mutating func popFirst(where isThere: (ID) -> Bool) -> ID? {
        while head < ids.count {
            let id = ids[head]
            head += 1
            if head == ids.count {
                ids = []
                head = 0
            } else if head > 64, head > ids.count / 2 {
                ids.removeFirst(head)
                head = 0
            }
            if isThere(id) {
                return id
            }
            goneCount -= 1
        }
        return nil
    }

    /// A mailbox in line has been closed.
    mutating func closed(where isThere: (ID) -> Bool) {
        goneCount += 1
        if goneCount > 64, goneCount > storedCount / 2 {
            ids = ids[head...].filter(isThere)
            head = 0
            goneCount = 0
        }
    }
}
