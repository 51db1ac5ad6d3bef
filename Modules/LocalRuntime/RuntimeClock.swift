public import RuntimeCore
public import TransportCore

/// What time it is, for a runtime.
public struct RuntimeClock: Sendable {
    /// The monotonic time, for pauses.
    public var now: @Sendable () -> TransportInstant
    /// The time of day, for what outlives the process.
    public var wallTime: @Sendable () -> WallTime

    public init(now: @escaping @Sendable () -> TransportInstant, wallTime: @escaping @Sendable () -> WallTime) {
        self.now = now
        self.wallTime = wallTime
    }
}
