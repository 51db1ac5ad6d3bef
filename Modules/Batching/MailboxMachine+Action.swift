extension MailboxMachine {
    /// Names the mailbox of an address from its first submission until nothing is left of it. Never given out again.
    public struct MailboxID: Hashable, Comparable, Sendable {
        public let number: UInt64

        public init(number: UInt64) {
            self.number = number
        }

        public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
    }

    /// Names what one sender submitted. Never given out again; later ones have higher numbers.
    public struct SubmissionID: Hashable, Comparable, Sendable {
        public let number: UInt64

        public init(number: UInt64) {
            self.number = number
        }

        public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
    }

    /// Names a function type. Whoever uses the machine gives these out.
    public struct GroupID: Hashable, Sendable {
        public let number: UInt64

        public init(number: UInt64) {
            self.number = number
        }
    }

    /// Where a submission was put.
    public struct Placement: Hashable, Sendable {
        public let mailbox: MailboxID
        public let submission: SubmissionID

        public init(mailbox: MailboxID, submission: SubmissionID) {
            self.mailbox = mailbox
            self.submission = submission
        }
    }

    /// What is to be done. Where an event asks for several things, they are done in their order.
    public enum Action: Hashable, Sendable {
        /// Begin the call of an address with these submissions, of which there is at least one, and report `callEnded` once.
        case call(MailboxID, [SubmissionID])
        /// Nobody waits for the call in flight any more: end it. Its end is still to be reported.
        case cancelCall(MailboxID)
        /// The call that these were part of has ended: hand its outcome to their senders, who have not left.
        case settle(MailboxID, [SubmissionID])
        /// The sender has to wait before it sends anything else to this address.
        case hold(SubmissionID)
        /// These senders, who were held, can go on.
        case release([SubmissionID])
        /// These are not sent any more, because of the shutdown.
        case refuse([SubmissionID])
        /// Nothing is left for this address: forget its id.
        case closeMailbox(MailboxID)
        /// Nothing is left for this function type, and nothing has to be remembered of it: forget its id.
        case closeGroup(GroupID)
        /// The calls in flight have become more or fewer.
        case changeInFlight(GroupID, by: Int)
        /// The invocations that wait, those of held senders included, have become more or fewer.
        case changeBacklog(GroupID, by: Int)
        /// The addresses with a held sender have become more or fewer.
        case changeBlockedAddresses(GroupID, by: Int)
        /// The machine has been shut down and no call is in flight.
        case finish
    }
}
