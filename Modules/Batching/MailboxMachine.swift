/// Decides which invocations leave together and when, and which senders wait. A value without keys, invocations, time or
/// tasks: mailboxes and submissions are ids, so it serves a program of tasks and one of event loops alike.
///
/// - An address has one call in flight at most. What comes meanwhile waits, in order, and leaves as one batch when the
///   call has ended; what comes while there is none leaves at once, alone. A batch is never empty.
/// - `maxNumBatchRequests` (HTTP Function Endpoint, "Max Batch Requests") limits the invocations that are collected for
///   an address; those in flight do not count. When the next submission would exceed it, its sender is held, and so is
///   everybody who comes after it to this address, until the batch has left. Zero or less means no limit. A
///   submission of several invocations always leaves in one batch, so one that is larger than the limit leaves alone.
/// - No more calls are in flight than the limit for all addresses. Above it, addresses wait in line with all who send
///   to them; the others go on. An address that has had its call goes to the end of the line.
/// - Until a first call for a function type has succeeded, its calls go one at a time, so that what the function
///   registers is registered once. Where it fails, the next address in line tries.
/// - What nobody waits for any more is not called, and a call in flight that nobody waits for is cancelled.
///
/// ```
///              ┌───────────────── callEnded, more waits ──────────────────┐
///              ▼                                                          │
/// first ─► ready ── room, and the gate of its function type admits it ─► calling ── callEnded, nothing waits ─► gone
///          │   ▲
///          ▼   │ first call ended       every sender left: ready ─► gone, gated ─► gone
///          gated
/// ```
public struct MailboxMachine: Sendable {
    private struct Group {
        var gate = FirstCallGate()
        var mailboxCount = 0
    }

    private let maxInFlight: Int
    private var mailboxes: [MailboxID: Mailbox] = [:]
    private var groups: [GroupID: Group] = [:]
    /// The mailboxes that are ready. Where it is not empty, no further call may be in flight.
    private var line = MailboxLine()
    private var nextMailbox: UInt64 = 0
    private var nextSubmission: UInt64 = 0
    private var isShutDown = false

    /// How many calls are in flight.
    public private(set) var callsInFlight = 0

    /// - Parameter maxInFlight: calls that may be in flight at a time, for all addresses together; 1 at least.
    public init(maxInFlight: Int) {
        self.maxInFlight = max(1, maxInFlight)
    }

    /// How many addresses have a call in flight or something that waits. Nothing is kept for any other.
    public var mailboxCount: Int { mailboxes.count }

    /// How many function types have such an address, or have answered.
    public var groupCount: Int { groups.count }

    /// Whether the machine has been shut down and no call is in flight.
    public var isFinished: Bool { isShutDown && callsInFlight == 0 }

    // MARK: Events

    /// A sender has submitted some invocations that are to leave together.
    /// - Parameters:
    ///   - invocations: how many, 1 at least.
    ///   - mailbox: the mailbox of the address; `nil` where there is none now.
    ///   - group: the function type of the address; the same for every submission to a mailbox.
    ///   - maxNumBatchRequests: the limit for the address; that of the submission which opened the mailbox counts.
    /// - Returns: where they were put, and what is to be done; `nil` after ``shutdownBegan()``.
    public mutating func submitted(
        _ invocations: Int,
        to mailbox: MailboxID?,
        of group: GroupID,
        maxNumBatchRequests: Int
    ) -> (placement: Placement, actions: [Action])? {
        guard !isShutDown else { return nil }
        let submission = SubmissionID(number: nextSubmission)
        nextSubmission += 1
        var actions: [Action] = []
        if let mailbox, let isHeld = mailboxes[mailbox]?.submitted(submission, invocations: max(1, invocations)) {
            if isHeld {
                actions.append(.hold(submission))
            }
            report(mailbox, &actions)
            return (Placement(mailbox: mailbox, submission: submission), actions)
        }
        let id = MailboxID(number: nextMailbox)
        nextMailbox += 1
        let isHeld = callsInFlight == maxInFlight || groups[group]?.gate.admits == false
        var opened = Mailbox(group: group, maxNumBatchRequests: maxNumBatchRequests)
        opened.opened(with: submission, invocations: max(1, invocations), isHeld: isHeld)
        mailboxes[id] = opened
        groups[group, default: Group()].mailboxCount += 1
        if isHeld {
            actions.append(.hold(submission))
        }
        line.append(id)
        beginCalls(&actions)
        report(id, &actions)
        return (Placement(mailbox: id, submission: submission), actions)
    }

    /// A sender has left, so that its submission need not be sent, nor its outcome be handed over.
    ///
    /// One that was settled, refused or cancelled before is ignored.
    public mutating func submissionCancelled(_ submission: SubmissionID, in mailbox: MailboxID) -> [Action] {
        var actions: [Action] = []
        switch mailboxes[mailbox]?.remove(submission) {
        case .waiting(let released):
            if !released.isEmpty {
                actions.append(.release(released))
            }
            report(mailbox, &actions)
            leaveLineWhenEmpty(mailbox, &actions)
        case .inFlight(let isLast):
            if isLast {
                actions.append(.cancelCall(mailbox))
            }
        case .unknown, nil:
            break
        }
        return actions
    }

