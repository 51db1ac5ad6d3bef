import NIOConcurrencyHelpers
import NIOCore
import TestSupport
import Testing

@testable import TransportCore

/// Calls that end early: cancelled, or because the client shuts down.
@Suite struct CallRunnerEndingTests {
    @Test("a call that is cancelled before it begins asks nobody for anything")
    func beforeStart() throws {
        let world = try CallWorld()
        let call = world.prepare()
        call.cancel()
        call.start()
        world.loop.runQueued()
        #expect(call.failure?.kind == .cancelled)
        #expect(call.failure?.attemptCount == 0)
        #expect(world.pool.asked.isEmpty)
    }

    @Test("a call that is cancelled in line leaves it")
    func inLine() throws {
        let world = try CallWorld()
        let call = world.call()
        call.cancel()
        world.loop.runQueued()
        #expect(call.failure?.kind == .cancelled)
        #expect(world.pool.cancelledCount == 1)
        // The grant was on its way already.
        let connection = world.grant()
        #expect(connection.sent.isEmpty)
        #expect(world.pool.hasBack(connection))
        #expect(call.completionCount == 1)
    }

    @Test("a call that is cancelled during the exchange closes the connection and gives it back")
    func exchanging() throws {
        let world = try CallWorld()
        let call = world.call()
        let connection = world.grant()
        world.loop.advance(by: .milliseconds(3))
        call.cancel()
        world.loop.runQueued()
        #expect(connection.isClosed)
        #expect(world.pool.returnedCount == 1)
        let failure = try #require(call.failure)
        #expect(failure.kind == .cancelled)
        #expect(failure.attempts.map(\.duration) == [.milliseconds(3)])
        #expect(failure.elapsed == .milliseconds(3))
        #expect(call.completionCount == 1)
        #expect(world.loop.timerCount == 0)
    }

    @Test("a call that is cancelled in a pause makes no further attempt", arguments: [true, false])
    func pausing(cancelsTimers: Bool) throws {
        let world = try CallWorld(cancelsTimers: cancelsTimers)
        let call = world.call()
        world.fail(world.grant(), .connectionLost)
        world.loop.advance(by: .milliseconds(5))
        call.cancel()
        world.loop.runQueued()
        #expect(call.failure?.kind == .cancelled)
        #expect(world.loop.timerCount == (cancelsTimers ? 0 : 1))
        world.loop.advance(by: .seconds(100))
        #expect(world.pool.asked.count == 1)
        #expect(call.completionCount == 1)
    }

    @Test("a call that has ended already is left alone")
    func afterTheEnd() throws {
        let world = try CallWorld()
        let call = world.call()
        world.answer(world.grant(), 200, "answer")
        call.cancel()
        world.loop.runQueued()
        #expect(call.answer == "answer")
        #expect(call.completionCount == 1)
    }

    @Test("a second cancellation changes nothing")
    func twice() throws {
        let world = try CallWorld()
        let early = world.prepare()
        early.cancel()
        early.cancel()
        early.start()
        let call = world.call()
        call.cancel()
        call.cancel()
        world.loop.runQueued()
        #expect(early.completionCount == 1)
        #expect(call.completionCount == 1)
        #expect(world.pool.cancelledCount == 1)
    }

    @Test("a call that is cancelled on another loop than its attempt closes the connection there")
    func otherLoop() throws {
        let elsewhere = ManualLoop()
        let otherPool = HandPool(on: elsewhere)
        let world = try CallWorld(redirecting: { _, _ in
            Result { try CallWorld.route("http://other/", otherPool) }.mapError { _ in RequestReplyFailure(.redirect, "no route") }
        })
        let call = world.call()
        world.answer(world.grant(), 307, location: "http://other/")
        elsewhere.runQueued()
        #expect(otherPool.waitingCount == 1)
        let connection = HandConnection(on: elsewhere)
        otherPool.grant(connection)
        elsewhere.runQueued()
        #expect(connection.sent.count == 1)
        call.cancel()
        world.loop.runQueued()
        #expect(call.failure?.kind == .cancelled)
        elsewhere.runQueued()
        #expect(connection.isClosed)
        #expect(otherPool.hasBack(connection))
        world.loop.runQueued()
        #expect(call.completionCount == 1)
    }

    // MARK: Shutdown

    @Test("a shutdown ends every call, whatever it is doing, and returns when they have ended")
    func shutdown() async throws {
        let world = try CallWorld()
        let pausing = world.call()
        world.fail(world.grant(), .connectionLost)
        let exchanging = world.call()
        let connection = world.grant()
        let waiting = world.call()
        let clients = OpenClients()
        clients.add(world.setup)

        let ended = Task { await clients.shutDown(drainingFor: .zero) }
        await world.loop.waitForWork()
        world.loop.runQueued()
        await ended.value

        for call in [pausing, exchanging, waiting] {
            #expect(call.failure?.kind == .shutDown)
            #expect(call.failure?.endpoint == "http://h/greeter")
            #expect(call.completionCount == 1)
        }
        #expect(connection.isClosed)
        #expect(world.pool.cancelledCount == 1)
        world.loop.advance(by: .seconds(100))
        #expect(world.pool.asked.count == 3)
    }

