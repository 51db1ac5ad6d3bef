internal import TransportCore

/// What a connection does at the moment, and how long it may go on with it.
///
/// ```
/// idle ─► receiving ─► waiting ─► calling ─► sending ─► idle
///             │           │                     ▲
///             └───────────┴──── refused ────────┴─► sendingLast ─► leaving ─► ended
/// ```
struct RequestCycle: Equatable {
    struct Limits: Equatable {
        /// How long a connection may stay open without a request.
        var idle: Duration
        /// How long a request may take to come in, and how long nothing of an answer may be taken.
        var transfer: Duration
        /// How long a call may wait in line.
        var wait: Duration
        /// How long to wait for the client to close after it was told that the connection ends.
        var farewell: Duration
    }

    enum Phase: Equatable {
        /// Next: receiving, sending, leaving, ended.
        case idle
        /// A request has begun to come in. Next: waiting, calling, sending, sendingLast.
        case receiving
        /// A call waits in line, or a long message to be received. Next: receiving, calling, sending, sendingLast.
        case waiting
        /// A call goes on, whose time others limit. Next: sending, sendingLast.
        case calling
        /// The socket has not taken all of the answer. Next: idle, ended.
        case sending
        /// The same with the last answer. Next: leaving, ended.
        case sendingLast
        /// The client has been told that the connection ends. Next: ended.
        case leaving
        /// Final.
        case ended
    }

    /// What is to be done when time is over.
    enum Action: Equatable {
        case nothing
        case refuseTooSlow
        case leaveLine
        case close
    }

    let limits: Limits
    private(set) var phase = Phase.idle
    private var since: TransportInstant

    init(_ limits: Limits, at now: TransportInstant) {
        self.limits = limits
        since = now
    }

    /// When ``timerFired(at:)`` is to be called next; `nil` for not at all.
    var deadline: TransportInstant? {
        switch phase {
        case .idle: since.advanced(by: limits.idle)
        case .receiving, .sending, .sendingLast: since.advanced(by: limits.transfer)
        case .waiting: since.advanced(by: limits.wait)
        case .leaving: since.advanced(by: limits.farewell)
        case .calling, .ended: nil
        }
    }

    /// How long the connection has been at what it does.
    func elapsed(at now: TransportInstant) -> Duration { since.duration(to: now) }

    /// The connection does something else from now on.
    mutating func entered(_ next: Phase, at now: TransportInstant) {
        guard phase != .ended else { return }
        phase = next
        since = now
    }

    mutating func timerFired(at now: TransportInstant) -> Action {
        guard let deadline, deadline <= now else { return .nothing }
        switch phase {
        case .receiving: return .refuseTooSlow
        case .waiting: return .leaveLine
        case .idle, .sending, .sendingLast, .leaving: return .close
        case .calling, .ended: return .nothing
        }
    }
}
