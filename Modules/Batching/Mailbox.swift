/// What there is for one address, as long as there is anything.
struct Mailbox: Sendable {
    typealias SubmissionID = MailboxMachine.SubmissionID

    enum State: Sendable {
        /// Could begin a call and waits for its turn. Next: calling, gated, gone.
        case ready
        /// Waits for the first call of its function type. Next: ready, gone.
        case gated
        /// A call is in flight. Next: ready, gone.
        case calling
    }

    /// What has become different for the gauges.
    struct Change {
        var backlog = 0
        var blockedAddresses = 0
    }

    /// What taking a submission out led to.
    enum Removal {
        case unknown
        /// It waited. The ones named now need not wait any more.
        case waiting(released: [SubmissionID])
        /// It is part of the call in flight.
        case inFlight(isLast: Bool)
    }

    let group: MailboxMachine.GroupID
    /// Invocations that may be collected; 0 or less for any number.
    let maxNumBatchRequests: Int
    var state = State.ready
    private var inFlight = SubmissionQueue()
    /// What was accepted for the next call.
    private var collected = SubmissionQueue()
    /// What has not been accepted: its senders wait.
    private var held = SubmissionQueue()
    private var reported = Change()

    init(group: MailboxMachine.GroupID, maxNumBatchRequests: Int) {
        self.group = group
        self.maxNumBatchRequests = maxNumBatchRequests
    }

    /// Whether nothing is left but a call that may be in flight.
    var hasNothingWaiting: Bool { collected.isEmpty && held.isEmpty }

    /// A submission to a mailbox that has just been made. Whether it can leave at once is not for the mailbox to know.
    mutating func opened(with id: SubmissionID, invocations: Int, isHeld: Bool) {
        held.append(SubmissionQueue.Entry(id: id, invocations: invocations, isHeld: isHeld))
    }

    /// A further submission has come.
    /// - Returns: whether its sender has to wait.
    mutating func submitted(_ id: SubmissionID, invocations: Int) -> Bool {
        // Who comes while the address waits for its turn waits with it; nobody overtakes those who wait already.
        if case .calling = state, held.isEmpty, Self.fits(invocations, after: collected, limit: maxNumBatchRequests) {
            collected.append(SubmissionQueue.Entry(id: id, invocations: invocations, isHeld: false))
            return false
        }
        held.append(SubmissionQueue.Entry(id: id, invocations: invocations, isHeld: true))
        return true
    }

    /// A call begins with as much of what waits as one call may hold.
    /// - Returns: what it consists of, and whose senders need not wait any more.
    mutating func callBegan() -> (batch: [SubmissionID], released: [SubmissionID]) {
        inFlight = collected
        collected = SubmissionQueue()
        var released = Self.move(from: &held, to: &inFlight, limit: maxNumBatchRequests)
        state = .calling
        released += Self.move(from: &held, to: &collected, limit: maxNumBatchRequests)
        return (inFlight.ids, released)
    }

    /// The call in flight has ended.
    /// - Returns: the submissions whose senders have not left.
    mutating func callEnded() -> [SubmissionID] {
        defer { inFlight = SubmissionQueue() }
        state = .ready
        return inFlight.ids
    }

    /// A sender has left.
    mutating func remove(_ id: SubmissionID) -> Removal {
        if collected.remove(id) != nil || held.remove(id) != nil {
            guard case .calling = state else { return .waiting(released: []) }
            return .waiting(released: Self.move(from: &held, to: &collected, limit: maxNumBatchRequests))
        }
        return inFlight.remove(id) == nil ? .unknown : .inFlight(isLast: inFlight.isEmpty)
    }

    /// Takes out everything that waits.
    mutating func removeWaiting() -> [SubmissionID] {
        defer {
            collected = SubmissionQueue()
            held = SubmissionQueue()
        }
        return collected.ids + held.ids
    }

    /// What is different since the last time.
    mutating func unreportedChange() -> Change {
        let backlog = collected.invocations + held.invocations
        let blocked = held.isEmpty ? 0 : 1
        defer { reported = Change(backlog: backlog, blockedAddresses: blocked) }
        return Change(backlog: backlog - reported.backlog, blockedAddresses: blocked - reported.blockedAddresses)
    }

    /// Whether a submission can join a batch. One that is larger than the limit goes alone.
    private static func fits(_ invocations: Int, after queue: SubmissionQueue, limit: Int) -> Bool {
        limit <= 0 || queue.isEmpty || queue.invocations + invocations <= limit
    }

    private static func move(
        from source: inout SubmissionQueue,
        to destination: inout SubmissionQueue,
        limit: Int
    ) -> [SubmissionID] {
        var released: [SubmissionID] = []
        while let next = source.first, fits(next.invocations, after: destination, limit: limit), let entry = source.popFirst() {
            destination.append(entry)
            if entry.isHeld {
                released.append(entry.id)
            }
        }
        return released
    }
}
