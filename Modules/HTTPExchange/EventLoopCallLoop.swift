public import NIOCore
public import TransportCore

/// A ``CallLoop`` that channels can live on.
///
/// ``EventLoopCallLoop`` is the one that programs use. A test implements it with a clock of its own: then real sockets meet
/// limits and pauses that pass when the test says so.
public protocol ChannelLoop: CallLoop {
    /// The event loop underneath: whoever runs there is on this loop, and the other way round.
    var eventLoop: any EventLoop { get }
}

/// A ``CallLoop`` on a SwiftNIO event loop, with the loop's own monotonic clock.
public final class EventLoopCallLoop: ChannelLoop {
    /// The event loop underneath.
    public let eventLoop: any EventLoop

    public init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    public var now: TransportInstant {
        TransportInstant(nanoseconds: Int64(clamping: eventLoop.now.uptimeNanoseconds))
    }

    public var isCurrent: Bool { eventLoop.inEventLoop }

    public func execute(_ work: @escaping @Sendable () -> Void) {
        eventLoop.execute(work)
    }

    public func schedule(at instant: TransportInstant, _ work: @escaping @Sendable () -> Void) -> any CallTimer {
        ScheduledCallTimer(
            scheduled: eventLoop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(clamping: instant.nanoseconds)), work)
        )
    }
}

private struct ScheduledCallTimer: CallTimer {
    let scheduled: Scheduled<Void>

    func cancel() {
        scheduled.cancel()
    }
}
