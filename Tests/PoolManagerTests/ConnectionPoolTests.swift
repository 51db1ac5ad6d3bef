import NIOConcurrencyHelpers
import TestSupport
import Testing
import TransportCore

@testable import PoolManager

@Suite struct ConnectionPoolTests {
    @Test("an idle connection is lent before lease returns")
    func lendsIdleConnectionAtOnce() throws {
        let fixture = try PoolFixture()
        let connection = try fixture.leaseOpen()
        fixture.giveBack(connection)
        let answered = Caller()
        let wasAnswered = fixture.loop.perform {
            _ = fixture.pool.lease(PoolFixture.limits()) { answered.answered($0) }
            return answered.answerCount == 1
        }
        #expect(wasAnswered)
        #expect(answered.connection === connection)
        #expect(fixture.connector.attempts.count == 1)
    }

    @Test("each attempt gets the limits of the caller that it is begun for")
    func passesOnLimits() throws {
        let fixture = try PoolFixture(.of(1))
        _ = fixture.lease(call: .seconds(1), deadline: ms(1_000))
        _ = fixture.lease(call: .seconds(2), deadline: ms(2_000))
        fixture.loop.perform {
            fixture.connector.attempts[0].end(.failure(RequestReplyFailure(.connectFailed, "refused")))
        }
        #expect(fixture.connector.attempts.map(\.limits.deadline) == [ms(1_000), ms(2_000)])
        #expect(fixture.connector.attempts.map(\.origin) == [PoolFixture.origin, PoolFixture.origin])
    }

    @Test("a caller whose connection cannot be opened is told why")
    func reportsConnectFailure() throws {
        let fixture = try PoolFixture()
        let caller = fixture.lease()
        let failure = RequestReplyFailure(.nameNotResolved, "bar.foo.com has no address")
        fixture.loop.perform { fixture.connector.attempts[0].end(.failure(failure)) }
        #expect(caller.failure == failure)
        #expect(caller.answerCount == 1)
        #expect(fixture.figures == PoolFigures())
    }

    @Test("the attempt of a call that is over fails nobody else")
    func sparesOthersFromASpentCall() throws {
        let fixture = try PoolFixture(.of(1))
        let first = fixture.lease(call: .seconds(1))
        let second = fixture.lease()
        fixture.loop.perform {
            first.ticket.map(fixture.pool.cancelLease)
            fixture.connector.attempts[0].end(.failure(RequestReplyFailure(.budgetSpent, "too late")))
        }
        fixture.open(1)
        #expect(second.connection != nil)
        #expect(first.answerCount == 0)
    }

