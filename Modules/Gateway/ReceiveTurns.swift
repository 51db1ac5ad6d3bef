internal import NIOCore
internal import TransportCore

/// Says when the connections of one loop receive long messages: not more than is being passed on anyway.
///
/// Of a thousand long messages that come at once, all would be in memory before the first has been passed on. Those whose turn has not come stay
/// with the system, in the buffers of their sockets.
///
/// What may be in memory follows how much the loop has to do. Where it has looked at its sockets, somebody waits, and no call has ended
/// meanwhile, it could do more: the limit grows a little, and doubles in a twentieth of a second where that goes on. Where calls have ended, it becomes
/// less again. So functions that take their time get what they can work on, and a loop that has its hands full holds little.
///
/// `@unchecked Sendable`: what changes is touched only on the loop, where all of it is called.
final class ReceiveTurns: @unchecked Sendable {
    /// Who waits for a turn.
    protocol Waiter: AnyObject {
        /// Receives its message. Where that does not matter any more, calls ``ReceiveTurns/ended(_:)`` at once.
        func mayReceive(_ ticket: Ticket)
        /// Reads the beginning of its message, where it still waits with this number: the message may have to wait for nobody.
        func readBeginning(_ number: Int)
    }

    /// Goes with what is received, and is given back once, when its call has ended.
    struct Ticket {
        fileprivate let bytes: Int
    }

    /// Beside how many bytes nothing more is received.
    struct Limits {
        var least: Int
        var most: Int
    }

    /// By which part the limit grows and shrinks with a look.
    private static let (growth, shrinkage) = (256, 1_024)
    /// How long somebody waits whose message has not been looked at.
    private static let patience = Duration.milliseconds(100)

    private let limits: Limits
    private let loop: any CallLoop
    private var limit: Int
    /// What has been received and not been answered.
    private var bytes = 0
    private var lines = EndpointLines<(waiter: any Waiter, bytes: Int)>()
    /// Those of them whose messages have not been looked at, and until when that may be.
    private var unread = CircularBuffer<(waiter: any Waiter, number: Int, end: TransportInstant)>()
    private var lastNumber = 0
    private var isMoving = false
    private var isLooking = false
    /// Whether a call has ended since the loop was asked to look.
    private var hasEnded = false

    init(_ limits: Limits, on loop: any CallLoop) {
        self.limits = limits
        limit = limits.least
        self.loop = loop
    }

    /// Whether a long message may be received at once.
    var hasRoom: Bool { lines.isEmpty && bytes < limit }

    /// Counts a message of so many bytes.
    func add(_ count: Int) -> Ticket {
        bytes += count
        return Ticket(bytes: count)
    }

    /// Counts what has a ticket as a message of so many bytes, which was not known before.
    func recount(_ ticket: Ticket, as count: Int) -> Ticket {
        bytes += count - ticket.bytes
        return Ticket(bytes: count)
    }

    /// Has somebody wait, who is told when the turn has come.
    /// - Parameter isUnread: whether nothing is known of the message.
    /// - Returns: the number that ``Waiter/readBeginning(_:)`` has then.
    @discardableResult
    func wait(_ waiter: some Waiter, toReceive count: Int, for endpoint: Int, isUnread: Bool) -> Int {
        lines.append((waiter, count), for: endpoint)
        lastNumber += 1
        if isUnread { unread.append((waiter, lastNumber, loop.now.advanced(by: Self.patience))) }
        askForLook()
        return lastNumber
    }

    /// What has been received with this ticket has been answered, or thrown away.
    func ended(_ ticket: Ticket) {
        bytes -= ticket.bytes
        hasEnded = true
        moveOn()
    }

    private func moveOn() {
        // A call may end before it has returned.
        guard !isMoving else { return }
        isMoving = true
        while bytes < limit, let next = lines.popFirst() {
            next.waiter.mayReceive(add(next.bytes))
        }
        isMoving = false
    }

    private func askForLook() {
        guard !isLooking else { return }
        isLooking = true
        hasEnded = false
        loop.afterLook { [self] in looked() }
    }

    private func looked() {
        isLooking = false
        limit = hasEnded ? max(limits.least, limit - limit / Self.shrinkage) : min(limits.most, limit + limit / Self.growth)
        moveOn()
        readBeginnings()
        if !lines.isEmpty { askForLook() }
    }

    private func readBeginnings() {
        if lines.isEmpty { return unread.removeAll() }
        let now = loop.now
        while let first = unread.first, first.end <= now {
            unread.removeFirst()
            first.waiter.readBeginning(first.number)
        }
    }
}
