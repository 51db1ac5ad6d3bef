import Testing

@testable import TransportCore

@Suite struct RetryMachineTests {
    private static let policy = RetryPolicy(firstPause: .milliseconds(10), maxPause: .milliseconds(50), jitter: 0.5)
    private static let lost = RequestReplyFailure(.connectionLost, "the connection was lost")
    private static let stale = RequestReplyFailure(.staleConnection, "the kept connection was closed")

    private func machine(call: Duration = .seconds(60), policy: RetryPolicy = policy) -> RetryMachine {
        RetryMachine(policy: policy, budget: CallBudget(start: .zero, limit: Setting(call, from: .byDefault)))
    }

    private func at(_ milliseconds: Int64) -> TransportInstant { TransportInstant(nanoseconds: milliseconds * 1_000_000) }

    private func failure(of action: RetryMachine.Action, _ location: SourceLocation = #_sourceLocation) throws -> RequestReplyFailure {
        guard case .fail(let failure) = action else {
            Issue.record("\(action) instead of a failure", sourceLocation: location)
            throw Self.lost
        }
        return failure
    }

    @Test("the first attempt is made at once")
    func first() {
        var machine = machine()
        #expect(machine.callStarted(at: at(0)) == .attempt)
    }

    @Test("pauses double up to the cap, and chance takes its share of each")
    func pauses() {
        var machine = machine()
        var now = at(0)
        #expect(machine.callStarted(at: now) == .attempt)
        for (chance, milliseconds) in [(0.0, 10), (0.0, 20), (1.0, 20), (0.5, 37.5), (1.0, 25), (0.0, 50)] {
            let next = now.advanced(byNanoseconds: Int64(milliseconds * 1_000_000))
            #expect(machine.attemptFailed(Self.lost, at: now, chance: chance) == .pause(until: next))
            #expect(machine.pauseEnded(at: next) == .attempt)
            now = next
        }
    }

    @Test("a failure that no retry helps ends the call at once, with its attempt on record")
    func final() throws {
        var machine = machine()
        #expect(machine.callStarted(at: at(3)) == .attempt)
        let refused = RequestReplyFailure(.finalStatus, "the answer has status 404 Not Found", status: 404)
        let failure = try failure(of: machine.attemptFailed(refused, at: at(10), chance: 0))
        #expect(failure.kind == .finalStatus)
        #expect(failure.status == 404)
        #expect(failure.attemptCount == 1)
        #expect(failure.elapsed == .milliseconds(10))
        #expect(failure.attempts == [AttemptRecord(offset: .milliseconds(3), duration: .milliseconds(7), message: refused.message)])
    }

    @Test("a policy that retries everything retries that as well")
    func everything() {
        var machine = machine(policy: RetryPolicy(firstPause: .milliseconds(10), jitter: 0, retriesEverything: true))
        #expect(machine.callStarted(at: at(0)) == .attempt)
        #expect(machine.attemptFailed(RequestReplyFailure(.finalStatus, "404"), at: at(0), chance: 0) == .pause(until: at(10)))
    }

    // MARK: Retry-After

    @Test("a wait that the peer asks for is kept, however long the pause would have been")
    func retryAfter() {
        var machine = machine()
        let busy = RequestReplyFailure(.passingStatus, "503", status: 503, retryAfter: .seconds(7))
        #expect(machine.callStarted(at: at(0)) == .attempt)
        #expect(machine.attemptFailed(busy, at: at(1), chance: 1) == .pause(until: at(7001)))
    }

    @Test("a peer cannot make the pauses shorter than they are", arguments: [Duration.zero, .milliseconds(1)])
    func retryAfterNothing(wait: Duration) {
        var machine = machine()
        let busy = RequestReplyFailure(.passingStatus, "503", status: 503, retryAfter: wait)
        #expect(machine.callStarted(at: at(0)) == .attempt)
        #expect(machine.attemptFailed(busy, at: at(0), chance: 0) == .pause(until: at(10)))
        #expect(machine.pauseEnded(at: at(10)) == .attempt)
        #expect(machine.attemptFailed(busy, at: at(10), chance: 0) == .pause(until: at(30)))
    }

    @Test("a wait beyond the call's time ends the call at once and says so")
    func retryAfterTooLate() throws {
        var machine = machine(call: .seconds(5))
        let busy = RequestReplyFailure(.passingStatus, "the answer has status 503", status: 503, retryAfter: .seconds(120))
        #expect(machine.callStarted(at: at(0)) == .attempt)
        let failure = try failure(of: machine.attemptFailed(busy, at: at(20), chance: 0))
        #expect(failure.kind == .passingStatus)
        #expect(failure.message.hasPrefix("the answer has status 503; "))
        #expect(failure.message.contains("2 min"))
        #expect(failure.message.contains("5 s (default)"))
        #expect(failure.elapsed == .milliseconds(20))
    }

