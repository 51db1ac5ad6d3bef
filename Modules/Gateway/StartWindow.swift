/// Lets only a few calls of one loop begin before the first of them have ended, or the loop has found nothing else to do.
///
/// Of a thousand requests that come at once, the first could be answered while the last are still being read. Whoever begins all
/// of them first needs a connection for each, and comes back to each when its memory has left the processor's cache. In a
/// window of a few, the connections that have become free serve the next calls, and what they need is still at hand.
///
/// What does not begin at once waits until a call of the window has ended. Each endpoint has a line of its own, first come first served,
/// and the lines take turns, so that an endpoint with few calls does not wait for one with many. Where the loop has looked at its
/// sockets and no call at all has ended meanwhile, the next window opens: however long calls take, the lines move on.
///
/// `@unchecked Sendable`: what changes is touched only on the loop, where all of it is called.
final class StartWindow: @unchecked Sendable {
    /// Who waits for a turn.
    protocol Waiter: AnyObject {
        /// Begins what waits. Where that does not matter any more, calls ``StartWindow/ended(_:)`` at once.
        func mayStart(_ ticket: Ticket)
    }

    /// Goes with what has begun, and is given back when that has ended.
    struct Ticket {
        fileprivate let window: Int
        fileprivate let bytes: Int
    }

    /// At which of these nothing more begins in a window.
    struct Limits {
        var calls: Int
        var bytes: Int
    }

    private let limits: Limits
    private let afterLook: @Sendable (@escaping @Sendable () -> Void) -> Void
    private var window = 0
    /// What has begun in this window and not ended.
    private var calls = 0
    private var bytes = 0
    private var lines = EndpointLines<(waiter: any Waiter, bytes: Int)>()
    private var isMoving = false
    private var isLooking = false
    /// Whether a call has ended since the loop was asked to look.
    private var hasEnded = false

    /// - Parameter afterLook: runs something on the loop, when that has done what it is at and has looked at its sockets.
    init(_ limits: Limits, afterLook: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
        self.limits = limits
        self.afterLook = afterLook
    }

    private var hasRoom: Bool { calls < limits.calls && bytes < limits.bytes }

    /// Asks to begin a call of an endpoint with so many bytes.
    /// - Returns: `nil` where it has to wait; then `waiter` is told when its turn has come.
    func take(_ count: Int, for endpoint: Int, _ waiter: some Waiter) -> Ticket? {
        if lines.isEmpty, hasRoom { return begun(count) }
        lines.append((waiter, count), for: endpoint)
        look()
        return nil
    }

    /// What has begun with this ticket has ended.
    func ended(_ ticket: Ticket) {
        hasEnded = true
        guard ticket.window == window else { return }
        calls -= 1
        bytes -= ticket.bytes
        moveOn()
    }

    private func begun(_ count: Int) -> Ticket {
        calls += 1
        bytes += count
        return Ticket(window: window, bytes: count)
    }

    private func look() {
        guard !isLooking else { return }
        isLooking = true
        hasEnded = false
        afterLook { [self] in looked() }
    }

    private func looked() {
        isLooking = false
        if !hasEnded {
            window += 1
            calls = 0
            bytes = 0
            moveOn()
        }
        if !lines.isEmpty { look() }
    }

    private func moveOn() {
        // A call may end before it has returned.
        guard !isMoving else { return }
        isMoving = true
        while hasRoom, let next = lines.popFirst() {
            next.waiter.mayStart(begun(next.bytes))
        }
        isMoving = false
    }
}
