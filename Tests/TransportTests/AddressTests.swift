import NIOCore
import TestSupport
import Testing
import TransportCore

/// From a name to a connection.
@Suite struct AddressTests {
    private static func url(_ name: String) -> String { "http://\(name)/" }

    /// A server that answers every call on any connection.
    private func answering(_ answer: UInt8 = 0x41, _ place: RawServer.Place = .tcp) async throws -> RawServer {
        try await RawServer.start(place, (0..<8).flatMap { _ in [RawServer.Step.readRequest, .sendResult([answer])] })
    }

    // MARK: Names

    @Test("a name that is not found is asked for again within the call, and found later", arguments: Wiring.allCases)
    func foundLater(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await answering()
        world.resolver.set("a.example", .unknown(), .unknown(), .addresses([try server.address]))
        let call = world.call(try world.client(Self.url("a.example"), spec: wiring.spec(retry: ["first_pause: 100ms"])))
        try await world.loop.advanceWhenDue(by: .milliseconds(100))
        try await world.loop.advanceWhenDue(by: .milliseconds(200))
        #expect(try await call.value.get() == "A")
        #expect(world.metrics.attemptOutcomes == [.nameNotResolved, .nameNotResolved, nil])
        #expect(world.resolver.askedCount("a.example") == 3)
        try await world.finish(server)
    }