    // MARK: Time

    @Test("another attempt is made only where at least 1 ms would be left for it", arguments: [(1010, true), (1011, true), (1009, false)])
    func leastRest(call: Int64, retries: Bool) {
        var machine = machine(call: .nanoseconds(call * 1_000_000 - (call == 1011 ? 1 : 0) + 1_000_000))
        #expect(machine.callStarted(at: at(0)) == .attempt)
        let action = machine.attemptFailed(Self.lost, at: at(1000), chance: 0)
        if retries {
            #expect(action == .pause(until: at(1010)))
        } else {
            #expect(throws: Never.self) { try failure(of: action) }
        }
    }

    @Test("a call that has used up its time before it begins makes no attempt")
    func spentBeforeStart() throws {
        var machine = machine(call: .seconds(1))
        let failure = try failure(of: machine.callStarted(at: at(1000)))
        #expect(failure.kind == .budgetSpent)
        #expect(failure.attemptCount == 0)
        #expect(failure.attempts.isEmpty)
    }

    @Test("a pause that ended too late ends the call with the failure before it")
    func latePause() throws {
        var machine = machine(call: .seconds(1))
        #expect(machine.callStarted(at: at(0)) == .attempt)
        #expect(machine.attemptFailed(Self.lost, at: at(5), chance: 0) == .pause(until: at(15)))
        let failure = try failure(of: machine.pauseEnded(at: at(1000)))
        #expect(failure.kind == .connectionLost)
        #expect(failure.attemptCount == 1)
        #expect(failure.elapsed == .seconds(1))
    }

    @Test("the failure of an attempt that ran out of time stands for the call, without a word about another attempt")
    func outOfTime() throws {
        var machine = machine(call: .seconds(1))
        #expect(machine.callStarted(at: at(0)) == .attempt)
        let limit = Setting(Duration.seconds(1), from: .byDefault)
        let spent = CallBudget.spentFailure(limit, while: "the answer was awaited")
        let failure = try failure(of: machine.attemptFailed(spent, at: at(1000), chance: 0))
        #expect(failure.kind == .budgetSpent)
        #expect(failure.message == spent.message)
    }

    @Test("the sum of pauses and attempts never leaves the call's time", arguments: [0.0, 0.3, 1.0])
    func bounded(chance: Double) throws {
        var machine = machine(call: .seconds(2))
        var now = at(0)
        var action = machine.callStarted(at: now)
        var attempts = 0
        loop: while true {
            switch action {
            case .attempt:
                attempts += 1
                now = now.advanced(by: .milliseconds(7))
                #expect(now.nanoseconds <= 2_007_000_000)
                action = machine.attemptFailed(Self.lost, at: now, chance: chance)
            case .pause(let until):
                #expect(until.nanoseconds <= 1_999_000_000)
                now = until
                action = machine.pauseEnded(at: now)
            case .fail(let failure):
                #expect(failure.attemptCount == attempts)
                #expect(failure.attempts.count <= 2 * RetryMachine.recordsKept)
                break loop
            }
        }
        #expect(attempts > 30)
    }

    @Test("a pause that does not fit is cut to half of what is left, as long as that is worth it")
    func shortened() throws {
        var machine = machine(call: .milliseconds(100))
        #expect(machine.callStarted(at: at(0)) == .attempt)
        #expect(machine.attemptFailed(Self.lost, at: at(0), chance: 0) == .pause(until: at(10)))
        #expect(machine.pauseEnded(at: at(10)) == .attempt)
        #expect(machine.attemptFailed(Self.lost, at: at(50), chance: 0) == .pause(until: at(70)))
        #expect(machine.pauseEnded(at: at(70)) == .attempt)
        #expect(machine.attemptFailed(Self.lost, at: at(70), chance: 0) == .pause(until: at(85)))
        #expect(machine.pauseEnded(at: at(85)) == .attempt)
        let failure = try failure(of: machine.attemptFailed(Self.lost, at: at(85), chance: 0))
        #expect(failure.message.hasSuffix("leaves no time for another attempt"))
        #expect(failure.attemptCount == 4)
    }

    // MARK: Draining

