import TestSupport
import Testing
import TransportCore

/// The limit of connecting: looking the name up, the sockets and the TLS handshake together.
@Suite struct ConnectLimitTests {
    /// What keeps a connection from coming about.
    enum Obstacle: CaseIterable {
        case resolverThatHangs
        case swallowedConnection
        case swallowedConnectionForTLS
        case silenceInHandshake
        case stallInHandshake
        case stallInHandshakeOverUnixSocket
    }

    /// A call that is stuck while it connects.
    private struct Stuck {
        let call: Task<Result<String, RequestReplyFailure>, Never>
        let server: RawServer?
        /// Kept for as long as the call goes on.
        let holders: [AnyObject]
        let activity: String
    }

    @Test("connecting ends at its limit, wherever it is stuck, and says where", arguments: Wiring.allCases, Obstacle.allCases)
    func connect(wiring: Wiring, obstacle: Obstacle) async throws {
        let world = TransportWorld(wiring)
        let stuck = try await begin(obstacle, world, wiring.spec("call: 3s", "connect: 2s", retry: Wiring.once))
        try await world.loop.advance(by: .seconds(2) - .nanoseconds(1))
        #expect(world.metrics.attemptOutcomes.isEmpty)
        try await world.loop.advance(by: .nanoseconds(1))
        let failure = try await world.failure(stuck.call)
        #expect(failure.kind == .timedOut)
        #expect(failure.elapsed == .seconds(2))
        #expect(failure.attemptCount == 1)
        #expect(
            failure.message == "the connect limit of 2 s (\(wiring.place(2))) passed while \(stuck.activity);"
                + " the call limit of 3 s (\(wiring.place(1))) leaves no time for another attempt"
        )
        try await world.finish()
        try await stuck.server?.allClosed()
    }

    @Test("the call's time ends connecting as well, and is what is named then", arguments: Wiring.allCases, Obstacle.allCases)
    func call(wiring: Wiring, obstacle: Obstacle) async throws {
        let world = TransportWorld(wiring)
        let stuck = try await begin(obstacle, world, wiring.spec("call: 3s"))
        try await world.loop.advance(by: .seconds(3))
        let failure = try await world.failure(stuck.call)
        #expect(failure.kind == .budgetSpent)
        #expect(failure.elapsed == .seconds(3))
        #expect(failure.message == "the call limit of 3 s (\(wiring.place(1))) passed while \(stuck.activity)")
        try await world.finish()
        try await stuck.server?.allClosed()
    }

    @Test("the time that a resolver takes is taken from connecting", arguments: Wiring.allCases)
    func slowResolver(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let swallowing = try await SwallowingServer.start()
        let found = Gate()
        world.resolver.set("a.example", .held(.addresses([swallowing.address]), until: found))
        let spec = wiring.spec("call: 3s", "connect: 2s", retry: Wiring.once)
        let call = world.call(try world.client("http://a.example/", spec: spec))
        try await world.resolver.asked("a.example")
        try await world.loop.advance(by: .milliseconds(1500))
        found.open()
        try await world.loop.catchUp()
        try await world.loop.advance(by: .milliseconds(500))
        let failure = try await world.failure(call)
        #expect(failure.elapsed == .seconds(2))
        #expect(failure.message.contains("passed while a.example:80 was connected to"))
        try await world.finish()
    }

    @Test("an attempt that could not connect in time is followed by another one", arguments: Wiring.allCases)
    func again(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult([0x41])])
        let never = Gate()
        world.resolver.set("a.example", .held(.unknown(), until: never), .addresses([try server.address]))
        let call = world.call(try world.client("http://a.example/", spec: wiring.spec("call: 60s", "connect: 2s")))
        try await world.resolver.asked("a.example")
        try await world.loop.advance(by: .seconds(2))
        try await world.loop.advanceWhenDue(by: .milliseconds(10))
        #expect(try await call.value.get() == "A")
        #expect(world.metrics.attemptOutcomes == [.timedOut, nil])
        // An answer that comes when nobody waits for it any more changes nothing.
        never.open()
        try await world.finish(server)
    }

    @Test("without a line in the spec the limit is the default of the transport", arguments: Wiring.allCases)
    func byDefault(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        world.resolver.set("a.example", .held(.unknown(), until: Gate()))
        let call = world.call(try world.client("http://a.example/", spec: wiring.spec(retry: Wiring.once)))
        try await world.resolver.asked("a.example")
        try await world.loop.advance(by: .seconds(wiring == .async ? 20 : 10))
        let failure = try await world.failure(call)
        #expect(failure.message.hasPrefix("the connect limit of \(wiring == .async ? "20 s" : "10 s") (default) passed while"))
        #expect(failure.elapsed == .seconds(wiring == .async ? 20 : 10))
        try await world.finish()
    }

    // MARK: -

    /// Begins a call, and returns when it is stuck.
    private func begin(_ obstacle: Obstacle, _ world: TransportWorld, _ spec: String) async throws -> Stuck {
        switch obstacle {
        case .resolverThatHangs:
            world.resolver.set("a.example", .held(.unknown(), until: Gate()))
            let call = world.call(try world.client("http://a.example/", spec: spec))
            try await world.resolver.asked("a.example")
            return Stuck(call: call, server: nil, holders: [], activity: "the address of a.example:80 was looked up")
        case .swallowedConnection, .swallowedConnectionForTLS:
            let swallowing = try await SwallowingServer.start()
            world.resolver.set("a.example", .addresses([swallowing.address]))
            let scheme = obstacle == .swallowedConnection ? "http" : "https"
            let call = world.call(try world.client("\(scheme)://a.example:9/", spec: try await trusting(spec)))
            try await world.resolver.asked("a.example")
            try await world.loop.catchUp()
            return Stuck(call: call, server: nil, holders: [swallowing], activity: "a.example:9 was connected to")
        case .silenceInHandshake, .stallInHandshake:
            let server = try await RawServer.start(.tcp, script(obstacle))
            let call = world.call(try world.client("https://127.0.0.1:\(server.port)/", spec: try await trusting(spec)))
            try await server.connection().scriptEnded()
            return Stuck(call: call, server: server, holders: [], activity: "the TLS handshake with 127.0.0.1:\(server.port) went on")
        case .stallInHandshakeOverUnixSocket:
            let folder = try TemporaryDirectory()
            let server = try await RawServer.start(.unix(path: folder.file("f.sock")), script(obstacle))
            let call = world.call(try world.client("https+unix://\(folder.file("f.sock"))/", spec: try await trusting(spec)))
            try await server.connection().scriptEnded()
            return Stuck(
                call: call,
                server: server,
                holders: [folder],
                activity: "the TLS handshake with \(folder.file("f.sock")) went on"
            )
        }
    }

    private func script(_ obstacle: Obstacle) -> [RawServer.Step] {
        // The head of a handshake record, and the first byte of what it promises.
        let begun: [RawServer.Step] = [.readTLSRecord, .send([22, 3, 3, 0, 90, 2])]
        return obstacle == .silenceInHandshake ? [.readTLSRecord] : begun
    }

    private func trusting(_ spec: String) async throws -> String {
        spec + "\ntrust_cacerts: \(try await TestCertificates.shared().authority)"
    }
}
