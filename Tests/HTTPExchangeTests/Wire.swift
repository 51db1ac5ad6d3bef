import NIOConcurrencyHelpers
import NIOCore
import TestSupport
import Testing
import TransportCore

@testable import HTTPExchange

/// Real connections of an ``HTTPConnector``, for tests that wait.
struct Wire {
    typealias Outcome<Value: Sendable> = Result<Value, RequestReplyFailure>

    let connector: HTTPConnector
    let loop: any CallLoop

    init(resolvers: [any SocketAddressResolving] = [TCPResolver()]) {
        connector = HTTPConnector(resolvers: resolvers)
        loop = connector.nextLoop()
    }

    /// Connections whose limits pass when the test says so.
    init(on clock: ClockedLoop) {
        connector = HTTPConnector(loops: [clock])
        loop = clock
    }

    // MARK: Connecting

    static func tcp(_ port: Int, host: String = "127.0.0.1", tls: TLSSettings? = nil) -> Origin {
        Origin(place: .tcp(host: host, port: port), tls: tls)
    }

    static func limits(connect: Duration = .seconds(30), call: Duration = .seconds(60), at now: TransportInstant) -> ConnectLimits {
        ConnectLimits(
            connect: Setting(connect, from: .byDefault),
            call: Setting(call, from: .byDefault),
            deadline: now.advanced(by: call)
        )
    }

    /// Begins to connect.
    func begin(to origin: Origin, connect: Duration = .seconds(30), call: Duration = .seconds(60)) async -> Connecting {
        let outcome = Outcomes<any PooledConnection>()
        let attempt = await onLoop { [connector, loop] in
            connector.connect(to: origin, on: loop, limits: Self.limits(connect: connect, call: call, at: loop.now)) { outcome.add($0) }
        }
        return Connecting(attempt: attempt, loop: loop, outcomes: outcome)
    }

    func connect(
        to origin: Origin,
        connect: Duration = .seconds(30),
        call: Duration = .seconds(60)
    ) async throws -> Outcome<any PooledConnection> {
        try await begin(to: origin, connect: connect, call: call).outcomes.first()
    }

    /// Closes a connection, and tells whether that was done without waiting for the peer.
    func closesAtOnce(_ connection: any PooledConnection) async -> Bool {
        await onLoop {
            connection.close()
            let closed = Eventual<Void>()
            connection.whenClosed { closed.succeed(()) }
            return closed.current != nil
        }
    }

    func connection(to origin: Origin) async throws -> any PooledConnection {
        try await connect(to: origin).get()
    }

    // MARK: Exchanging

    /// What an exchange may take; by default more than any test.
    struct Limits {
        var call = Duration.seconds(60)
        var read: Duration? = .seconds(50)
        var write: Duration? = .seconds(50)
        var payloadMaxBytes = 100_000_000
    }

    /// What the exchanges of a client have in common.
    static func plan(_ limits: Limits) throws -> ExchangePlan {
        let url = try EndpointURL(parsing: "http://localhost/path")
        let exchangeLimits = ExchangeLimits(
            call: Setting(limits.call, from: .byDefault),
            connect: Setting(.seconds(10), from: .byDefault),
            read: limits.read.map { Setting($0, from: .byDefault) },
            write: limits.write.map { Setting($0, from: .byDefault) },
            payloadMaxBytes: Setting(limits.payloadMaxBytes, from: .byDefault)
        )
        return ExchangePlan(head: ExchangeHead(try TCPResolver().route(for: url, tls: nil)), limits: exchangeLimits)
    }

    /// Begins an exchange.
    func begin(_ connection: any PooledConnection, _ body: ByteBuffer, _ limits: Limits = Limits()) async throws -> Outcomes<
        ExchangeResponse
    > {
        let plan = try Self.plan(limits)
        let outcomes = Outcomes<ExchangeResponse>()
        await onLoop { [loop] in
            connection.exchange(plan, body: body, deadline: loop.now.advanced(by: limits.call)) { outcomes.add($0) }
        }
        return outcomes
    }

    func exchange(
        _ connection: any PooledConnection,
        _ body: ByteBuffer = ByteBuffer(string: "body"),
        _ limits: Limits = Limits()
    ) async throws -> Outcome<ExchangeResponse> {
        try await begin(connection, body, limits).first()
    }

    func isReusable(_ connection: any PooledConnection) async -> Bool {
        await onLoop { connection.isReusable }
    }

    /// Closes a connection and returns when that has happened.
    func close(_ connection: any PooledConnection) async throws {
        await onLoop { connection.close() }
        try await closed(connection)
    }

    /// Returns when the connection has closed.
    func closed(_ connection: any PooledConnection) async throws {
        let closed = Eventual<Void>()
        await onLoop { connection.whenClosed { closed.succeed(()) } }
        try await closed.value("the end of the connection")
    }

    func onLoop<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            loop.execute { continuation.resume(returning: body()) }
        }
    }
}

/// An attempt to connect that the test can call off.
struct Connecting {
    let attempt: any ConnectAttempt
    let loop: any CallLoop
    let outcomes: Outcomes<any PooledConnection>

    func cancel() async {
        await withCheckedContinuation { continuation in
            loop.execute {
                attempt.cancel()
                attempt.cancel()
                continuation.resume()
            }
        }
    }
}

/// Everything that something was completed with.
final class Outcomes<Value: Sendable>: Sendable {
    private let all = NIOLockedValueBox<[Result<Value, RequestReplyFailure>]>([])
    private let arrival = Eventual<Result<Value, RequestReplyFailure>>()

    var count: Int { all.withLockedValue { $0.count } }

    func add(_ result: Result<Value, RequestReplyFailure>) {
        all.withLockedValue { $0.append(result) }
        arrival.succeed(result)
    }

    func first() async throws -> Result<Value, RequestReplyFailure> {
        try await arrival.value("the end of something on the wire")
    }
}

extension Result where Failure == RequestReplyFailure {
    /// The failure, where there is one.
    var failure: RequestReplyFailure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}

/// A resolver that says what the test wants.
struct StubResolver: SocketAddressResolving {
    typealias Completion = @Sendable (Result<[SocketAddress], RequestReplyFailure>) -> Void

    private let resolving: @Sendable (Origin.Place, @escaping Completion) -> Void

    init(_ resolving: @escaping @Sendable (Origin.Place, @escaping Completion) -> Void) {
        self.resolving = resolving
    }

    init(_ addresses: [SocketAddress]) {
        self.init { _, completion in completion(.success(addresses)) }
    }

    func serves(_ scheme: EndpointURL.Scheme) -> Bool { true }

    func route(for url: EndpointURL, tls: TLSSettings?) throws(SpecTextError) -> EndpointRoute {
        let place: Origin.Place = url.scheme.isUnix ? .unix(path: url.pathAndQuery) : .tcp(host: url.host, port: url.port)
        return EndpointRoute(
            origin: Origin(place: place, tls: url.scheme.isSecure ? tls ?? TLSSettings() : nil),
            requestTarget: url.pathAndQuery,
            hostHeader: url.hostHeader
        )
    }

    func resolve(_ place: Origin.Place, _ completion: @escaping Completion) {
        resolving(place, completion)
    }
}
