import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import PoolManager
import TestSupport
import Testing
import TransportCore

/// When a connection that is kept ends, and that a caller does not notice it.
@Suite struct ConnectionLifeTests {
    // MARK: Age

    @Test("a connection lives as long as pool_ttl and its jitter say, used or not")
    func timeToLive() async throws {
        let world = TransportWorld(.async)
        let script = (0..<2).flatMap { _ in [RawServer.Step.readRequest, .sendResult()] }
        let server = try await RawServer.start(.tcp, script)
        let client = try world.client(server, spec: Wiring.async.spec(other: ["pool_ttl: 2s"]))
        _ = try await world.answer(client)
        try await world.loop.advance(by: .seconds(3) - .nanoseconds(1))
        _ = try await world.answer(client)
        #expect(server.connectionCount == 1)
        #expect(try await !server.connection().isClosed)
        try await world.loop.advance(by: .nanoseconds(1))
        try await server.connection().closed()
        _ = try await world.answer(client)
        #expect(server.connectionCount == 2)
        try await world.finish(server)
    }

    @Test("a pool_ttl of 0 lets connections live for ever")
    func noTimeToLive() async throws {
        let world = TransportWorld(.async)
        let script = (0..<2).flatMap { _ in [RawServer.Step.readRequest, .sendResult()] }
        let server = try await RawServer.start(.tcp, script)
        let client = try world.client(server, spec: Wiring.async.spec(other: ["pool_ttl: 0"]))
        _ = try await world.answer(client)
        try await world.loop.advance(by: .seconds(1_000_000))
        _ = try await world.answer(client)
        #expect(server.connectionCount == 1)
        try await world.finish(server)
    }

    @Test("a connection whose life ends while it is in use serves its call, and is closed then")
    func endsInUse() async throws {
        let world = TransportWorld(.async)
        let answer = Gate()
        let server = try await RawServer.start(
            .tcp,
            scripts: [[.readRequest, .wait(answer), .sendResult([0x41])], [.readRequest, .sendResult([0x42])]]
        )
        let client = try world.client(server, spec: Wiring.async.spec(other: ["pool_ttl: 2s"]))
        let call = world.call(client)
        _ = try await server.connection()
        try await world.loop.catchUp()
        try await world.loop.advance(by: .seconds(60))
        #expect(try await !server.connection().isClosed)
        answer.open()
        #expect(try await call.value.get() == "A")
        try await server.connection().closed()
        #expect(try await world.answer(client) == "B")
        try await world.finish(server)
    }

    @Test("the blocking transport keeps a connection unused for a minute, counted from its last use")
    func idleTime() async throws {
        let world = TransportWorld(.blocking)
        let script = (0..<2).flatMap { _ in [RawServer.Step.readRequest, .sendResult()] }
        let server = try await RawServer.start(.tcp, script)
        let client = try world.client(server, spec: Wiring.blocking.spec())
        _ = try await world.answer(client)
        for _ in 0..<2 {
            try await world.loop.advance(by: .seconds(60) - .nanoseconds(1))
            #expect(try await !server.connection().isClosed)
            if world.metrics.callOutcomes.count == 1 { _ = try await world.answer(client) }
        }
        try await world.loop.advance(by: .nanoseconds(1))
        try await server.connection().closed()
        try await world.finish(server)
    }

    // MARK: The peer's leave

    /// How a peer takes leave of a connection that nobody uses.
    enum Leave: CaseIterable {
        case end
        case reset
        case halfEnd
        case refusalThenEnd
        case bytes

        var script: [RawServer.Step] {
            switch self {
            case .end: [.close]
            case .reset: [.reset]
            case .halfEnd: [.halfClose]
            case .refusalThenEnd: [.respond("408 Request Timeout", ["connection: close"]), .close]
            case .bytes: [.sendResult([0x58])]
            }
        }
    }

    @Test("a connection that the peer left while nobody used it costs a caller nothing", arguments: Wiring.allCases, Leave.allCases)
    func leftWhileIdle(wiring: Wiring, leave: Leave) async throws {
        let world = TransportWorld(wiring)
        let go = Gate()
        let server = try await RawServer.start(
            .tcp,
            scripts: [[.readRequest, .sendResult([0x41]), .wait(go)] + leave.script, [.readRequest, .sendResult([0x42])]]
        )
        let client = try world.client(server, spec: wiring.spec())
        #expect(try await world.answer(client) == "A")
        go.open()
        try await server.connection().closed()
        try await world.loop.catchUp()
        #expect(await world.pools.figures().values.map(\.idle) == [0])
        #expect(try await world.answer(client) == "B")
        #expect(world.metrics.attemptOutcomes == [nil, nil])
        #expect(world.elapsed == .zero)
        try await world.finish(server)
    }

    @Test(
        "nor does one that the peer leaves at the very moment when it is used",
        arguments: Wiring.allCases,
        [Leave.end, .reset, .halfEnd]
    )
    func leftWhenUsed(wiring: Wiring, leave: Leave) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let world = TransportWorld(wiring, on: ClockedLoop(on: group.next()))
        let (go, hasLeft, isHeld) = (Gate(), Gate(), Gate())
        let server = try await RawServer.start(
            .tcp,
            scripts: [
                [.readRequest, .sendResult([0x41]), .wait(go)] + leave.script + [.reached(hasLeft)], [.readRequest, .sendResult([0x42])],
            ]
        ) { index, event in
            if index == 0, case .closed = event { hasLeft.open() }
        }
        let client = try world.client(server, spec: wiring.spec())
        #expect(try await world.answer(client) == "A")
        // While its loop is held up, the client cannot find out that the peer has left.
        let mayGoOn = ConditionLock(value: false)
        world.loop.execute {
            isHeld.open()
            mayGoOn.lock(whenValue: true)
            mayGoOn.unlock()
        }
        try await isHeld.opened()
        let begun = world.loop.handedInCount
        let call = world.call(client)
        while world.loop.handedInCount == begun { await Task.yield() }
        go.open()
        try await hasLeft.opened()
        mayGoOn.lock()
        mayGoOn.unlock(withValue: true)
        #expect(try await call.value.get() == "B")
        #expect(world.elapsed == .zero)
        #expect(world.metrics.attemptOutcomes == [nil, .staleConnection, nil])
        #expect(world.metrics.callOutcomes == [nil, nil])
        try await world.finish(server)
        try await group.shutdownGracefully()
    }
}
