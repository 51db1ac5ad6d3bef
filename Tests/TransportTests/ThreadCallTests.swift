import BlockingTransport
import HTTPExchange
import NIOCore
import NIOPosix
import PoolManager
import TestSupport
import Testing
import TransportCore
import UnixSocket

/// Calls of the blocking transport whose threads use kept connections by themselves, over real sockets. Time runs.
@Suite struct ThreadCallTests {
    /// A transport of plain threads with the system's clock.
    private struct World {
        let pools: PoolManager
        let transport: BlockingTransport
        let metrics = RecordedMetrics()

        init() {
            let connector = HTTPConnector(resolvers: [TCPResolver(), UnixSocketResolver()])
            pools = PoolManager(connector: connector)
            transport = BlockingTransport(connector: connector, pools: pools)
        }

        func client(_ url: String) throws -> BlockingClient {
            try transport.makeBlockingClient(.none, endpoint: EndpointURL(parsing: url), metrics: metrics)
        }

        func client(_ server: RawServer) throws -> BlockingClient {
            try client("http://127.0.0.1:\(server.port)/functions")
        }

        /// How the connections stand, once those that are about to close have done so.
        func figures(_ wanted: PoolFigures) async throws {
            try await eventually("the pool to have \(wanted)") { await pools.figures().values.allSatisfy { $0 == wanted } }
        }
    }

    /// Makes a call on a thread of its own.
    private func call(_ client: BlockingClient) async throws -> String {
        let request = RequestReplyRequest(functionType: "com.example/greeter", id: "Bob", payload: ByteBuffer(string: "request"))
        let result = try await NIOThreadPool.singleton.runIfActive {
            Result { () throws(RequestReplyFailure) in try client.callBlocking(request) }
        }
        return String(buffer: try result.get())
    }

    private func failure(_ client: BlockingClient) async -> RequestReplyFailure? {
        await #expect(throws: RequestReplyFailure.self) { try await call(client) }
    }

    @Test("a thread goes on with the connection that its first call has left", arguments: [true, false])
    func kept(isUnix: Bool) async throws {
        let world = World()
        let folder = try TemporaryDirectory()
        let script = (0x41..<0x45).flatMap { [RawServer.Step.readRequest, .sendResult([$0])] }
        let path = folder.file("f.sock")
        let server = try await RawServer.start(isUnix ? .unix(path: path) : .tcp, script)
        let client = try world.client(isUnix ? "http+unix://\(path)/functions" : "http://127.0.0.1:\(server.port)/functions")
        for answer in ["A", "B", "C"] {
            #expect(try await call(client) == answer)
        }
        // From a task, on a thread of the transport's own.
        #expect(try await Wiring.call(client) == "D")
        #expect(server.connectionCount == 1)
        try await world.figures(PoolFigures(idle: 1))
        #expect(world.metrics.attemptOutcomes == [nil, nil, nil, nil])
        #expect(world.metrics.callOutcomes == [nil, nil, nil, nil])
        await world.transport.shutdown()
        try await server.allClosed()
        try await world.figures(PoolFigures())
    }

    @Test("a connection that the peer closed meanwhile costs the call nothing, not even an attempt")
    func closedMeanwhile() async throws {
        let world = World()
        let close = Gate()
        let server = try await RawServer.start(
            .tcp,
            scripts: [
                [.readRequest, .sendResult([0x41]), .readRequest, .sendResult([0x42]), .wait(close), .close],
                [.readRequest, .sendResult([0x43])],
            ]
        )
        let client = try world.client(server)
        #expect(try await call(client) == "A")
        #expect(try await call(client) == "B")
        close.open()
        try await server.connection().closed()
        #expect(try await call(client) == "C")
        #expect(world.metrics.attemptOutcomes == [nil, nil, nil])
        await world.transport.shutdown()
    }

    @Test("what a retry can help is tried again, and the attempt of the thread counts as the first")
    func retried() async throws {
        let world = World()
        let script = [RawServer.Step.readRequest, .sendResult([0x41]), .readRequest, .status(503), .readRequest, .sendResult([0x42])]
        let server = try await RawServer.start(.tcp, script)
        let client = try world.client(server)
        #expect(try await call(client) == "A")
        #expect(try await call(client) == "B")
        // The peer may serve one connection at a time, so no other one is opened.
        #expect(server.connectionCount == 1)
        #expect(world.metrics.attemptOutcomes == [nil, .passingStatus, nil])
        #expect(world.metrics.callOutcomes == [nil, nil])
        await world.transport.shutdown()
    }

