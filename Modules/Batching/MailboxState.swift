internal import TransportCore

/// What ``Mailboxes`` keeps under its lock. Nothing here resumes anybody or runs anything; that is what the
/// ``AfterLock`` is for, which every event returns.
struct MailboxState<Key: Hashable & Sendable, Item: Sendable, Answer: Sendable> {
    typealias Continuation = CheckedContinuation<Result<Answer, RequestReplyFailure>, Never>

    /// A batch that is to be called.
    struct Batch {
        let mailbox: MailboxMachine.MailboxID
        let key: Key
        let items: [Item]
        let handle: CallHandle
    }

    /// What is to be done once the lock has been released.
    struct AfterLock {
        var batches: [Batch] = []
        var cancelled: [CallHandle] = []
        var answers: [(Continuation, Result<Answer, RequestReplyFailure>)] = []
        var inFlight: [(functionType: String, change: Int)] = []
        var backlog: [(functionType: String, change: Int)] = []
        var blockedAddresses: [(functionType: String, change: Int)] = []
        var finished: [CheckedContinuation<Void, Never>] = []
    }

    private struct Address {
        let key: Key
        var call: CallHandle?
    }

    private struct Sender {
        var items: [Item]
        let continuation: Continuation
    }

    private var machine: MailboxMachine
    private var mailboxes: [Key: MailboxMachine.MailboxID] = [:]
    private var addresses: [MailboxMachine.MailboxID: Address] = [:]
    private var senders: [MailboxMachine.SubmissionID: Sender] = [:]
    private var groups = NameTable<MailboxMachine.GroupID>()
    private var functionTypes: [MailboxMachine.GroupID: String] = [:]
    private var nextGroup: UInt64 = 0
    private var waitingForEnd: [CheckedContinuation<Void, Never>] = []

    init(maxInFlight: Int) {
        machine = MailboxMachine(maxInFlight: maxInFlight)
    }

    var figures: MailboxFigures {
        MailboxFigures(
            addresses: addresses.count,
            callsInFlight: machine.callsInFlight,
            senders: senders.count,
            functionTypes: functionTypes.count
        )
    }

    mutating func submit(
        _ items: [Item],
        to key: Key,
        functionType: String,
        maxNumBatchRequests: Int,
        _ continuation: Continuation
    ) -> (placement: MailboxMachine.Placement?, AfterLock) {
        let group = groups[functionType] ?? MailboxMachine.GroupID(number: nextGroup)
        let known = mailboxes[key]
        let submitted = machine.submitted(items.count, to: known, of: group, maxNumBatchRequests: maxNumBatchRequests)
        guard let (placement, actions) = submitted else {
            var afterLock = AfterLock()
            afterLock.answers.append((continuation, .failure(Self.shutDown)))
            return (nil, afterLock)
        }
        if groups.updateValue(group, forName: functionType) == nil {
            functionTypes[group] = functionType
            nextGroup += 1
        }
        if known == nil {
            mailboxes[key] = placement.mailbox
            addresses[placement.mailbox] = Address(key: key)
        }
        senders[placement.submission] = Sender(items: items, continuation: continuation)
        return (placement, digest(actions))
    }

    mutating func cancel(_ placement: MailboxMachine.Placement) -> AfterLock {
        // One that has been answered in the meantime is not there any more.
        guard let sender = senders.removeValue(forKey: placement.submission) else { return AfterLock() }
        var afterLock = digest(machine.submissionCancelled(placement.submission, in: placement.mailbox))
        afterLock.answers.append((sender.continuation, .failure(Self.cancelled)))
        return afterLock
    }

    mutating func callEnded(_ mailbox: MailboxMachine.MailboxID, _ result: Result<Answer, RequestReplyFailure>) -> AfterLock {
        let succeeded = if case .success = result { true } else { false }
        return digest(machine.callEnded(mailbox, succeeded: succeeded), result)
    }

    mutating func shutDown(_ continuation: CheckedContinuation<Void, Never>) -> AfterLock {
        waitingForEnd.append(continuation)
        var afterLock = digest(machine.shutdownBegan())
        if machine.isFinished {
            afterLock.finished += waitingForEnd
            waitingForEnd = []
        }
        return afterLock
    }

    private mutating func digest(
        _ actions: [MailboxMachine.Action],
        _ result: Result<Answer, RequestReplyFailure>? = nil
    ) -> AfterLock {
        var afterLock = AfterLock()
        for action in actions {
            switch action {
            case .call(let mailbox, let submissions):
                begin(mailbox, submissions, &afterLock)
            case .cancelCall(let mailbox):
                if let call = addresses[mailbox]?.call {
                    afterLock.cancelled.append(call)
                }
            case .settle(_, let submissions):
                answer(submissions, with: result ?? .failure(Self.shutDown), &afterLock)
            case .refuse(let submissions):
                answer(submissions, with: .failure(Self.shutDown), &afterLock)
            case .hold, .release:
                // Every sender waits for its answer, held or not.
                break
            case .closeMailbox(let mailbox):
                forget(mailbox)
            case .closeGroup(let group):
                if let functionType = functionTypes.removeValue(forKey: group) {
                    groups[functionType] = nil
                }
            case .changeInFlight(let group, let change):
                functionTypes[group].map { afterLock.inFlight.append(($0, change)) }
            case .changeBacklog(let group, let change):
                functionTypes[group].map { afterLock.backlog.append(($0, change)) }
            case .changeBlockedAddresses(let group, let change):
                functionTypes[group].map { afterLock.blockedAddresses.append(($0, change)) }
            case .finish:
                afterLock.finished += waitingForEnd
                waitingForEnd = []
            }
        }
        return afterLock
    }

    private mutating func forget(_ mailbox: MailboxMachine.MailboxID) {
        guard let address = addresses.removeValue(forKey: mailbox) else { return }
        mailboxes[address.key] = nil
        // A table keeps the room that it once needed, such as for a million addresses in a moment of trouble.
        if addresses.isEmpty, addresses.capacity > 4_096 {
            addresses = [:]
            mailboxes = [:]
        }
    }

    private mutating func begin(
        _ mailbox: MailboxMachine.MailboxID,
        _ submissions: [MailboxMachine.SubmissionID],
        _ afterLock: inout AfterLock
    ) {
        guard let key = addresses[mailbox]?.key else { return }
        var items: [Item] = []
        for submission in submissions {
            items += senders[submission]?.items ?? []
            // The batch has them now.
            senders[submission]?.items = []
        }
        let handle = CallHandle()
        addresses[mailbox]?.call = handle
        afterLock.batches.append(Batch(mailbox: mailbox, key: key, items: items, handle: handle))
    }

    private mutating func answer(
        _ submissions: [MailboxMachine.SubmissionID],
        with result: Result<Answer, RequestReplyFailure>,
        _ afterLock: inout AfterLock
    ) {
        for submission in submissions {
            if let sender = senders.removeValue(forKey: submission) {
                afterLock.answers.append((sender.continuation, result))
            }
        }
    }

    static var cancelled: RequestReplyFailure {
        RequestReplyFailure(.cancelled, "the caller has cancelled")
    }

    private static var shutDown: RequestReplyFailure {
        RequestReplyFailure(.shutDown, "no further call is made because of the shutdown")
    }
}
