import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestSupport
import Testing
import TransportCore

@testable import HTTPExchange

@Suite struct HTTPConnectorTests {
    /// A port of this machine where nobody listens.
    private static func closedPort() async throws -> Int {
        let server = try await RawServer.start(.tcp, [])
        try await server.stop()
        return server.port
    }

    private static func address(_ port: Int) throws -> SocketAddress { try SocketAddress(ipAddress: "127.0.0.1", port: port) }

    /// Any place; a stub says what its addresses are.
    private static let anywhere = Wire.tcp(80, host: "anywhere.example")

    // MARK: Connecting

    @Test("connecting gives a connection that can be used, once")
    func connect() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult([1])])
        let wire = Wire()
        let connecting = await wire.begin(to: Wire.tcp(server.port))
        let connection = try await connecting.outcomes.first().get()
        #expect(await wire.isReusable(connection))
        #expect(try await wire.exchange(connection).get().body == ByteBuffer(bytes: [1]))
        // Too late to be called off.
        await connecting.cancel()
        #expect(await wire.isReusable(connection))
        #expect(connecting.outcomes.count == 1)
        try await wire.close(connection)
    }

    @Test("a name is resolved")
    func name() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult()])
        let wire = Wire()
        let connection = try await wire.connection(to: Wire.tcp(server.port, host: "localhost"))
        #expect(try await wire.exchange(connection).get().status == 200)
        try await wire.close(connection)
    }

    @Test("a refused connection says so, and a retry may help")
    func refused() async throws {
        let port = try await Self.closedPort()
        let failure = try await Wire().connect(to: Wire.tcp(port)).failure
        #expect(failure?.kind == .connectFailed)
        #expect(failure?.message == "connecting to 127.0.0.1:\(port) failed: Connection refused")
    }

    @Test("where the first address refuses the second one is tried")
    func secondAddress() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult()])
        let addresses = [try Self.address(try await Self.closedPort()), try Self.address(server.port)]
        let wire = Wire(resolvers: [StubResolver(addresses)])
        let connection = try await wire.connection(to: Self.anywhere)
        #expect(try await wire.exchange(connection).get().status == 200)
        try await wire.close(connection)
    }

    @Test("where every address refuses, each one is named")
    func allRefuse() async throws {
        let ports = [try await Self.closedPort(), try await Self.closedPort()]
        let addresses = [try Self.address(ports[0]), try SocketAddress(ipAddress: "::1", port: ports[0]), try Self.address(ports[1])]
        let failure = try await Wire(resolvers: [StubResolver(addresses)]).connect(to: Self.anywhere).failure
        #expect(failure?.kind == .connectFailed)
        for place in ["127.0.0.1:\(ports[0]): ", "[::1]:\(ports[0]): ", "127.0.0.1:\(ports[1]): "] {
            #expect(failure?.message.contains(place) == true)
        }
    }

    @Test("where the first address swallows the connection the second one joins and wins")
    func deadFirst() async throws {
        let swallowing = try await SwallowingServer.start()
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult()])
        let wire = Wire(resolvers: [StubResolver([swallowing.address, try Self.address(server.port)])])
        let before = swallowing.attemptCount
        let connection = try await wire.connection(to: Self.anywhere)
        #expect(try await wire.exchange(connection).get().status == 200)
        #expect(swallowing.attemptCount == before)
        try await wire.close(connection)
    }

    @Test("no address at all is a failure to connect")
    func noAddress() async throws {
        let failure = try await Wire(resolvers: [StubResolver([])]).connect(to: Self.anywhere).failure
        #expect(failure?.kind == .connectFailed)
        #expect(failure?.message == "connecting to anywhere.example:80 failed: it has no address")
    }

    @Test("a name that cannot be resolved is the resolver's failure")
    func notResolved() async throws {
        let unknown = RequestReplyFailure(.nameNotResolved, "nobody knows 'anywhere.example'")
        let wire = Wire(resolvers: [StubResolver { _, completion in completion(.failure(unknown)) }])
        #expect(try await wire.connect(to: Self.anywhere).failure == unknown)
    }

    @Test("a socket that is not there is a failure to connect")
    func missingSocket() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("missing.sock")
        let wire = Wire(resolvers: [StubResolver([try SocketAddress(unixDomainSocketPath: path)])])
        let failure = try await wire.connect(to: Origin(place: .unix(path: path), tls: nil)).failure
        #expect(failure?.kind == .connectFailed)
        #expect(failure?.message == "connecting to \(path) failed: No such file or directory; nobody has made that socket yet")
    }

    @Test("a scheme that nobody serves is refused when the URL is read, and when it is connected to")
    func noResolver() async throws {
        let wire = Wire()
        let url = try EndpointURL(parsing: "http+unix:///a.sock/x")
        #expect(throws: SpecTextError.self) { try wire.connector.route(for: url, tls: nil) }
        let failure = try await wire.connect(to: Origin(place: .unix(path: "/a.sock"), tls: nil)).failure
        #expect(failure?.kind == .misconfigured)
    }

    @Test("a loop of somebody else is refused")
    func foreignLoop() async throws {
        let loop = ManualLoop()
        let outcomes = Outcomes<any PooledConnection>()
        let connector = HTTPConnector()
        loop.perform {
            connector.connect(to: Wire.tcp(80), on: loop, limits: Wire.limits(at: .zero)) { outcomes.add($0) }.cancel()
        }
        #expect(try await outcomes.first().failure?.kind == .misconfigured)
        #expect(outcomes.count == 1)
    }

    @Test("loops are handed out in turn")
    func turns() {
        let connector = HTTPConnector()
        let loops = (0..<2 * System.coreCount).map { _ in ObjectIdentifier(connector.nextLoop()) }
        #expect(Set(loops).count >= 1)
        #expect(Array(loops.prefix(Set(loops).count)) == Array(loops.dropFirst(Set(loops).count).prefix(Set(loops).count)))
    }

    // MARK: Limits

    @Test("a connection that is swallowed trips the connect limit and leaves no socket")
    func swallowed() async throws {
        let swallowing = try await SwallowingServer.start()
        let before = swallowing.attemptCount
        let wire = Wire(resolvers: [StubResolver([swallowing.address])])
        let failure = try await wire.connect(to: Self.anywhere, connect: .milliseconds(150)).failure
        #expect(failure?.kind == .timedOut)
        #expect(failure?.message == "the connect limit of 150 ms (default) passed while anywhere.example:80 was connected to")
        #expect(swallowing.attemptCount == before)
    }

    /// Lets a resolver answer an attempt that has ended, which connects nowhere and reports nothing more.
    private func expectNothingMore(of connecting: Connecting, on wire: Wire, _ asked: [StubResolver.Completion]) async throws {
        let server = try await RawServer.start(.tcp, [])
        let address = try Self.address(server.port)
        for completion in asked {
            completion(.success([address]))
        }
        #expect(await wire.onLoop { true })
        #expect(server.connectionCount == 0)
        #expect(connecting.outcomes.count == 1)
    }

    @Test("a resolver that does not answer trips the connect limit, and what it says later is ignored")
    func slowResolver() async throws {
        let asked = NIOLockedValueBox<[StubResolver.Completion]>([])
        let wire = Wire(resolvers: [StubResolver { _, completion in asked.withLockedValue { $0.append(completion) } }])
        let connecting = await wire.begin(to: Self.anywhere, connect: .milliseconds(100))
        #expect(
            try await connecting.outcomes.first().failure
                == RequestReplyFailure(
                    .timedOut,
                    "the connect limit of 100 ms (default) passed while the address of anywhere.example:80 was looked up"
                )
        )
        try await expectNothingMore(of: connecting, on: wire, asked.withLockedValue { $0 })
    }

    @Test("the call's time ends connecting as well, and is what is named then")
    func callLimit() async throws {
        let wire = Wire(resolvers: [StubResolver { _, _ in }])
        let failure = try await wire.connect(to: Self.anywhere, connect: .seconds(10), call: .milliseconds(100)).failure
        #expect(failure?.kind == .budgetSpent)
        #expect(failure?.message.hasPrefix("the call limit of 100 ms (default) passed while the address") == true)
        let spent = try await wire.connect(to: Self.anywhere, connect: .seconds(10), call: .zero).failure
        #expect(spent?.kind == .budgetSpent)
    }

    // MARK: Cancelling

    @Test("an attempt that is called off while resolving ends at once, once, and connects nowhere")
    func cancelResolving() async throws {
        let asked = NIOLockedValueBox<[StubResolver.Completion]>([])
        let wire = Wire(resolvers: [StubResolver { _, completion in asked.withLockedValue { $0.append(completion) } }])
        let connecting = await wire.begin(to: Self.anywhere)
        await connecting.cancel()
        #expect(try await connecting.outcomes.first().failure?.kind == .cancelled)
        try await expectNothingMore(of: connecting, on: wire, asked.withLockedValue { $0 })
    }

    @Test("an attempt that is called off while connecting ends at once and leaves no socket")
    func cancelConnecting() async throws {
        let swallowing = try await SwallowingServer.start()
        let before = swallowing.attemptCount
        let wire = Wire(resolvers: [StubResolver([swallowing.address, swallowing.address])])
        let connecting = await wire.begin(to: Self.anywhere)
        #expect(connecting.outcomes.count == 0)
        #if os(Linux)
            #expect(swallowing.attemptCount == before + 1)
        #endif
        await connecting.cancel()
        #expect(try await connecting.outcomes.first().failure?.kind == .cancelled)
        #expect(swallowing.attemptCount == before)
        #expect(connecting.outcomes.count == 1)
    }
}
