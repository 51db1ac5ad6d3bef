/// A point in time that outlives the process, in whole milliseconds since 1970-01-01 00:00 UTC.
public struct WallTime: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01 00:00 UTC.
    public let milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    /// The point so much later; stops at the end of `Int64` instead of overflowing.
    public func advanced(byMilliseconds milliseconds: Int64) -> WallTime {
        let (sum, overflow) = self.milliseconds.addingReportingOverflow(milliseconds)
        return WallTime(milliseconds: overflow ? (milliseconds > 0 ? .max : .min) : sum)
    }
}
