import NIOCore
import NIOPosix
import TestSupport
import Testing
import TransportCore

@testable import HTTPExchange

/// A connection that has carried one exchange on its loop and left that, used by threads that may wait.
struct DetachedWire {
    let server: RawServer
    let wire = Wire()
    let connection: SocketConnection
    let clock: StoppedClock

    /// - Parameters:
    ///   - script: what the server does after the first exchange.
    ///   - clock: by which the thread waits.
    init(_ script: [RawServer.Step], clock: StoppedClock = StoppedClock()) async throws {
        server = try await RawServer.start(.tcp, [.readRequest, .sendResult()] + script)
        let pooled = try await wire.connection(to: Wire.tcp(server.port))
        _ = try await wire.exchange(pooled).get()
        self.clock = clock
        connection = try #require(await wire.onLoop { (pooled as? HTTPConnection)?.detach(waiting: clock) })
    }

    func exchange(_ body: ByteBuffer = ByteBuffer(string: "body"), _ limits: Wire.Limits = Wire.Limits()) async throws -> Result<
        ExchangeResponse, RequestReplyFailure
    > {
        let plan = try Wire.plan(limits)
        return try await Self.onThread { [connection, clock] in
            connection.exchange(plan, body: body, deadline: clock.now.advanced(by: limits.call))
        }
    }

    /// Has the connection return to its loop.
    func attached() async throws -> Result<any PooledConnection, RequestReplyFailure> {
        let outcomes = Outcomes<any PooledConnection>()
        await wire.onLoop { [connection] in connection.attach { outcomes.add($0) } }
        return try await outcomes.first()
    }

    static func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}
