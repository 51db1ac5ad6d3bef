/// Lets the very first call for a function type go alone, so that what it registers is registered once; everybody else
/// of that type waits until it has succeeded.
struct FirstCallGate: Sendable {
    private enum State: Sendable {
        /// No call has succeeded, and none is in flight. Next: first.
        case untried
        /// The first call is in flight. Next: open, untried.
        case first(MailboxMachine.MailboxID)
        /// A call has succeeded. Final.
        case open
    }

    private var state = State.untried
    /// Mailboxes that wait for the first call to end.
    var line = MailboxLine()

    var isOpen: Bool {
        if case .open = state { true } else { false }
    }

    /// Whether a call may begin now.
    var admits: Bool {
        switch state {
        case .untried, .open: true
        case .first: false
        }
    }

    /// A call that the gate admits has begun.
    mutating func callBegan(_ mailbox: MailboxMachine.MailboxID) {
        if case .untried = state {
            state = .first(mailbox)
        }
    }

    /// A call has ended.
    mutating func callEnded(_ mailbox: MailboxMachine.MailboxID, succeeded: Bool) {
        if case .first(mailbox) = state {
            state = succeeded ? .open : .untried
        }
    }
}
