/// The time that a whole call has: resolving, connecting, TLS, sending, waiting, reading, redirects, retries and pauses
/// (HTTP Function Endpoint, "Full Spec Options", `call`).
public struct CallBudget: Sendable, Hashable {
    /// Less than this is not worth another attempt.
    public static let leastUsefulRest = Duration.milliseconds(1)
    private static let leastUsefulNanoseconds = leastUsefulRest.inNanoseconds

    /// When the call began.
    public let start: TransportInstant
    /// How long it may take, and who decided that.
    public let limit: Setting<Duration>
    /// When the time is over.
    public let deadline: TransportInstant

    public init(start: TransportInstant, limit: Setting<Duration>) {
        self.start = start
        self.limit = limit
        deadline = start.advanced(by: limit.value)
    }

    /// - Parameter nanoseconds: the limit, which clients reckon once for all their calls.
    init(start: TransportInstant, limit: Setting<Duration>, nanoseconds: Int64) {
        self.start = start
        self.limit = limit
        deadline = start.advanced(byNanoseconds: nanoseconds)
    }

    /// Whether less than 1 ms is left at `instant`.
    public func isSpent(at instant: TransportInstant) -> Bool {
        instant.nanoseconds(until: deadline) < Self.leastUsefulNanoseconds
    }

    /// How much of the call has passed at `instant`.
    public func elapsed(at instant: TransportInstant) -> Duration {
        start.duration(to: instant)
    }

    /// The failure of a call whose time is over.
    /// - Parameter activity: what was going on, such as `waiting for the response`.
    public static func spentFailure(_ limit: Setting<Duration>, while activity: String) -> RequestReplyFailure {
        .limitTripped(.budgetSpent, "call", limit, while: activity)
    }
}

extension RequestReplyFailure {
    /// The failure of something that took too long: names the limit, its value, who set it, and what was going on.
    public static func limitTripped(
        _ kind: Kind,
        _ name: String,
        _ limit: Setting<Duration>,
        while activity: String
    ) -> RequestReplyFailure {
        RequestReplyFailure(
            kind,
            "the \(name) limit of \(DurationText.format(limit.value)) (\(limit.source)) passed while \(activity)"
        )
    }
}