    @Test("a call that ends in line learns what it waited for")
    func saysWhatWasWaitedFor() throws {
        let fixture = try PoolFixture(.of(2))
        _ = try fixture.leaseOpen()
        _ = try fixture.leaseOpen()
        let caller = fixture.lease(call: .milliseconds(1_500), deadline: ms(1_500))
        fixture.loop.advance(to: ms(1_499))
        #expect(caller.answerCount == 0)
        fixture.loop.advance(to: ms(1_500))
        #expect(caller.failure?.kind == .budgetSpent)
        #expect(
            caller.failure?.message
                == "the call limit of 1500 ms (default) passed while waiting for one of the 2 connections to bar.foo.com:8080"
        )
    }

    @Test("a call that ends while its connection is being opened learns that")
    func saysThatAConnectionWasBeingOpened() throws {
        let fixture = try PoolFixture(.of(2))
        let caller = fixture.lease(call: .seconds(1), deadline: ms(1_000))
        fixture.loop.advance(by: .seconds(1))
        #expect(
            caller.failure?.message == "the call limit of 1 s (default) passed while opening a connection to bar.foo.com:8080"
        )
        #expect(fixture.connector.attempts[0].isCancelled)
    }

    @Test("a call that ends while no connection can be opened learns why, whether or not one was being opened for it")
    func saysWhyNoneCouldBeOpened() throws {
        let fixture = try PoolFixture(.of(1))
        let refused = RequestReplyFailure(.connectFailed, "refused")
        _ = fixture.lease()
        fixture.loop.perform { fixture.connector.attempts[0].end(.failure(refused)) }
        let first = fixture.lease(deadline: ms(1_000))
        let second = fixture.lease(deadline: ms(1_500))
        fixture.loop.perform { fixture.connector.attempts[1].end(.failure(RequestReplyFailure(.budgetSpent, "too late"))) }
        fixture.loop.advance(to: ms(1_500))
        #expect([first.failure, second.failure] == [refused, refused])
        fixture.loop.perform { fixture.connector.attempts[2].end(.failure(RequestReplyFailure(.cancelled, "called off"))) }
        _ = try fixture.leaseOpen()
        let third = fixture.lease(deadline: ms(2_000))
        fixture.loop.advance(to: ms(2_000))
        #expect(third.failure?.kind == .budgetSpent)
    }

    @Test("what an attempt ends with that the pool has called off is no reason for anybody else", arguments: [true, false])
    func forgetsWhatWasCalledOff(byDeadline: Bool) throws {
        let fixture = try PoolFixture(.of(1))
        let first = fixture.lease(deadline: ms(1_000))
        if byDeadline {
            fixture.loop.advance(to: ms(1_000))
        } else {
            fixture.loop.perform { first.ticket.map(fixture.pool.cancelLease) }
        }
        #expect(fixture.connector.attempts[0].isCancelled)
        fixture.loop.perform { fixture.connector.attempts[0].end(.failure(RequestReplyFailure(.cancelled, "called off"))) }
        let second = fixture.lease(deadline: ms(2_000))
        fixture.loop.advance(to: ms(2_000))
        #expect(second.failure?.kind == .budgetSpent)
    }

    @Test("an attempt that was called off does not make up for the one that failed before it")
    func keepsTheReasonBeforeWhatWasCalledOff() throws {
        let fixture = try PoolFixture(.of(1))
        let refused = RequestReplyFailure(.connectFailed, "refused")
        _ = fixture.lease()
        fixture.loop.perform { fixture.connector.attempts[0].end(.failure(refused)) }
        _ = fixture.lease(deadline: ms(1_000))
        fixture.loop.advance(to: ms(1_000))
        fixture.loop.perform { fixture.connector.attempts[1].end(.failure(RequestReplyFailure(.timedOut, "called off late"))) }
        let third = fixture.lease(deadline: ms(2_000))
        fixture.loop.advance(to: ms(2_000))
        #expect(third.failure == refused)
    }

    @Test("what is idle is closed where somebody needs the room, and what is on loan stays")
    func closesWhatIsIdle() throws {
        let fixture = try PoolFixture(.of(2))
        let (first, second) = (try fixture.leaseOpen(), try fixture.leaseOpen())
        fixture.giveBack(first)
        fixture.loop.perform { fixture.manager.closeIdle() }
        #expect(fixture.figures == PoolFigures(leased: 1))
        fixture.giveBack(second)
        #expect(try fixture.leaseOpen() === second)
    }

    @Test("a full line refuses at once and says what to do")
    func refusesWhenTheLineIsFull() throws {
        let fixture = try PoolFixture(.of(1, waiting: 2))
        _ = try fixture.leaseOpen()
        _ = fixture.lease()
        _ = fixture.lease()
        let caller = fixture.lease()
        #expect(caller.failure?.kind == .poolExhausted)
        #expect(
            caller.failure?.message
                == """
                too many calls (2) wait for the only connection to bar.foo.com:8080 already; \
                allow more connections or make fewer calls at a time
                """
        )
    }

    @Test("cancelling a lease completes nothing and calls off the attempt begun for it")
    func cancels() throws {
        let fixture = try PoolFixture()
        let caller = fixture.lease()
        fixture.loop.perform { caller.ticket.map(fixture.pool.cancelLease) }
        #expect(fixture.connector.attempts[0].isCancelled)
        fixture.loop.perform { fixture.connector.attempts[0].end(.failure(RequestReplyFailure(.cancelled, "called off"))) }
        #expect(caller.answerCount == 0)
        #expect(fixture.figures == PoolFigures())
    }

    @Test("the ticket of a lease that was granted cancels nobody else")
    func ignoresSpentTickets() throws {
        let fixture = try PoolFixture(.of(1))
        let first = fixture.lease()
        let connection = fixture.open(0)
        let second = fixture.lease()
        fixture.loop.perform { first.ticket.map(fixture.pool.cancelLease) }
        fixture.giveBack(connection)
        #expect(second.connection === connection)
    }

    @Test("an idle connection that the peer closes is never lent")
    func forgetsClosedConnections() throws {
        let fixture = try PoolFixture()
        let connection = try fixture.leaseOpen()
        fixture.giveBack(connection)
        fixture.loop.perform { connection.end() }
        #expect(fixture.figures == PoolFigures())
        _ = fixture.lease()
        #expect(fixture.connector.attempts.count == 2)
        #expect(connection.closeCount == 0)
    }

    @Test("an idle connection that received something it should not have is closed instead of being lent")
    func discardsSpoiledConnections() throws {
        let fixture = try PoolFixture()
        let first = try fixture.leaseOpen()
        let second = try fixture.leaseOpen()
        fixture.giveBack(first)
        fixture.giveBack(second)
        second.isReusable = false
        #expect(fixture.lease().connection === first)
        #expect(second.closeCount == 1)
        #expect(fixture.figures == PoolFigures(leased: 1))
    }

    @Test("a connection that is not reusable is closed when it is given back, and replaced for who waits")
    func replacesUnusableConnections() throws {
        let fixture = try PoolFixture(.of(1))
        let connection = try fixture.leaseOpen(closesLater: true)
        let caller = fixture.lease()
        connection.isReusable = false
        fixture.giveBack(connection)
        #expect(connection.closeCount == 1)
        fixture.open(1)
        #expect(caller.connection != nil)
        fixture.loop.perform { connection.end() }
        #expect(fixture.figures == PoolFigures(leased: 1))
    }

    @Test("a connection that closes on loan is replaced at once; giving it back then changes nothing")
    func countsAClosedLoanOnce() throws {
        let fixture = try PoolFixture(.of(1))
        let connection = try fixture.leaseOpen()
        let caller = fixture.lease()
        fixture.loop.perform { connection.end() }
        let replacement = fixture.open(1)
        #expect(caller.connection === replacement)
        fixture.giveBack(connection)
        #expect(fixture.figures == PoolFigures(leased: 1))
        #expect(connection.closeCount == 0)
    }

    @Test("a connection that is closed by the time it is handed over is still accounted for")
    func survivesAConnectionThatIsBornDead() throws {
        let fixture = try PoolFixture(.of(1)) { loop in
            let connection = ScriptedConnection(on: loop)
            connection.end()
            return .success(connection)
        }
        let caller = fixture.lease()
        #expect(caller.answerCount == 1)
        #expect(caller.connection?.isClosed == true)
        #expect(fixture.figures == PoolFigures())
    }

    @Test("attempts that fail before they have begun fail a long line one by one, however long it is")
    func failsALongLineWithoutDeepRecursion() throws {
        let refusing = NIOLockedValueBox(false)
        let fixture = try PoolFixture(.of(1, waiting: 100_000)) { loop in
            refusing.withLockedValue { $0 }
                ? .failure(RequestReplyFailure(.misconfigured, "no such certificate")) : .success(ScriptedConnection(on: loop))
        }
        let connection = try #require(fixture.lease().connection)
        let callers = (0..<20_000).map { _ in fixture.lease() }
        refusing.withLockedValue { $0 = true }
        fixture.loop.perform { connection.end() }
        #expect(callers.allSatisfy { $0.answerCount == 1 && $0.failure?.kind == .misconfigured })
        #expect(fixture.connector.attempts.count == 1 + 20_000)
        #expect(fixture.figures == PoolFigures())
    }

    @Test("a caller may ask again while it is being answered")
    func allowsLeasingInsideACompletion() throws {
        let fixture = try PoolFixture(.of(2))
        let inner = Caller()
        let pool = fixture.pool
        fixture.loop.perform {
            _ = pool.lease(PoolFixture.limits()) { _ in
                inner.ticket = pool.lease(PoolFixture.limits()) { inner.answered($0) }
            }
        }
        fixture.open(0)
        let connection = fixture.open(1)
        #expect(inner.connection === connection)
        #expect(fixture.figures == PoolFigures(leased: 2))
    }

    @Test("a caller may give the connection back while it is being answered")
    func allowsGivingBackInsideACompletion() throws {
        let fixture = try PoolFixture(.of(1))
        let second = Caller()
        let pool = fixture.pool
        fixture.loop.perform {
            _ = pool.lease(PoolFixture.limits()) { result in
                if case .success(let connection) = result {
                    pool.giveBack(connection)
                }
            }
            second.ticket = pool.lease(PoolFixture.limits()) { second.answered($0) }
        }
        let connection = fixture.open(0)
        #expect(second.connection === connection)
    }

    @Test("pool_ttl passes: an idle connection closes by itself", arguments: [(0.0, 16), (0.5, 17), (1.0, 18)])
    func closesExpiredConnections(chance: Double, end: Int64) throws {
        let fixture = try PoolFixture(.of(1, life: .seconds(15)), chance: chance)
        let connection = try fixture.leaseOpen()
        fixture.giveBack(connection)
        fixture.loop.advance(to: ms(end * 1_000 - 1))
        #expect(connection.closeCount == 0)
        fixture.loop.advance(to: ms(end * 1_000))
        #expect(connection.closeCount == 1)
        #expect(fixture.figures == PoolFigures())
        #expect(fixture.loop.timerCount == 0)
    }

    @Test("one timer serves all, and one whose cancellation came too late does no harm", arguments: [true, false])
    func usesOneTimer(cancelsTimers: Bool) throws {
        let fixture = try PoolFixture(.of(1), cancelsTimers: cancelsTimers)
        let connection = try fixture.leaseOpen()
        let callers = (1...10).reversed().map { fixture.lease(deadline: ms($0 * 100)) }
        #expect(fixture.loop.timerCount == (cancelsTimers ? 1 : 10))
        fixture.loop.advance(to: ms(500))
        #expect(callers.map(\.answerCount) == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
        fixture.giveBack(connection)
        #expect(callers[0].connection === connection)
        fixture.loop.advance(to: ms(2_000))
        #expect(callers.allSatisfy { $0.answerCount == 1 })
    }

    @Test("lending and giving back set no timer of their own")
    func keepsTheTimerOnTheHotPath() throws {
        let fixture = try PoolFixture(.of(1, life: .seconds(15), idleTime: .seconds(5)), cancelsTimers: false)
        for _ in 0..<1_000 {
            fixture.giveBack(try fixture.leaseOpen())
            fixture.loop.advance(by: .milliseconds(1))
        }
        // One for the end of its life, and an earlier one for the first time that it was unused.
        #expect(fixture.loop.timerCount == 2)
    }
}
