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
        /// Next: pausing, attempting (a stale connection), last attempt, ended.
        case attempting(since: TransportInstant)
        /// No other one follows. Next: ended.
        case lastAttempt(since: TransportInstant)
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
    /// How many pauses there were; each one is longer than the one before. An attempt on a connection that the peer had
    /// closed before is followed by none.
    private var pauseCount = 0
    /// Whether the attempt before ended with its connection. Then one on such a connection is paused for as well: the request itself may
    /// be what its peers die of, and they are not to be met one after the other.
    private var followsLoss = false
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
        guard let since = attemptStart else { return ended() }
        record(failure, since: since, at: now)
        guard policy.retries(failure.kind) else {
            return fail(failure, at: now)
        }
        if case .lastAttempt = state {
            return fail(withoutRetry(failure), at: now)
        }
        let isStale = failure.kind == .staleConnection
        let goesOnAtOnce = isStale && !followsLoss
        followsLoss = isStale || failure.kind == .connectionLost
        if goesOnAtOnce {
            return budget.isSpent(at: now) ? fail(failure, at: now) : attempt(at: now)
        }
        pauseCount += 1
        guard let pause = pause(after: failure, at: now, chance: chance) else {
            return fail(withoutTime(failure), at: now)
        }
        let next = now.advanced(by: pause)
        if !records.isEmpty {
            records[records.count - 1].pause = pause
        }
        state = .pausing(last: failure)
        return .pause(until: next)
    }

    /// How long to wait before the next attempt, or `nil` where no time is left for one. A pause of ours that is too long is
    /// shortened to half of what is left, as long as that is no shorter than the first one of all: a peer that comes back
    /// late is still found. What the peer asks for is waited for, or no attempt is made.
    private func pause(after failure: RequestReplyFailure, at now: TransportInstant, chance: Double) -> Duration? {
        let own = policy.pause(after: pauseCount, chance: chance)
        let asked = failure.retryAfter ?? .zero
        if asked > own {
            return budget.isSpent(at: now.advanced(by: asked)) ? nil : asked
        }
        guard budget.isSpent(at: now.advanced(by: own)) else { return own }
        let half = now.duration(to: budget.deadline) / 2
        let isUseful = half >= min(policy.firstPause, policy.maxPause) && half > .zero
        let shortened = max(half, asked)
        return isUseful && !budget.isSpent(at: now.advanced(by: shortened)) ? shortened : nil
    }

    /// The peer has pointed elsewhere, and the transport goes there within the same attempt.
    public mutating func attemptRedirected(at now: TransportInstant) -> Action {
        guard let since = attemptStart else { return ended() }
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

    /// The transport is shutting down: what goes on may end, but nothing is tried again. Returns what to do now, if anything.
    public mutating func drainBegan(at now: TransportInstant) -> Action? {
        switch state {
        case .attempting(let since):
            state = .lastAttempt(since: since)
            return nil
        case .pausing(let last):
            return fail(withoutRetry(last), at: now)
        case .ready, .lastAttempt, .ended:
            return nil
        }
    }

    /// The call ends early: the caller has cancelled it, or the client shuts down. No attempt follows.
    public mutating func interrupted(by failure: RequestReplyFailure, at now: TransportInstant) -> Action {
        if let since = attemptStart {
            record(failure, since: since, at: now)
        }
        return fail(failure, at: now)
    }

    /// How many attempts there were so far.
    public private(set) var attemptCount = 0

    /// The call has its answer.
    public mutating func attemptSucceeded() {
        state = .ended
    }

    /// A failure that a retry might have helped, in the words of a call that has no time for one.
    private func withoutTime(_ failure: RequestReplyFailure) -> RequestReplyFailure {
        guard failure.kind != .budgetSpent else { return failure }
        var last = failure
        if let wait = failure.retryAfter, wait > .zero {
            last.text.append("; it asks to wait \(DurationText.format(wait)), and")
        } else {
            last.text.append(";")
        }
        last.text.append(
            " the call limit of \(DurationText.format(budget.limit.value)) (\(budget.limit.source)) leaves no time for another attempt"
        )
        return last
    }

    /// A failure that a retry might have helped, in the words of a call that gets none.
    private func withoutRetry(_ failure: RequestReplyFailure) -> RequestReplyFailure {
        var last = failure
        last.text.append("; the transport is shutting down, so no other attempt is made")
        return last
    }

    /// When the attempt that is under way began.
    private var attemptStart: TransportInstant? {
        switch state {
        case .attempting(let since), .lastAttempt(let since): since
        case .ready, .pausing, .ended: nil
        }
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
