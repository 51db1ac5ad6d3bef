import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import TransportCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite struct AcceptPauseTests {
    /// Whether a channel asks the system for connections after an error.
    private func accepts(after error: any Error & Sendable, _ whenShort: @escaping @Sendable () -> Void = {}) async throws -> Bool {
        let group = MultiThreadedEventLoopGroup.singleton
        let accepted = Eventual<Void>()
        let channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { child in
                accepted.succeed(())
                return child.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        AcceptPause.add(to: channel, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, whenShort: whenShort)
        let accepts = try await channel.eventLoop.submit {
            channel.pipeline.fireErrorCaught(error)
            return try channel.syncOptions?.getOption(.autoRead) ?? false
        }.get()
        // Whatever it does now, it accepts in the end.
        let client = try await ClientBootstrap(group: group).connect(to: try #require(channel.localAddress)).get()
        try await accepted.value("a connection that is accepted")
        try await client.close()
        try await channel.close()
        return accepts
    }

    @Test("where the system has no file or no memory left, nothing is accepted for a moment", arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM])
    func pauses(code: CInt) async throws {
        let count = NIOLockedValueBox(0)
        #expect(try await !accepts(after: IOError(errnoCode: code, reason: "accept")) { count.withLockedValue { $0 += 1 } })
        #expect(count.withLockedValue { $0 } == 1)
    }

    @Test("a client that has gone again is no reason to pause")
    func goesOn() async throws {
        let count = NIOLockedValueBox(0)
        #expect(try await accepts(after: IOError(errnoCode: ECONNABORTED, reason: "accept")) { count.withLockedValue { $0 += 1 } })
        #expect(count.withLockedValue { $0 } == 0)
    }
}
