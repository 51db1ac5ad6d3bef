import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestSupport
import Testing
import TransportCore

@testable import HTTPExchange

/// A connection that has carried one exchange on its loop and left that, used by threads that may wait.
struct DetachedWire {
    let server: RawServer
    let connection: SocketConnection
    let clock: StoppedClock

    /// - Parameter script: what the server does after the first exchange.
    init(_ script: [RawServer.Step]) async throws {
        server = try await RawServer.start(.tcp, [.readRequest, .sendResult()] + script)
        let wire = Wire()
        let origin = Wire.tcp(server.port)
        let pooled = try await wire.connection(to: origin)
        _ = try await wire.exchange(pooled).get()
        let clock = StoppedClock()
        self.clock = clock
        connection = try #require(
            await wire.onLoop { () -> SocketConnection? in
                (pooled as? HTTPConnection)?.detachSocket().map { SocketConnection($0, to: origin, waiting: clock) }
            }
        )
    }

    func exchange(_ body: ByteBuffer = ByteBuffer(string: "body"), _ limits: Wire.Limits = Wire.Limits()) async throws -> Result<
        ExchangeResponse, RequestReplyFailure
    > {
        let plan = try Wire.plan(limits)
        return try await Self.onThread { [connection, clock] in
            connection.exchange(plan, body: body, deadline: clock.now.advanced(by: limits.call))
        }
    }

    static func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}

/// Waits in the system for what comes, and lets time pass only where the test says so.
final class StoppedClock: SocketWaiting {
    private struct State {
        var now = TransportInstant(nanoseconds: 1_000_000_000)
        var isRunning = false
    }

    private let state = NIOLockedValueBox(State())

    var now: TransportInstant { state.withLockedValue { $0.now } }

    /// From now on, whoever waits while nothing comes finds that the time has come.
    func run() {
        state.withLockedValue { $0.isRunning = true }
    }

    func wait(for socket: SystemSocket, toSend: Bool, until instant: TransportInstant) {
        // Short waits, because the test may say so in the middle of one; whatever has come by then counts.
        let isRunning = state.withLockedValue { $0.isRunning }
        guard !socket.wait(toSend: toSend, milliseconds: 20), isRunning else { return }
        state.withLockedValue { $0.now = max($0.now, instant) }
    }
}
