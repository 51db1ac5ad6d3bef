import Foundation
import NIOConcurrencyHelpers
public import TransportCore

/// A ``CallLoop`` whose time stands still until the test moves it.
///
/// Nothing runs on its own: work that was handed in waits for ``perform(_:)``, ``runQueued()`` or an `advance`, which
/// run it on the calling thread, in order. Timers fire at exactly their instant, earlier ones first, and those of the
/// same instant in the order in which they were set.
public final class ManualLoop: CallLoop {
    private struct State {
        var timers: ManualTimers
        var current: ObjectIdentifier?
        var queue: [@Sendable () -> Void] = []
    }

    private struct Timer: CallTimer {
        let loop: ManualLoop
        let id: Int

        func cancel() { loop.cancelTimer(id) }
    }

    private let state: NIOLockedValueBox<State>
    private let cancelsTimers: Bool
    private let arrivals = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameters:
    ///   - start: what ``now`` says at first.
    ///   - cancelsTimers: with `false` every cancellation comes too late and the timer fires all the same, as a real loop
    ///     may do; whoever set it must see that it no longer matters.
    public init(start: TransportInstant = .zero, cancelsTimers: Bool = true) {
        state = NIOLockedValueBox(State(timers: ManualTimers(start: start)))
        self.cancelsTimers = cancelsTimers
    }

    public var now: TransportInstant { state.withLockedValue { $0.timers.now } }

    /// Whether the caller runs inside ``perform(_:)``, ``runQueued()`` or an `advance` of this loop.
    public var isCurrent: Bool {
        let thread = Self.thread
        return state.withLockedValue { $0.current == thread }
    }

    public func execute(_ work: @escaping @Sendable () -> Void) {
        state.withLockedValue { $0.queue.append(work) }
        arrivals.continuation.yield()
    }

    public func schedule(at instant: TransportInstant, _ work: @escaping @Sendable () -> Void) -> any CallTimer {
        precondition(isCurrent, "a timer is set on the loop")
        let id = state.withLockedValue { $0.timers.set(at: instant, work) }
        return Timer(loop: self, id: id)
    }

    /// Runs `body` on the loop, as if it had just been handed in, and then what it handed in itself.
    public func perform<Result>(_ body: () throws -> Result) rethrows -> Result {
        if isCurrent {
            return try body()
        }
        enter()
        defer { leave() }
        drain()
        defer { drain() }
        return try body()
    }

    /// Runs everything that was handed in, and what that hands in. Time stands still.
    public func runQueued() {
        perform {}
    }

    /// Moves time on, firing every timer on the way at its own instant.
    public func advance(by duration: Duration) {
        advance(to: now.advanced(by: duration))
    }

    /// Moves time on to `target`, firing every timer on the way at its own instant, those of `target` included.
    public func advance(to target: TransportInstant) {
        precondition(target >= now, "time does not run backwards")
        perform {
            drain()
            while let work = state.withLockedValue({ $0.timers.takeNext(until: target) }) {
                work()
                drain()
            }
        }
    }

    /// Returns when work waits in the queue, such as what a task of the test is about to hand in.
    public func waitForWork() async {
        var arrived = arrivals.stream.makeAsyncIterator()
        while queuedCount == 0 {
            guard await arrived.next() != nil else { return }
        }
    }

    /// How much work waits.
    public var queuedCount: Int { state.withLockedValue { $0.queue.count } }

    /// How many timers have neither fired nor been cancelled.
    public var timerCount: Int { state.withLockedValue { $0.timers.count } }

    /// When the next timer fires.
    public var nextTimer: TransportInstant? { state.withLockedValue { $0.timers.next } }

    private static var thread: ObjectIdentifier { ObjectIdentifier(Thread.current) }

    private func enter() {
        let thread = Self.thread
        state.withLockedValue { state in
            precondition(state.current == nil, "two threads run the same loop")
            state.current = thread
        }
    }

    private func leave() {
        state.withLockedValue { $0.current = nil }
    }

    private func drain() {
        while let work = state.withLockedValue({ $0.queue.isEmpty ? nil : $0.queue.removeFirst() }) {
            work()
        }
    }

    private func cancelTimer(_ id: Int) {
        guard cancelsTimers else { return }
        state.withLockedValue { $0.timers.cancel(id) }
    }
}