    /// The call of an address has ended.
    /// - Parameter succeeded: whether there was an answer, so that what the function registers is known now.
    public mutating func callEnded(_ mailbox: MailboxID, succeeded: Bool) -> [Action] {
        var actions: [Action] = []
        guard case .calling = mailboxes[mailbox]?.state, let group = mailboxes[mailbox]?.group else { return actions }
        callsInFlight -= 1
        if let settled = mailboxes[mailbox]?.callEnded(), !settled.isEmpty {
            actions.append(.settle(mailbox, settled))
        }
        actions.append(.changeInFlight(group, by: -1))
        groups[group]?.gate.callEnded(mailbox, succeeded: succeeded)
        admit(group)
        if mailboxes[mailbox]?.hasNothingWaiting == true {
            close(mailbox, &actions)
        } else {
            line.append(mailbox)
        }
        beginCalls(&actions)
        if isFinished {
            actions.append(.finish)
        }
        return actions
    }

    /// No further call begins. What waits is refused; the calls in flight go on to their end.
    public mutating func shutdownBegan() -> [Action] {
        var actions: [Action] = []
        guard !isShutDown else { return actions }
        isShutDown = true
        for id in mailboxes.keys.sorted() {
            if let refused = mailboxes[id]?.removeWaiting(), !refused.isEmpty {
                actions.append(.refuse(refused))
            }
            report(id, &actions)
            leaveLineWhenEmpty(id, &actions)
        }
        if isFinished {
            actions.append(.finish)
        }
        return actions
    }

    // MARK: Steps

    /// Begins calls for those in line, as long as there is room.
    private mutating func beginCalls(_ actions: inout [Action]) {
        while callsInFlight < maxInFlight, let id = line.popFirst(where: { mailboxes[$0] != nil }) {
            guard let group = mailboxes[id]?.group else { continue }
            if groups[group]?.gate.admits == true {
                begin(id, of: group, &actions)
            } else {
                mailboxes[id]?.state = .gated
                groups[group]?.gate.line.append(id)
            }
        }
    }

    private mutating func begin(_ id: MailboxID, of group: GroupID, _ actions: inout [Action]) {
        guard let (batch, released) = mailboxes[id]?.callBegan() else { return }
        callsInFlight += 1
        groups[group]?.gate.callBegan(id)
        actions.append(.call(id, batch))
        actions.append(.changeInFlight(group, by: 1))
        if !released.isEmpty {
            actions.append(.release(released))
        }
        report(id, &actions)
    }

    /// Puts those into the line for whom the gate of their function type has become free: all where a call has succeeded,
    /// otherwise the next one to try.
    private mutating func admit(_ group: GroupID) {
        while !isShutDown, groups[group]?.gate.admits == true, let id = groups[group]?.gate.line.popFirst(where: { mailboxes[$0] != nil }) {
            mailboxes[id]?.state = .ready
            line.append(id)
            if groups[group]?.gate.isOpen == false { return }
        }
    }

    /// Closes a mailbox that waits for its turn with nothing to send.
    private mutating func leaveLineWhenEmpty(_ id: MailboxID, _ actions: inout [Action]) {
        guard let mailbox = mailboxes[id], mailbox.hasNothingWaiting else { return }
        switch mailbox.state {
        case .calling:
            break
        case .ready:
            close(id, &actions)
            line.closed { mailboxes[$0] != nil }
            // It may have been the one that was to try first.
            admit(mailbox.group)
        case .gated:
            close(id, &actions)
            groups[mailbox.group]?.gate.line.closed { mailboxes[$0] != nil }
        }
    }

    private mutating func close(_ id: MailboxID, _ actions: inout [Action]) {
        guard let group = mailboxes.removeValue(forKey: id)?.group else { return }
        actions.append(.closeMailbox(id))
        groups[group]?.mailboxCount -= 1
        if let left = groups[group], left.mailboxCount == 0, !left.gate.isOpen {
            groups[group] = nil
            actions.append(.closeGroup(group))
        }
        // A table keeps the room that it once needed, such as for a million addresses in a moment of trouble.
        if mailboxes.isEmpty, mailboxes.capacity > 4_096 {
            mailboxes = [:]
        }
    }

    private mutating func report(_ id: MailboxID, _ actions: inout [Action]) {
        guard let change = mailboxes[id]?.unreportedChange(), let group = mailboxes[id]?.group else { return }
        if change.backlog != 0 {
            actions.append(.changeBacklog(group, by: change.backlog))
        }
        if change.blockedAddresses != 0 {
            actions.append(.changeBlockedAddresses(group, by: change.blockedAddresses))
        }
    }
}