    @Test("what a retry cannot help ends the call")
    func finalStatus() async throws {
        let world = World()
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult([0x41]), .readRequest, .status(404)])
        let client = try world.client(server)
        #expect(try await call(client) == "A")
        let failure = await failure(client)
        #expect(failure?.status == 404)
        #expect(failure?.attemptCount == 1)
        #expect(failure?.endpoint == "http://127.0.0.1:\(server.port)/functions")
        await world.transport.shutdown()
    }

    @Test("a redirect is followed")
    func redirect() async throws {
        let world = World()
        let elsewhere = try await RawServer.start(.tcp, [.readRequest, .sendResult([0x42])])
        let server = try await RawServer.start(
            .tcp,
            [.readRequest, .sendResult([0x41]), .readRequest, .redirect(307, to: "http://127.0.0.1:\(elsewhere.port)/")]
        )
        let client = try world.client(server)
        #expect(try await call(client) == "A")
        #expect(try await call(client) == "B")
        #expect(world.metrics.attemptOutcomes == [nil, nil])
        await world.transport.shutdown()
    }

    @Test("a call of a task that is cancelled ends as such, and its connection with it")
    func cancelled() async throws {
        let world = World()
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult([0x41]), .readRequest])
        let client = try world.client(server)
        #expect(try await Wiring.call(client) == "A")
        let call = Task { try await Wiring.call(client) }
        try await server.connection().scriptEnded()
        call.cancel()
        #expect(await #expect(throws: RequestReplyFailure.self) { try await call.value }?.kind == .cancelled)
        try await server.connection().closed()
        try await world.figures(PoolFigures())
        #expect(world.metrics.attemptOutcomes == [nil, .cancelled])
        await world.transport.shutdown()
    }

    @Test("a shutdown lets the call of a thread end, and refuses the next one")
    func drain() async throws {
        let world = World()
        let (asked, answer) = (Gate(), Gate())
        let server = try await RawServer.start(
            .tcp,
            scripts: [
                [.readRequest, .sendResult([0x41]), .readRequest, .reached(asked), .wait(answer), .sendResult([0x42])],
                // Of those who come before the shutdown has begun.
                (0..<100).flatMap { _ in [RawServer.Step.readRequest, .sendResult()] },
            ]
        )
        let client = try world.client(server)
        #expect(try await call(client) == "A")
        async let last = call(client)
        try await asked.opened()
        async let shutdown: Void = world.transport.shutdown(drainingFor: .seconds(60))
        try await eventually("the refusal of calls") {
            do throws(RequestReplyFailure) {
                _ = try await Wiring.call(client)
                return false
            } catch {
                return error.kind == .shutDown
            }
        }
        answer.open()
        #expect(try await last == "B")
        await shutdown
        try await server.allClosed()
    }

    @Test("a shutdown without patience ends the call of a thread")
    func shutDown() async throws {
        let world = World()
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult([0x41]), .readRequest])
        let client = try world.client(server)
        #expect(try await call(client) == "A")
        async let failure = failure(client)
        try await server.connection().scriptEnded()
        await world.transport.shutdown()
        #expect(await failure?.kind == .shutDown)
        #expect(await failure?.message == "the transport was shut down while the call went on")
        try await server.allClosed()
    }

    @Test("with more calls than a few, connections go to the loop and come back, and every call has its answer")
    func manyCalls() async throws {
        let world = World()
        let all = Gate()
        let answers = (0..<70).flatMap { _ in [RawServer.Step.readRequest, .sendResult([0x42])] }
        let server = try await RawServer.start(
            .tcp,
            scripts: (1...20).map { [.readRequest, $0 == 20 ? .reached(all) : .wait(all), .sendResult([0x41])] + answers }
        )
        let client = try world.client(server)
        try await callMany(client, answering: "A")
        #expect(server.connectionCount == 20)
        for _ in 0..<3 {
            for _ in 0..<2 {
                #expect(try await call(client) == "B")
            }
            // None is opened while threads keep some that they do not use.
            try await callMany(client, answering: "B")
        }
        #expect(server.connectionCount == 20)
        try await world.figures(PoolFigures(idle: 20))
        await world.transport.shutdown()
        try await server.allClosed()
    }

    private func callMany(_ client: BlockingClient, answering expected: String) async throws {
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 {
                group.addTask { try await Wiring.call(client) }
            }
            for try await answer in group { #expect(answer == expected) }
        }
    }
}