    @Test("a transport that shuts down lets an attempt end, and makes no other one")
    func drainDuringAttempt() throws {
        var machine = machine()
        #expect(machine.callStarted(at: at(0)) == .attempt)
        #expect(machine.drainBegan(at: at(1)) == nil)
        let failure = try failure(of: machine.attemptFailed(Self.lost, at: at(2), chance: 0))
        #expect(failure.kind == .connectionLost)
        #expect(failure.message == "the connection was lost; the transport is shutting down, so no other attempt is made")
        #expect(failure.attemptCount == 1)
    }

    @Test("a kept connection that turns out to be closed is not made again during a shutdown either")
    func drainThenStale() throws {
        var machine = machine()
        #expect(machine.callStarted(at: at(0)) == .attempt)
        #expect(machine.drainBegan(at: at(1)) == nil)
        #expect(try failure(of: machine.attemptFailed(Self.stale, at: at(2), chance: 0)).kind == .staleConnection)
    }

    @Test("a redirect is followed during a shutdown: it belongs to the attempt")
    func drainThenRedirect() {
        var machine = machine()
        #expect(machine.callStarted(at: at(0)) == .attempt)
        #expect(machine.drainBegan(at: at(1)) == nil)
        #expect(machine.attemptRedirected(at: at(2)) == .attempt)
    }

    @Test("a call that pauses ends at once, with the failure that it paused after")
    func drainDuringPause() throws {
        var machine = machine()
        #expect(machine.callStarted(at: at(0)) == .attempt)
        #expect(machine.attemptFailed(Self.lost, at: at(0), chance: 0) == .pause(until: at(10)))
        let action = machine.drainBegan(at: at(4))
        let failure = try failure(of: #require(action))
        #expect(failure.kind == .connectionLost)
        #expect(failure.elapsed == .milliseconds(4))
        #expect(machine.drainBegan(at: at(5)) == nil)
    }

    // MARK: Stale connections

    @Test("a stale connection is followed at once, and lengthens no pause")
    func staleConnection() {
        var machine = machine()
        #expect(machine.callStarted(at: at(0)) == .attempt)
        let late = RequestReplyFailure(.timedOut, "too late")
        #expect(machine.attemptFailed(Self.stale, at: at(1), chance: 0) == .attempt)
        #expect(machine.attemptFailed(late, at: at(1), chance: 0) == .pause(until: at(11)))
        #expect(machine.pauseEnded(at: at(11)) == .attempt)
        #expect(machine.attemptFailed(Self.stale, at: at(11), chance: 0) == .attempt)
        #expect(machine.attemptFailed(late, at: at(11), chance: 0) == .pause(until: at(31)))
    }

    @Test("another stale connection in a row is paused for, as any failure is: the request itself may be what its peers die of")
    func staleConnectionsInARow() {
        var machine = machine()
        #expect(machine.callStarted(at: at(0)) == .attempt)
        #expect(machine.attemptFailed(Self.stale, at: at(1), chance: 0) == .attempt)
        #expect(machine.attemptFailed(Self.stale, at: at(1), chance: 0) == .pause(until: at(11)))
        #expect(machine.pauseEnded(at: at(11)) == .attempt)
        #expect(machine.attemptFailed(Self.stale, at: at(11), chance: 0) == .pause(until: at(31)))
        #expect(machine.pauseEnded(at: at(31)) == .attempt)
        #expect(machine.attemptFailed(RequestReplyFailure(.timedOut, "too late"), at: at(31), chance: 0) == .pause(until: at(71)))
        #expect(machine.pauseEnded(at: at(71)) == .attempt)
        #expect(machine.attemptFailed(Self.stale, at: at(71), chance: 0) == .attempt)
    }

    @Test("nor is one followed at once after a new connection that was lost")
    func staleConnectionAfterALoss() {
        var machine = machine()
        #expect(machine.callStarted(at: at(0)) == .attempt)
        #expect(machine.attemptFailed(Self.stale, at: at(1), chance: 0) == .attempt)
        #expect(machine.attemptFailed(Self.lost, at: at(1), chance: 0) == .pause(until: at(11)))
        #expect(machine.pauseEnded(at: at(11)) == .attempt)
        #expect(machine.attemptFailed(Self.stale, at: at(11), chance: 0) == .pause(until: at(31)))
    }

    @Test("a stale connection with no time left ends the call")
    func staleWithoutTime() throws {
        var machine = machine(call: .seconds(1))
        #expect(machine.callStarted(at: at(0)) == .attempt)
        let failure = try failure(of: machine.attemptFailed(Self.stale, at: at(1000), chance: 0))
        #expect(failure.kind == .staleConnection)
    }

    // MARK: Redirects

    @Test("a redirect is followed at once as part of the same attempt, and lengthens no pause")
    func redirect() throws {
        var machine = machine()
        #expect(machine.callStarted(at: at(0)) == .attempt)
        for step in 1...3 {
            #expect(machine.attemptRedirected(at: at(Int64(step))) == .attempt)
        }
        #expect(machine.attemptFailed(Self.lost, at: at(5), chance: 0) == .pause(until: at(15)))
        #expect(machine.pauseEnded(at: at(15)) == .attempt)
        let refused = RequestReplyFailure(.redirect, "no further")
        let failure = try failure(of: machine.attemptFailed(refused, at: at(16), chance: 0))
        #expect(failure.attemptCount == 2)
        #expect(failure.attempts.map(\.duration) == [.milliseconds(5), .milliseconds(1)])
    }

    @Test("redirects end with the call's time")
    func redirectTooLate() throws {
        var machine = machine(call: .seconds(1))
        #expect(machine.callStarted(at: at(0)) == .attempt)
        let failure = try failure(of: machine.attemptRedirected(at: at(1000)))
        #expect(failure.kind == .budgetSpent)
        #expect(failure.attemptCount == 1)
        #expect(failure.attempts.map(\.duration) == [.seconds(1)])
    }

    // MARK: Ending

    @Test("an interruption ends the call in every state, once")
    func interruption() throws {
        let cancelled = RequestReplyFailure(.cancelled, "cancelled")

        var fresh = machine()
        #expect(try failure(of: fresh.interrupted(by: cancelled, at: at(0))).attempts.isEmpty)

        var attempting = machine()
        #expect(attempting.callStarted(at: at(0)) == .attempt)
        let duringAttempt = try failure(of: attempting.interrupted(by: cancelled, at: at(4)))
        #expect(duringAttempt.kind == .cancelled)
        #expect(duringAttempt.attemptCount == 1)
        #expect(duringAttempt.attempts == [AttemptRecord(offset: .zero, duration: .milliseconds(4), message: "cancelled")])

        var pausing = machine()
        #expect(pausing.callStarted(at: at(0)) == .attempt)
        #expect(pausing.attemptFailed(Self.lost, at: at(1), chance: 0) == .pause(until: at(11)))
        let duringPause = try failure(of: pausing.interrupted(by: cancelled, at: at(4)))
        #expect(duringPause.kind == .cancelled)
        #expect(
            duringPause.attempts == [
                AttemptRecord(offset: .zero, duration: .milliseconds(1), message: Self.lost.message, pause: .milliseconds(10))
            ]
        )
        #expect(throws: Never.self) { try failure(of: pausing.pauseEnded(at: at(11))) }
    }

