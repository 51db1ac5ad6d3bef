/// A point on the monotonic time line of one process, in nanoseconds since an origin that only this process knows.
///
/// State machines take it as an argument instead of reading a clock, so that a test decides what time it is.
public struct TransportInstant: InstantProtocol, Sendable {
    /// Nanoseconds since the origin.
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The origin itself; what a test usually starts from.
    public static let zero = TransportInstant(nanoseconds: 0)

    /// A point that no timer reaches.
    public static let distantFuture = TransportInstant(nanoseconds: .max)

    public static func < (left: Self, right: Self) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    public func advanced(by duration: Duration) -> TransportInstant {
        advanced(byNanoseconds: duration.inNanoseconds)
    }

    /// The point `nanoseconds` later; stops at ``distantFuture`` instead of overflowing.
    public func advanced(byNanoseconds nanoseconds: Int64) -> TransportInstant {
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return overflow ? .distantFuture : TransportInstant(nanoseconds: sum)
    }

    public func duration(to other: TransportInstant) -> Duration {
        .nanoseconds(nanoseconds(until: other))
    }

    /// Nanoseconds from here to `other`, negative where `other` is earlier; stops at the ends instead of overflowing.
    public func nanoseconds(until other: TransportInstant) -> Int64 {
        let (difference, overflow) = other.nanoseconds.subtractingReportingOverflow(nanoseconds)
        return overflow ? (other > self ? .max : .min) : difference
    }
}

extension Duration {
    /// This duration in whole nanoseconds; stops at the ends of `Int64` (about 292 years) instead of overflowing.
    public var inNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, sumOverflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return sumOverflow ? (seconds < 0 ? .min : .max) : sum
    }
}
