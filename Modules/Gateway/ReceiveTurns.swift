internal import HTTPExchange
internal import TransportCore

/// Says when the connections of one loop receive long messages: not more than is being passed on anyway.
///
/// Of a thousand long messages that come at once, all would be in memory before the first has been passed on. Those whose turn has not come stay
/// with the system, in the buffers of their sockets.
///
/// `@unchecked Sendable`: what changes is touched only on the loop, where all of it is called.
final class ReceiveTurns: @unchecked Sendable {
    /// Who waits for a turn.
    protocol Waiter: AnyObject {
        /// Receives its message. Where that does not matter any more, calls ``ReceiveTurns/ended(_:)`` at once.
        func mayReceive(_ ticket: RecentBytes.Ticket)
    }

    struct Limits {
        /// Beside so many bytes nothing more is received.
        var bytes: Int
        /// For so long a call counts.
        var lifetime: Duration
    }

    private let limit: Int
    private let loop: any CallLoop
    private var recent: RecentBytes
    private var lines = EndpointLines<(waiter: any Waiter, bytes: Int)>()
    private var alarm = EarliestAlarm()
    private var isMoving = false

    init(_ limits: Limits, on loop: any CallLoop) {
        limit = limits.bytes
        recent = RecentBytes(lifetime: limits.lifetime)
        self.loop = loop
    }

    /// Whether a long message may be received at once.
    var hasRoom: Bool {
        guard lines.isEmpty else { return false }
        if recent.count >= limit { recent.expire(at: loop.now) }
        return recent.count < limit
    }

    /// Counts a message of so many bytes.
    func add(_ count: Int) -> RecentBytes.Ticket {
        recent.add(count, at: loop.now)
    }

    /// Has somebody wait, who is told when the turn has come.
    func wait(_ waiter: some Waiter, toReceive count: Int, for endpoint: Int) {
        lines.append((waiter, count), for: endpoint)
        setAlarm()
    }

    /// What has been received with this ticket has been answered, or thrown away.
    func ended(_ ticket: RecentBytes.Ticket) {
        recent.remove(ticket)
        moveOn()
    }

    private func moveOn() {
        // A call may end before it has returned.
        guard !isMoving else { return }
        isMoving = true
        while recent.count < limit, let next = lines.popFirst() {
            next.waiter.mayReceive(add(next.bytes))
        }
        isMoving = false
    }

    private func setAlarm() {
        guard let next = recent.nextExpiry else { return }
        alarm.set(at: next, on: loop) { [self] in
            alarm.fired()
            recent.expire(at: loop.now)
            moveOn()
            if !lines.isEmpty { setAlarm() }
        }
    }
}
