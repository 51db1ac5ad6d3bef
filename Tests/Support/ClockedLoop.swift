public import HTTPExchange
import NIOConcurrencyHelpers
public import NIOCore
import NIOPosix
public import TransportCore

/// A ``ChannelLoop`` with real sockets and a time that stands still until the test moves it.
///
/// What arrives at its sockets is handled as it comes. Limits and pauses pass only with ``advance(by:)``, which fires what is
/// due on the way, each at its own instant: minutes take no time, and no machine is too slow for them.
public final class ClockedLoop: ChannelLoop {
    private struct State {
        var timers: ManualTimers
        var handedInCount = 0
        var waiting: [(instant: TransportInstant, set: Eventual<Void>)] = []
    }

    private struct Timer: CallTimer {
        let loop: ClockedLoop
        let id: Int

        func cancel() {
            loop.state.withLockedValue { $0.timers.cancel(id) }
        }
    }

    public let eventLoop: any EventLoop
    private let state: NIOLockedValueBox<State>
    private let touched: @Sendable () -> Void

    /// - Parameters:
    ///   - eventLoop: by default one that the whole process shares.
    ///   - start: what ``now`` says at first.
    ///   - touched: is called on the loop whenever what runs there asks for the time, sets a timer, or begins with work that
    ///     was handed in: at least once for each step of whatever lives on it.
    public init(
        on eventLoop: (any EventLoop)? = nil,
        start: TransportInstant = TransportInstant(nanoseconds: 1_000_000_000),
        touched: @escaping @Sendable () -> Void = {}
    ) {
        self.eventLoop = eventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
        state = NIOLockedValueBox(State(timers: ManualTimers(start: start)))
        self.touched = touched
    }

    public var now: TransportInstant {
        if isCurrent { touched() }
        return state.withLockedValue { $0.timers.now }
    }

    public var isCurrent: Bool { eventLoop.inEventLoop }

    public func execute(_ work: @escaping @Sendable () -> Void) {
        eventLoop.execute { [touched] in
            touched()
            work()
        }
        state.withLockedValue { $0.handedInCount += 1 }
    }

    /// How often work was handed in with ``execute(_:)``.
    public var handedInCount: Int { state.withLockedValue { $0.handedInCount } }

    public func schedule(at instant: TransportInstant, _ work: @escaping @Sendable () -> Void) -> any CallTimer {
        touched()
        let (id, set) = state.withLockedValue { state in
            let id = state.timers.set(at: instant, work)
            let set = state.waiting.filter { instant <= $0.instant }.map(\.set)
            state.waiting.removeAll { instant <= $0.instant }
            return (id, set)
        }
        for eventual in set {
            eventual.succeed(())
        }
        return Timer(loop: self, id: id)
    }

    /// Moves time on, firing every timer on the way at its own instant. Returns when all that has been done.
    public func advance(by duration: Duration) async throws {
        let target = now.advanced(by: duration)
        while try await fireNext(until: target) {}
    }

    /// Moves time on, as soon as something has been scheduled to happen by then: what the test provoked may still be under way.
    /// - Throws: ``WaitedTooLong`` when nothing is.
    public func advanceWhenDue(by duration: Duration) async throws {
        try await scheduled(by: now.advanced(by: duration))
        try await advance(by: duration)
    }

    /// Moves time on to the next timer, as soon as one has been set for no later than `duration` from now.
    /// - Throws: ``WaitedTooLong`` when none is.
    public func advanceToNext(within duration: Duration) async throws {
        try await scheduled(by: now.advanced(by: duration))
        let next = state.withLockedValue { $0.timers.next }
        try await advance(by: now.duration(to: max(now, next ?? now)))
    }

    /// Waits until a timer is set for `instant` or earlier.
    /// - Throws: ``WaitedTooLong`` when none is.
    public func scheduled(by instant: TransportInstant) async throws {
        let set = Eventual<Void>()
        state.withLockedValue { state in
            if let next = state.timers.next, next <= instant {
                set.succeed(())
            } else {
                state.waiting.append((instant, set))
            }
        }
        try await set.value("a timer at \(instant)")
    }

    /// Returns when everything that has been handed in so far is done.
    public func settle() async throws {
        try await eventLoop.submit {}.get()
    }

    /// Returns when everything that had arrived at the sockets of the loop before has been handled.
    public func catchUp() async throws {
        // A connection of our own arrives behind it.
        let arrived = Eventual<Void>()
        let server = try await ServerBootstrap(group: eventLoop)
            .childChannelInitializer { channel in
                arrived.succeed(())
                return channel.close()
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        guard let address = server.localAddress else { throw ChannelError.unknownLocalAddress }
        let client = try await ClientBootstrap(group: eventLoop).connect(to: address).get()
        try await arrived.value("a connection of the loop's own")
        try? await client.close()
        try await server.close()
    }

    /// Runs `body` on the loop.
    public func perform<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async throws -> Result {
        try await eventLoop.submit(body).get()
    }

    /// How many timers have neither fired nor been cancelled.
    public var timerCount: Int { state.withLockedValue { $0.timers.count } }

    /// Fires the next timer that is due by `target`, in a turn of the loop of its own. Returns whether there was one.
    private func fireNext(until target: TransportInstant) async throws -> Bool {
        try await perform { [self] in
            let work = state.withLockedValue { $0.timers.takeNext(until: target) }
            work?()
            return work != nil
        }
    }
}
