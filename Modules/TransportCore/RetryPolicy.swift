/// When a failed attempt is made again, and after which pause.
public struct RetryPolicy: Sendable, Hashable {
    /// The pause after the first failed attempt. Each further one is twice as long.
    public var firstPause: Duration
    /// No pause gets longer than this, but for one that the peer asks for.
    public var maxPause: Duration
    /// Which part of a pause is left to chance, 0 to 1: a pause of `p` lasts from `(1 - jitter) * p` to `p`.
    public var jitter: Double
    /// Whether failures are retried that a retry is not known to help: any status that is not 2xx, a wrong content type,
    /// an unreadable body.
    public var retriesEverything: Bool

    public init(firstPause: Duration, maxPause: Duration = .seconds(10), jitter: Double = 0.5, retriesEverything: Bool = false) {
        self.firstPause = firstPause
        self.maxPause = maxPause
        self.jitter = jitter
        self.retriesEverything = retriesEverything
    }

    /// Whether an attempt that failed so is made again, time permitting.
    func retries(_ kind: RequestReplyFailure.Kind) -> Bool {
        if kind.mayRetry { return true }
        guard retriesEverything else { return false }
        let helped: [RequestReplyFailure.Kind] = [
            .finalStatus, .redirect, .contentType, .malformedResponse, .malformedMessage, .responseTooLarge, .certificateRefused,
        ]
        return helped.contains(kind)
    }

    /// The pause after the failed attempt number `attempt`, counted from 1, without those that no pause follows.
    /// - Parameter chance: what chance decided, from 0 to 1.
    package func pause(after attempt: Int, chance: Double) -> Duration {
        var pause = min(firstPause, maxPause)
        for _ in 1..<max(1, min(attempt, 64)) where pause < maxPause {
            pause = min(pause * 2, maxPause)
        }
        let share = 1 - min(max(jitter, 0), 1) * min(max(chance, 0), 1)
        // The longest pause of all, taken as a floating-point number, is rounded up and fits no integer any more.
        guard share < 1 else { return pause }
        return .nanoseconds(Int64(Double(pause.inNanoseconds) * share))
    }
}
