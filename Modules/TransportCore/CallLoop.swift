/// The serial context that everything of a call runs on, from lease to release, with its time and its timers.
///
/// `HTTPExchange` implements it on a SwiftNIO event loop. A test implements it as a queue with a manual clock.
public protocol CallLoop: AnyObject, Sendable {
    /// The time by which everything on this loop decides.
    var now: TransportInstant { get }

    /// Whether the caller runs on this loop.
    var isCurrent: Bool { get }

    /// Runs `work` on this loop, after everything that was handed in before.
    func execute(_ work: @escaping @Sendable () -> Void)

    /// Runs `work` on this loop at `instant` or shortly after it, never before. To be called on the loop.
    ///
    /// A timer that was cancelled may still fire when it was due already; whoever is called checks that it still matters.
    func schedule(at instant: TransportInstant, _ work: @escaping @Sendable () -> Void) -> any CallTimer
}

/// A timer of a ``CallLoop``.
public protocol CallTimer: Sendable {
    /// Takes the timer back. Calling it late, or twice, does nothing.
    func cancel()
}

extension CallLoop {
    /// Runs `work` now when the caller is on this loop already, and soon otherwise.
    @inlinable
    public func run(_ work: @escaping @Sendable () -> Void) {
        if isCurrent {
            work()
        } else {
            execute(work)
        }
    }
}

/// A value that only one loop touches.
///
/// The conformance to `Sendable` is what this type exists for: the value can travel anywhere, but reading or writing it
/// anywhere but on its loop stops the program, so two threads never meet in it.
public struct LoopConfined<Value>: @unchecked Sendable {
    @usableFromInline let loop: any CallLoop
    @usableFromInline let confined: Value

    /// - Parameter value: what is confined to `loop`; the caller gives up every other reference to it.
    public init(_ value: Value, to loop: any CallLoop) {
        self.loop = loop
        self.confined = value
    }

    /// The value. A use outside the loop is a mistake in the program and stops it.
    @inlinable
    public var value: Value {
        precondition(loop.isCurrent, "used outside its loop")
        return confined
    }
}
