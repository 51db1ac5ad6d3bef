import NIOConcurrencyHelpers
import TestSupport
import Testing
import TransportCore

@testable import PoolManager

/// Connections that a pool lends to threads.
@Suite struct ThreadConnectionsTests {
    private static let unlimited = PoolLimits(maxConnections: .max, maxIdle: 3, idleTime: .seconds(60))

    /// A connection on loan, and what it becomes off its loop.
    private struct Opened {
        let pooled: ScriptedConnection
        let detached: ScriptedThreadConnection
    }

    /// Opens connections that can leave their loop.
    private func open(_ count: Int, in fixture: PoolFixture) throws -> [Opened] {
        try (0..<count).map { _ in
            let detached = ScriptedThreadConnection()
            let attempt = fixture.connector.attempts.count
            let caller = fixture.lease()
            let connection = ScriptedConnection(on: fixture.loop, detached: detached)
            fixture.loop.perform { fixture.connector.attempts[attempt].end(.success(connection)) }
            return Opened(pooled: try #require(caller.connection), detached: detached)
        }
    }

    /// Gives a connection back to the pool, and has it kept for threads.
    @discardableResult
    private func keep(_ opened: Opened, in fixture: PoolFixture, upTo most: Int = .max) -> ScriptedThreadConnection {
        fixture.giveBack(opened.pooled)
        fixture.loop.perform { fixture.pool.keepForThreads(upTo: most) }
        return opened.detached
    }

    private func kept(_ count: Int, in fixture: PoolFixture) throws -> [ScriptedThreadConnection] {
        try open(count, in: fixture).map { keep($0, in: fixture) }
    }

    @Test("an idle connection leaves the loop, is lent to a thread and comes back, and counts all the time")
    func lending() throws {
        let fixture = try PoolFixture(Self.unlimited)
        #expect(fixture.pool.takeForThread() == nil)
        let detached = try kept(1, in: fixture)[0]
        #expect(fixture.figures == PoolFigures(idle: 1))
        let taken = try #require(fixture.pool.takeForThread())
        #expect(taken === detached)
        #expect(fixture.figures == PoolFigures(leased: 1))
        #expect(fixture.pool.takeForThread() == nil)
        fixture.pool.giveBack(taken)
        #expect(fixture.figures == PoolFigures(idle: 1))
        #expect(!detached.isClosed)
    }

    @Test("a caller on the loop that prefers a new one gets none of those")
    func preferringNew() throws {
        let fixture = try PoolFixture(Self.unlimited)
        let detached = try kept(1, in: fixture)[0]
        let caller = fixture.lease(prefersNew: true)
        #expect(fixture.open(1) === caller.connection)
        #expect(fixture.pool.takeForThread() === detached)
    }

    @Test("a caller on the loop gets one of those that no thread uses, before another one is opened")
    func returning() throws {
        let fixture = try PoolFixture(Self.unlimited)
        let detached = try kept(1, in: fixture)[0]
        let pooled = ScriptedConnection(on: fixture.loop)
        detached.returns(as: pooled)
        let caller = fixture.lease()
        #expect(caller.connection === pooled)
        #expect(fixture.connector.attempts.count == 1)
        #expect(fixture.figures == PoolFigures(leased: 1))
        #expect(!detached.isClosed)
        fixture.giveBack(pooled)
        #expect(fixture.figures == PoolFigures(idle: 1))
        #expect(fixture.lease().connection === pooled)
        _ = fixture.lease()
        #expect(fixture.connector.attempts.count == 2)
    }

    @Test("one that cannot return to the loop is like one that could not be opened")
    func notReturning() throws {
        let fixture = try PoolFixture(Self.unlimited)
        _ = try kept(1, in: fixture)
        let caller = fixture.lease()
        #expect(caller.failure?.kind == .staleConnection)
        #expect(fixture.figures == PoolFigures())
    }

    @Test("one that its peer has left is closed within 5 s, though nobody wants it")
    func left() throws {
        let fixture = try PoolFixture(Self.unlimited)
        let detached = try kept(2, in: fixture)
        fixture.loop.advance(by: .seconds(4))
        detached[0].isQuiet = false
        #expect(!detached[0].isClosed)
        fixture.loop.advance(by: .seconds(1))
        #expect(detached.map(\.isClosed) == [true, false])
        #expect(fixture.figures == PoolFigures(idle: 1))
    }

    @Test("the one that was used last is lent first")
    func order() throws {
        let fixture = try PoolFixture(Self.unlimited)
        let detached = try kept(3, in: fixture)
        #expect(fixture.pool.takeForThread() === detached[2])
        #expect(fixture.pool.takeForThread() === detached[1])
        fixture.pool.giveBack(detached[2])
        #expect(fixture.pool.takeForThread() === detached[2])
    }

    @Test("threads get no more than they ask for, those that are lent included; the others stay where they are")
    func most() throws {
        let fixture = try PoolFixture(Self.unlimited)
        let opened = try open(2, in: fixture)
        keep(opened[0], in: fixture, upTo: 1)
        #expect(fixture.pool.takeForThread() === opened[0].detached)
        keep(opened[1], in: fixture, upTo: 1)
        #expect(fixture.pool.takeForThread() == nil)
        #expect(fixture.figures == PoolFigures(idle: 1, leased: 1))
    }

    @Test(
        "where the number or the life of connections is limited they stay on their loop",
        arguments: [
            PoolLimits(maxConnections: 5, maxIdle: 5), PoolLimits(maxConnections: .max, maxIdle: 5, lifetime: .seconds(60)),
        ]
    )
    func limited(limits: PoolLimits) throws {
        let fixture = try PoolFixture(limits)
        _ = try kept(1, in: fixture)
        #expect(fixture.pool.takeForThread() == nil)
        #expect(fixture.figures == PoolFigures(idle: 1))
    }

    @Test("a connection that cannot leave its loop stays usable there")
    func undetachable() throws {
        let fixture = try PoolFixture(Self.unlimited)
        let connection = try fixture.leaseOpen()
        fixture.giveBack(connection)
        fixture.loop.perform { fixture.pool.keepForThreads(upTo: 8) }
        #expect(fixture.pool.takeForThread() == nil)
        #expect(try fixture.leaseOpen() === connection)
    }

    @Test("one that has received something meanwhile is closed, and the next one lent")
    func notQuiet() throws {
        let fixture = try PoolFixture(Self.unlimited)
        let detached = try kept(2, in: fixture)
        detached[1].isQuiet = false
        #expect(fixture.pool.takeForThread() === detached[0])
        #expect(detached[1].isClosed)
        #expect(fixture.figures == PoolFigures(leased: 1))
    }

    @Test("one that comes back unusable is closed")
    func notReusable() throws {
        let fixture = try PoolFixture(Self.unlimited)
        let detached = try kept(1, in: fixture)[0]
        let taken = try #require(fixture.pool.takeForThread())
        detached.isReusable = false
        fixture.pool.giveBack(taken)
        #expect(detached.isClosed)
        #expect(fixture.figures == PoolFigures())
    }

    @Test("one that nobody has used for too long is closed, at its time and not before")
    func idleTime() throws {
        let fixture = try PoolFixture(Self.unlimited)
        let opened = try open(2, in: fixture)
        let first = keep(opened[0], in: fixture)
        fixture.loop.advance(by: .seconds(20))
        let second = keep(opened[1], in: fixture)
        fixture.loop.advance(by: .nanoseconds(39_999_999_999))
        #expect(!first.isClosed)
        fixture.loop.advance(by: .nanoseconds(1))
        #expect(first.isClosed)
        #expect(!second.isClosed)
        fixture.loop.advance(by: .seconds(20))
        #expect(second.isClosed)
        #expect(fixture.figures == PoolFigures())
        #expect(fixture.loop.timerCount == 0)
    }

    @Test("use begins the time anew, however often it is used")
    func idleTimeAnew() throws {
        let fixture = try PoolFixture(Self.unlimited)
        let detached = try kept(1, in: fixture)[0]
        for _ in 0..<5 {
            fixture.loop.advance(by: .seconds(50))
            fixture.pool.giveBack(try #require(fixture.pool.takeForThread()))
        }
        #expect(!detached.isClosed)
        fixture.loop.advance(by: .seconds(60))
        #expect(detached.isClosed)
    }

    @Test("one whose time is over is not lent, though its timer has not fired yet")
    func lateTimer() throws {
        let fixture = try PoolFixture(Self.unlimited)
        let wasLent = NIOLockedValueBox<Bool?>(nil)
        fixture.loop.perform {
            _ = fixture.loop.schedule(at: fixture.loop.now.advanced(by: .seconds(60))) {
                wasLent.withLockedValue { $0 = fixture.pool.takeForThread() != nil }
            }
        }
        let detached = try kept(1, in: fixture)[0]
        fixture.loop.advance(by: .seconds(60))
        #expect(wasLent.withLockedValue { $0 } == false)
        #expect(detached.isClosed)
    }

    @Test("of more than may be idle, those that were used longest ago are closed")
    func maxIdle() throws {
        let fixture = try PoolFixture(Self.unlimited)
        let detached = try kept(5, in: fixture)
        #expect(detached.map(\.isClosed) == [true, true, false, false, false])
    }

    @Test("limits that another client brings hold for them too")
    func sharedLimits() throws {
        let fixture = try PoolFixture(Self.unlimited)
        let opened = try open(2, in: fixture)
        let detached = keep(opened[0], in: fixture)
        fixture.loop.advance(by: .seconds(10))
        let later = keep(opened[1], in: fixture)
        _ = fixture.manager.pool(for: PoolFixture.origin, limits: PoolLimits(maxConnections: 1, maxIdle: 9, idleTime: .seconds(5)))
        fixture.loop.runQueued()
        #expect(detached.isClosed)
        #expect(!later.isClosed)
        fixture.loop.advance(by: .seconds(5))
        #expect(later.isClosed)
    }

    @Test("what is idle is closed where somebody needs what it takes; what is lent is not")
    func closeIdle() throws {
        let fixture = try PoolFixture(Self.unlimited)
        let detached = try kept(2, in: fixture)
        _ = fixture.pool.takeForThread()
        fixture.manager.closeIdle()
        fixture.loop.runQueued()
        #expect(detached.map(\.isClosed) == [true, false])
        #expect(fixture.figures == PoolFigures(leased: 1))
    }

    @Test("a shutdown closes what is idle, lends nothing more, and ends when the last one has come back")
    func shutdown() async throws {
        let fixture = try PoolFixture(Self.unlimited)
        let detached = try kept(2, in: fixture)
        let taken = try #require(fixture.pool.takeForThread())
        let isOver = NIOLockedValueBox(false)
        fixture.pool.beginShutdown()
        fixture.pool.whenFinished { isOver.withLockedValue { $0 = true } }
        fixture.loop.runQueued()
        #expect(detached[0].isClosed)
        #expect(fixture.pool.takeForThread() == nil)
        #expect(!isOver.withLockedValue { $0 })
        #expect(fixture.loop.timerCount == 0)
        fixture.pool.giveBack(taken)
        fixture.loop.runQueued()
        #expect(detached[1].isClosed)
        #expect(isOver.withLockedValue { $0 })
    }
}