    @Test("a shutdown that drains lets attempts end, ends those that pause, and then the rest")
    func drain() async throws {
        let world = try CallWorld()
        let pausing = world.call()
        world.fail(world.grant(), .connectionLost)
        let answered = world.call()
        let answering = world.grant()
        let failed = world.call()
        let failing = world.grant()
        let hanging = world.call()
        _ = world.grant()
        let clients = OpenClients()
        clients.add(world.setup)

        let ended = Task { await clients.shutDown(drainingFor: .seconds(5)) }
        await world.loop.waitForWork()
        world.loop.runQueued()
        #expect(pausing.failure?.kind == .connectionLost)
        #expect(world.call().failure?.kind == .shutDown)
        world.answer(answering, 200, "answer")
        #expect(answered.answer == "answer")
        world.fail(failing, .timedOut)
        #expect(failed.failure?.kind == .timedOut)
        world.loop.advance(by: .milliseconds(4999))
        #expect(hanging.completionCount == 0)
        world.loop.advance(by: .milliseconds(1))
        #expect(hanging.failure?.kind == .shutDown)
        await ended.value
        #expect(world.loop.timerCount == 0)
        #expect([pausing, answered, failed, hanging].allSatisfy { $0.completionCount == 1 })
    }

    @Test("a second shutdown ends a first one that drains")
    func secondShutdown() async throws {
        let world = try CallWorld()
        let call = world.call()
        _ = world.grant()
        let clients = OpenClients()
        clients.add(world.setup)
        let first = Task { await clients.shutDown(drainingFor: .seconds(60)) }
        await world.loop.waitForWork()
        world.loop.runQueued()
        #expect(call.completionCount == 0)
        let second = Task { await clients.shutDown(drainingFor: .zero) }
        await world.loop.waitForWork()
        world.loop.runQueued()
        #expect(call.failure?.kind == .shutDown)
        await first.value
        await second.value
        #expect(world.loop.timerCount == 0)
    }

    @Test("a second shutdown that gives more time does not lengthen the first one's")
    func longerShutdown() async throws {
        let world = try CallWorld()
        let call = world.call()
        _ = world.grant()
        let clients = OpenClients()
        clients.add(world.setup)
        let first = Task { await clients.shutDown(drainingFor: .seconds(5)) }
        await world.loop.waitForWork()
        world.loop.runQueued()
        let second = Task { await clients.shutDown(drainingFor: .seconds(60)) }
        await world.loop.waitForWork()
        world.loop.runQueued()
        world.loop.advance(by: .seconds(5))
        #expect(call.failure?.kind == .shutDown)
        await first.value
        await second.value
        #expect(world.loop.timerCount == 0)
    }

    @Test("no call begins after a shutdown, and no failure is retried")
    func afterShutdown() async throws {
        let world = try CallWorld()
        let clients = OpenClients()
        clients.add(world.setup)
        let ended = Task { await clients.shutDown(drainingFor: .zero) }
        await world.loop.waitForWork()
        world.loop.runQueued()
        await ended.value
        let call = world.call()
        #expect(call.failure?.kind == .shutDown)
        #expect(call.completionCount == 1)
        #expect(world.pool.asked.isEmpty)
    }

    @Test("a client that is added after the shutdown makes no calls either")
    func lateClient() async throws {
        let clients = OpenClients()
        await clients.shutDown(drainingFor: .zero)
        let world = try CallWorld()
        clients.add(world.setup)
        world.loop.runQueued()
        #expect(world.call().failure?.kind == .shutDown)
    }

    @Test("clients that nobody uses any more are forgotten")
    func forgottenClients() throws {
        let clients = OpenClients()
        let kept = try CallWorld()
        clients.add(kept.setup)
        for _ in 0..<1000 {
            clients.add(try CallWorld().setup)
        }
        #expect(clients.count <= 66)
    }

    @Test("a call that shuts the client down from its completion harms nobody")
    func shutdownFromCompletion() throws {
        let world = try CallWorld()
        let running = world.setup.running
        let other = world.call()
        _ = world.grant()
        let request = RequestReplyRequest(functionType: "a/b", id: "1", payload: ByteBuffer())
        let count = NIOLockedValueBox(0)
        CallRunner(world.setup, request: request, start: world.loop.now).start { _ in
            count.withLockedValue { $0 += 1 }
            running.shutDown(drainingFor: .zero) {}
        }
        world.loop.runQueued()
        world.pool.refuse(RequestReplyFailure(.misconfigured, "no"))
        world.loop.runQueued()
        #expect(count.withLockedValue { $0 } == 1)
        #expect(other.failure?.kind == .shutDown)
        #expect(other.completionCount == 1)
    }
}
