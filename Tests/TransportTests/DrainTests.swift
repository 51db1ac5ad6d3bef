import TestSupport
import Testing
import TransportCore

/// A shutdown that gives calls time to end.
@Suite struct DrainTests {
    @Test("a call in flight may end, and later ones are refused", arguments: Wiring.allCases)
    func inFlight(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let answer = Gate()
        let server = try await RawServer.start(.tcp, [.readRequest, .wait(answer), .sendResult([0x41])])
        let client = try world.client(server, spec: wiring.spec())
        let call = world.call(client)
        _ = try await server.connection()
        let shutdown = Task { await world.factory.shutdown(drainingFor: .seconds(5)) }
        try await world.loop.scheduled(by: world.start.advanced(by: .seconds(5)))
        let late = try await world.failure(world.call(client))
        #expect(late.kind == .shutDown)
        #expect(late.message == "the transport has been shut down")
        answer.open()
        #expect(try await call.value.get() == "A")
        await shutdown.value
        #expect(world.elapsed == .zero)
        try await world.finish(server)
    }

    @Test("an attempt that fails meanwhile is not made again", arguments: Wiring.allCases)
    func noRetry(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let answer = Gate()
        let server = try await RawServer.start(.tcp, [.readRequest, .wait(answer), .status(503), .readRequest])
        let call = world.call(try world.client(server, spec: wiring.spec()))
        _ = try await server.connection()
        let shutdown = Task { await world.factory.shutdown(drainingFor: .seconds(5)) }
        try await world.loop.scheduled(by: world.start.advanced(by: .seconds(5)))
        answer.open()
        let failure = try await world.failure(call)
        #expect(failure.kind == .passingStatus)
        #expect(
            failure.message == "the answer has status 503 Service Unavailable;"
                + " the transport is shutting down, so no other attempt is made"
        )
        await shutdown.value
        try await world.finish(server)
    }

    @Test("a call that pauses ends at once", arguments: Wiring.allCases)
    func pausing(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, [.readRequest, .status(503)])
        let call = world.call(try world.client(server, spec: wiring.spec(retry: ["first_pause: 100ms"])))
        try await world.loop.scheduled(by: world.start.advanced(by: .milliseconds(100)))
        await world.factory.shutdown(drainingFor: .seconds(5))
        let failure = try await world.failure(call)
        #expect(failure.kind == .passingStatus)
        #expect(failure.message.hasSuffix("; the transport is shutting down, so no other attempt is made"))
        #expect(failure.elapsed == .zero)
        try await world.finish(server)
    }

    @Test("what has not ended by then is ended", arguments: Wiring.allCases)
    func ended(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, [.readRequest])
        let call = world.call(try world.client(server, spec: wiring.spec()))
        try await server.connection().scriptEnded()
        let shutdown = Task { await world.factory.shutdown(drainingFor: .seconds(5)) }
        try await world.loop.scheduled(by: world.start.advanced(by: .seconds(5)))
        try await world.loop.advance(by: .seconds(5))
        let failure = try await world.failure(call)
        #expect(failure.kind == .shutDown)
        #expect(failure.elapsed == .seconds(5))
        await shutdown.value
        try await world.finish(server)
    }

    @Test("a second shutdown ends at once what the first one gives time to", arguments: Wiring.allCases)
    func twice(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, [.readRequest])
        let call = world.call(try world.client(server, spec: wiring.spec()))
        try await server.connection().scriptEnded()
        let first = Task { await world.factory.shutdown(drainingFor: .seconds(5)) }
        try await world.loop.scheduled(by: world.start.advanced(by: .seconds(5)))
        await world.factory.shutdown()
        #expect(try await world.failure(call).kind == .shutDown)
        await first.value
        #expect(world.elapsed == .zero)
        try await world.finish(server)
    }

    @Test("a call in the line for a thread is refused, and one in the line of the pool may end", arguments: Wiring.allCases)
    func inLine(wiring: Wiring) async throws {
        let world = TransportWorld(wiring, threads: 1)
        let answer = Gate()
        let server = try await RawServer.start(.tcp, [.readRequest, .wait(answer), .sendResult([0x41]), .readRequest, .sendResult([0x42])])
        let client = try world.client(server, spec: wiring.spec(other: wiring == .async ? ["pool_size: 1"] : []))
        let shorter = wiring.spec("call: 1s", other: wiring == .async ? ["pool_size: 1"] : [])
        let first = world.call(client)
        _ = try await server.connection()
        let second = world.call(try world.client(server, spec: shorter))
        // The limit of the one that waits.
        try await world.loop.scheduled(by: world.start.advanced(by: .seconds(1)))
        let shutdown = Task { await world.factory.shutdown(drainingFor: .milliseconds(500)) }
        try await world.loop.scheduled(by: world.start.advanced(by: .milliseconds(500)))
        if wiring == .blocking {
            #expect(try await world.failure(second).kind == .shutDown)
        }
        answer.open()
        #expect(try await first.value.get() == "A")
        if wiring == .async {
            #expect(try await second.value.get() == "B")
        }
        await shutdown.value
        try await world.finish(server)
    }
}
