/// Decides, for one call, whether a failed attempt is made again and when. A value: time and chance come as arguments.
public struct RetryMachine: Sendable {
    /// What is to be done next.
    public enum Action: Sendable, Equatable {
        /// Make an attempt now.
        case attempt
        /// Do nothing until then, and report ``RetryMachine/pauseEnded(at:)``.
        case pause(until: TransportInstant)
        /// The call has failed.
        case fail(RequestReplyFailure)
    }

    private enum State: Sendable {
        /// Next: attempting, ended.
        case ready
        /// Next: pausing, attempting (a stale connection), ended.
        case attempting(since: TransportInstant)
        /// Next: attempting, ended.
        case pausing(last: RequestReplyFailure)
        /// Final.
        case ended
    }

    /// The records of the first and of the last attempts that a failure shows; those between are counted only.
    static let recordsKept = 8

    public let policy: RetryPolicy
    public let budget: CallBudget
    private var state = State.ready
    private var attemptCount = 0
    /// How many pauses there were; each one is longer than the one before. An attempt on a connection that the peer had
    /// closed before is followed by none.
    private var pauseCount = 0
    private var records: [AttemptRecord] = []

    public init(policy: RetryPolicy, budget: CallBudget) {
        self.policy = policy
        self.budget = budget
    }

    /// The call has begun.
    public mutating func callStarted(at now: TransportInstant) -> Action {
        guard case .ready = state else { return ended() }
        if budget.isSpent(at: now) {
            return fail(CallBudget.spentFailure(budget.limit, while: "the call waited for its turn"), at: now)
        }
        return attempt(at: now)
    }

    /// An attempt has failed.
    /// - Parameter chance: what chance decided about the pause, from 0 to 1.
    public mutating func attemptFailed(_ failure: RequestReplyFailure, at now: TransportInstant, chance: Double) -> Action {
        guard case .attempting(let since) = state else { return ended() }
        record(failure, since: since, at: now)
        guard policy.retries(failure.kind) else {
            return fail(failure, at: now)
        }
        if failure.kind == .staleConnection {
            return budget.isSpent(at: now) ? fail(failure, at: now) : attempt(at: now)
        }
        pauseCount += 1
        let pause = max(policy.pause(after: pauseCount, chance: chance), failure.retryAfter ?? .zero)
        let next = now.advanced(by: pause)
        if budget.isSpent(at: next) {
            return fail(withoutTime(failure), at: now)
        }
        if !records.isEmpty {
            records[records.count - 1].pause = pause
        }
        state = .pausing(last: failure)
        return .pause(until: next)
    }

    /// The peer has pointed elsewhere, and the transport goes there within the same attempt.
    public mutating func attemptRedirected(at now: TransportInstant) -> Action {
        guard case .attempting(let since) = state else { return ended() }
        if budget.isSpent(at: now) {
            let failure = CallBudget.spentFailure(budget.limit, while: "redirects were followed")
            record(failure, since: since, at: now)
            return fail(failure, at: now)
        }
        return .attempt
    }

    /// The time of a pause has come.
    public mutating func pauseEnded(at now: TransportInstant) -> Action {
        guard case .pausing(let last) = state else { return ended() }
        return budget.isSpent(at: now) ? fail(withoutTime(last), at: now) : attempt(at: now)
    }

    /// The call ends early: the caller has cancelled it, or the client shuts down. No attempt follows.
    public mutating func interrupted(by failure: RequestReplyFailure, at now: TransportInstant) -> Action {
        if case .attempting(let since) = state {
            record(failure, since: since, at: now)
        }
        return fail(failure, at: now)
    }

    /// The call has its answer.
    public mutating func attemptSucceeded() {
        state = .ended
    }

    /// A failure that a retry might have helped, in the words of a call that has no time for one.
    private func withoutTime(_ failure: RequestReplyFailure) -> RequestReplyFailure {
        guard failure.kind != .budgetSpent else { return failure }
        var last = failure
        if let wait = failure.retryAfter, wait > .zero {
            last.message += "; it asks to wait \(DurationText.format(wait)), and"
        } else {
            last.message += ";"
        }
        last.message +=
            " the call limit of \(DurationText.format(budget.limit.value)) (\(budget.limit.source)) leaves no time for another attempt"
        return last
    }

    private mutating func attempt(at now: TransportInstant) -> Action {
        attemptCount += 1
        state = .attempting(since: now)
        return .attempt
    }

    private mutating func record(_ failure: RequestReplyFailure, since: TransportInstant, at now: TransportInstant) {
        if records.count == 2 * Self.recordsKept {
            records.remove(at: Self.recordsKept)
        }
        records.append(
            AttemptRecord(offset: budget.elapsed(at: since), duration: since.duration(to: now), message: failure.message)
        )
    }

    private mutating func fail(_ failure: RequestReplyFailure, at now: TransportInstant) -> Action {
        state = .ended
        var failure = failure
        failure.attempts = records
        failure.attemptCount = attemptCount
        failure.elapsed = budget.elapsed(at: now)
        return .fail(failure)
    }

    private func ended() -> Action {
        .fail(RequestReplyFailure(.cancelled, "the call has ended already"))
    }
}