    @Test("a name that nobody ever knows ends the call, with the resolver's words", arguments: Wiring.allCases)
    func neverFound(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        world.resolver.set("a.example", .unknown("nobody knows a.example"))
        let retry = ["first_pause: 100ms", "max_pause: 100ms"]
        let call = world.call(try world.client(Self.url("a.example"), spec: wiring.spec("call: 250ms", retry: retry)))
        try await world.loop.advanceWhenDue(by: .milliseconds(100))
        try await world.loop.advanceWhenDue(by: .milliseconds(100))
        let failure = try await world.failure(call)
        #expect(failure.kind == .nameNotResolved)
        #expect(failure.attemptCount == 3)
        #expect(
            failure.message == "nobody knows a.example; the call limit of 250 ms (\(wiring.place(1))) leaves no time for another attempt"
        )
        #expect(failure.endpoint == "http://a.example/")
        try await world.finish()
    }

    @Test("a resolver that hangs for one name does not delay calls to another", arguments: Wiring.allCases)
    func hangingResolver(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await answering()
        world.resolver.set("hangs.example", .held(.unknown(), until: Gate()))
        world.resolver.set("a.example", .addresses([try server.address]))
        let hanging = world.call(try world.client(Self.url("hangs.example"), spec: wiring.spec("call: 3s")))
        try await world.resolver.asked("hangs.example")
        #expect(try await world.answer(try world.client(Self.url("a.example"), spec: wiring.spec())) == "A")
        #expect(world.elapsed == .zero)
        try await world.loop.advance(by: .seconds(3))
        #expect(try await world.failure(hanging).kind == .budgetSpent)
        try await world.finish(server)
    }

    @Test("an address that has changed is picked up when the connection's life ends")
    func changedAddress() async throws {
        let world = TransportWorld(.async)
        let (old, new) = (try await answering(0x41), try await answering(0x42))
        world.resolver.set("a.example", .addresses([try old.address]))
        let client = try world.client(Self.url("a.example"), spec: Wiring.async.spec(other: ["pool_ttl: 2s"]))
        #expect(try await world.answer(client) == "A")
        world.resolver.set("a.example", .addresses([try new.address]))
        try await world.loop.advance(by: .seconds(3) - .nanoseconds(1))
        #expect(try await world.answer(client) == "A")
        try await world.loop.advance(by: .nanoseconds(1))
        #expect(try await world.answer(client) == "B")
        #expect(world.resolver.askedCount("a.example") == 2)
        try await world.finish(old, new)
    }

    // MARK: Addresses

    @Test("where the first address refuses the second one is taken, at once", arguments: Wiring.allCases)
    func firstRefuses(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await answering()
        let refusing = try RefusingServer(.tcp6)
        world.resolver.set("a.example", .addresses([refusing.address, try server.address]))
        #expect(try await world.answer(try world.client(Self.url("a.example"), spec: wiring.spec())) == "A")
        #expect(world.elapsed == .zero)
        #expect(world.metrics.attemptOutcomes == [nil])
        try await world.finish(server)
    }

    @Test("a dead IPv6 address has a head start of 250 ms, then IPv4 joins and wins", arguments: Wiring.allCases)
    func deadIPv6(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await answering()
        let dead = try await SwallowingServer.start(.tcp6)
        let before = dead.attemptCount
        world.resolver.set("a.example", .addresses([dead.address, try server.address]))
        let call = world.call(try world.client(Self.url("a.example"), spec: wiring.spec()))
        try await world.loop.scheduled(by: world.start.advanced(by: .milliseconds(250)))
        #expect(dead.attemptCount == before + 1)
        try await world.loop.advance(by: .milliseconds(250) - .nanoseconds(1))
        try await world.loop.catchUp()
        #expect(server.connectionCount == 0)
        try await world.loop.advance(by: .nanoseconds(1))
        #expect(try await call.value.get() == "A")
        #expect(world.elapsed == .milliseconds(250))
        #expect(dead.attemptCount == before)
        try await world.finish(server)
    }

    @Test("where nobody is dead the first address wins, and the other family is left alone", arguments: Wiring.allCases)
    func aliveIPv6(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let (six, four) = (try await answering(0x36, .tcp6), try await answering(0x34))
        world.resolver.set("a.example", .addresses([try six.address, try four.address]))
        #expect(try await world.answer(try world.client(Self.url("a.example"), spec: wiring.spec())) == "6")
        try await world.loop.advance(by: .seconds(1))
        try await world.loop.catchUp()
        #expect(four.connectionCount == 0)
        try await world.finish(six, four)
    }

    @Test("where every address fails each one is named", arguments: Wiring.allCases)
    func allFail(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let refusing = [try RefusingServer(.tcp6), try RefusingServer()]
        world.resolver.set("a.example", .addresses(refusing.map(\.address)))
        let failure = try await world.failure(
            world.call(try world.client(Self.url("a.example"), spec: wiring.spec("call: 3s", retry: Wiring.once)))
        )
        #expect(failure.kind == .connectFailed)
        #expect(
            failure.message.hasPrefix(
                "connecting to a.example:80 failed: [::1]:\(refusing[0].port): Connection refused,"
                    + " 127.0.0.1:\(refusing[1].port): Connection refused;"
            )
        )
        try await world.finish()
    }

    // MARK: Peers that come and go

    @Test("a listener that restarts is found again, within the call that misses it", arguments: Wiring.allCases)
    func restart(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult([0x41]), .close])
        let client = try world.client(server, spec: wiring.spec(retry: ["first_pause: 100ms"]))
        #expect(try await world.answer(client) == "A")
        let port = server.port
        try await server.allClosed()
        try await server.stop()
        let call = world.call(client)
        try await world.loop.scheduled(by: world.start.advanced(by: .milliseconds(100)))
        let restarted = try await answering(0x42, .tcp(port: port))
        try await world.loop.advance(by: .milliseconds(100))
        #expect(try await call.value.get() == "B")
        #expect(world.metrics.attemptOutcomes == [nil, .connectFailed, nil])
        try await world.finish(restarted)
    }

    @Test("a listener that restarts between two calls costs the second one nothing", arguments: Wiring.allCases)
    func restartBetween(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult([0x41]), .close])
        let client = try world.client(server, spec: wiring.spec())
        #expect(try await world.answer(client) == "A")
        let port = server.port
        try await server.allClosed()
        try await server.stop()
        let restarted = try await answering(0x42, .tcp(port: port))
        #expect(try await world.answer(client) == "B")
        #expect(world.metrics.attemptOutcomes == [nil, nil])
        try await world.finish(restarted)
    }

    @Test("a peer that ends its side only ends the exchange, and the connection is closed", arguments: Wiring.allCases, [false, true])
    func halfClosed(wiring: Wiring, isInAnswer: Bool) async throws {
        let world = TransportWorld(wiring)
        let begun: [RawServer.Step] = isInAnswer ? [.announced(9, [0x41])] : []
        let server = try await RawServer.start(.tcp, [.readRequest] + begun + [.halfClose])
        let failure = try await world.failure(world.call(try world.client(server, spec: wiring.spec(retry: Wiring.once))))
        #expect(failure.kind == .connectionLost)
        #expect(failure.elapsed == .zero)
        // A connection that were left open would be polled for ever: its end is readable at any time.
        try await server.connection().closed()
        #expect(OpenDescriptors.sockets(connectedTo: server.port).isEmpty)
        try await world.finish(server)
    }
}
