import TestSupport
import Testing
import TransportCore

@testable import PoolManager

@Suite struct PoolManagerTests {
    private func origin(port: Int = 80, certificates: String? = nil) -> Origin {
        let tls = certificates.map { path in
            TLSSettings(trustCACerts: Setting(path, from: .line(file: "module.yaml", SourcePosition(line: 7, column: 3))))
        }
        return Origin(place: .tcp(host: "bar.foo.com", port: port), tls: tls)
    }

    @Test("clients of one origin share a pool; another port or other TLS settings mean another one")
    func keepsOnePoolPerOrigin() {
        let manager = PoolManager(connector: ScriptedConnector(on: ManualLoop()))
        let plain = manager.pool(for: origin(), limits: .of(1))
        #expect(manager.pool(for: origin(), limits: .of(1)) === plain)
        #expect(manager.pool(for: origin(port: 81), limits: .of(1)) !== plain)
        let secure = manager.pool(for: origin(certificates: "ca.pem"), limits: .of(1))
        #expect(secure !== plain)
        #expect(manager.pool(for: origin(certificates: "ca.pem"), limits: .of(1)) === secure)
        #expect(manager.pool(for: origin(certificates: "other.pem"), limits: .of(1)) !== secure)
    }

    @Test("a client that asks for more raises the limits of the pool that it shares")
    func sharesLimits() throws {
        let fixture = try PoolFixture(.of(1))
        _ = fixture.lease()
        let second = fixture.lease()
        #expect(fixture.connector.attempts.count == 1)
        _ = fixture.manager.pool(for: PoolFixture.origin, limits: .of(2))
        fixture.loop.runQueued()
        #expect(fixture.connector.attempts.count == 2)
        fixture.open(0)
        fixture.open(1)
        #expect(second.connection != nil)
    }

    @Test("pools that nobody uses any more are forgotten, and what they have is closed")
    func forgetsUnusedPools() async throws {
        let fixture = try PoolFixture()
        let onLoan = try fixture.leaseOpen()
        let manager = fixture.manager
        let idle = ScriptedConnection(on: fixture.loop, closesLater: true)
        fixture.loop.perform {
            let pool = manager.pool(for: origin(port: 1), limits: .of(1))
            _ = pool.lease(PoolFixture.limits()) { _ in pool.giveBack(idle) }
            fixture.connector.attempts[1].end(.success(idle))
        }
        for port in 2...1000 {
            _ = manager.pool(for: origin(port: port), limits: .of(1))
            fixture.loop.runQueued()
            #expect(manager.count <= 65)
        }
        #expect(idle.closeCount == 1)
        #expect(!onLoan.isClosed)
        #expect(manager.pool(for: PoolFixture.origin, limits: .of(1)) === fixture.pool)

        // One that is being forgotten is waited for like all others.
        fixture.giveBack(onLoan)
        let ended = Eventual<Void>()
        Task {
            await manager.shutdown()
            ended.succeed(())
        }
        while onLoan.closeCount == 0 {
            await fixture.loop.waitForWork()
            fixture.loop.runQueued()
        }
        #expect(ended.current == nil)
        fixture.loop.perform { idle.end() }
        await fixture.drive { _ = try? await ended.value("the shutdown") }
        #expect(ended.current != nil)
    }

    @Test("the figures of every pool can be asked for from anywhere")
    func reportsFigures() async throws {
        let fixture = try PoolFixture(.of(2))
        _ = try fixture.leaseOpen()
        fixture.giveBack(try fixture.leaseOpen())
        _ = fixture.lease()
        _ = fixture.lease()
        _ = fixture.lease()
        let manager = fixture.manager
        let figures = await fixture.drive { await manager.figures() }
        #expect(figures == [PoolFixture.origin: PoolFigures(leased: 2, waiting: 2)])
    }

    @Test("shutting down fails who waits and returns when every connection has closed, those on loan included")
    func shutsDown() async throws {
        let fixture = try PoolFixture(.of(3))
        let onLoan = try fixture.leaseOpen(closesLater: true)
        let idle = try fixture.leaseOpen(closesLater: true)
        fixture.giveBack(idle)
        let again = try fixture.leaseOpen()
        #expect(again === idle)
        let opening = fixture.lease()
        fixture.giveBack(idle)
        #expect(opening.connection === idle)
        fixture.giveBack(idle)

        let manager = fixture.manager
        let first = Eventual<Void>()
        let second = Eventual<Void>()
        for ended in [first, second] {
            Task {
                await manager.shutdown()
                ended.succeed(())
            }
        }
        while fixture.figures != PoolFigures(leased: 1) {
            await fixture.loop.waitForWork()
            fixture.loop.runQueued()
        }
        #expect(idle.closeCount == 1)
        #expect(fixture.connector.attempts.last?.isCancelled == true)
        fixture.loop.perform {
            fixture.connector.attempts.last?.end(.failure(RequestReplyFailure(.cancelled, "called off")))
            idle.end()
        }
        let late = fixture.lease()
        #expect(late.failure?.kind == .shutDown)
        #expect(first.current == nil && second.current == nil)

        fixture.giveBack(onLoan)
        #expect(onLoan.closeCount == 1)
        #expect(first.current == nil && second.current == nil)
        fixture.loop.perform { onLoan.end() }
        await fixture.drive {
            _ = try? await first.value("the first shutdown")
            _ = try? await second.value("the second shutdown")
        }
        #expect(first.current != nil && second.current != nil)
        #expect(fixture.loop.timerCount == 0)
    }

    @Test("those who wait in line at shutdown fail as shut down")
    func failsWhoWaits() async throws {
        let fixture = try PoolFixture(.of(1))
        let caller = fixture.lease()
        let manager = fixture.manager
        let pool = fixture.pool
        let shutdown = Task { await manager.shutdown() }
        while caller.answerCount == 0 {
            await fixture.loop.waitForWork()
            fixture.loop.runQueued()
        }
        #expect(caller.failure?.kind == .shutDown)
        #expect(caller.failure?.message == "the connections to bar.foo.com:8080 have been shut down")
        fixture.loop.perform {
            fixture.connector.attempts[0].end(.failure(RequestReplyFailure(.cancelled, "called off")))
            #expect(pool.figures == PoolFigures())
        }
        await fixture.drive { await shutdown.value }
    }

    @Test("a pool that is asked for after shutdown lends nothing")
    func makesDeadPoolsAfterShutdown() async throws {
        let fixture = try PoolFixture()
        let manager = fixture.manager
        await fixture.drive { await manager.shutdown() }
        let pool = manager.pool(for: origin(port: 81), limits: .of(1))
        let caller = Caller()
        fixture.loop.perform {
            _ = pool.lease(PoolFixture.limits()) { caller.answered($0) }
        }
        #expect(caller.failure?.kind == .shutDown)
        #expect(fixture.connector.attempts.isEmpty)
    }
}