    @Test("what comes after the end starts nothing")
    func afterTheEnd() {
        var machine = machine()
        #expect(machine.callStarted(at: at(0)) == .attempt)
        machine.attemptSucceeded()
        #expect(throws: Never.self) { try failure(of: machine.attemptFailed(Self.lost, at: at(1), chance: 0)) }
        #expect(throws: Never.self) { try failure(of: machine.attemptRedirected(at: at(1))) }
        #expect(throws: Never.self) { try failure(of: machine.pauseEnded(at: at(1))) }
        #expect(throws: Never.self) { try failure(of: machine.callStarted(at: at(1))) }
    }

    @Test("of many attempts the first and the last are on record, the others are counted")
    func records() throws {
        let flat = RetryPolicy(firstPause: .milliseconds(10), maxPause: .milliseconds(10), jitter: 0)
        var machine = machine(policy: flat)
        var now = at(0)
        #expect(machine.callStarted(at: now) == .attempt)
        for number in 0..<1000 {
            let next = now.advanced(by: .milliseconds(10))
            #expect(machine.attemptFailed(RequestReplyFailure(.timedOut, "\(number)"), at: now, chance: 0) == .pause(until: next))
            #expect(machine.pauseEnded(at: next) == .attempt)
            now = next
        }
        let failure = try failure(of: machine.attemptFailed(RequestReplyFailure(.finalStatus, "1000"), at: now, chance: 0))
        #expect(failure.attemptCount == 1001)
        let kept = Array(0..<8) + Array(993...1000)
        #expect(failure.attempts.map(\.message) == kept.map { "\($0)" })
        #expect(failure.attempts.dropLast().allSatisfy { $0.pause == .milliseconds(10) })
        #expect(failure.attempts.last?.pause == nil)
        #expect(failure.elapsed == .seconds(10))
    }
}
