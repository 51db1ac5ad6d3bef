import NIOCore
import NIOSSL
import TestSupport
import TransportCore

@testable import HTTPExchange

extension RawServer {
    /// Lets a server accept connections that it never reads from.
    @Sendable static func stall(_ channel: any Channel) throws {
        channel.setOption(.autoRead, value: false).whenFailure { _ in channel.close(promise: nil) }
        try channel.pipeline.syncOperations.addHandler(ReadOnce())
    }
}

/// Lets the first bytes in, so that a script sees them, and no more.
private final class ReadOnce: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        context.read()
        context.fireChannelActive()
    }
}

extension HTTPConnection {
    /// What the system says of `TCP_NODELAY`.
    func tcpNoDelay() async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            loop.execute { [self] in
                channel.getOption(.tcpOption(.tcp_nodelay)).whenComplete { continuation.resume(with: $0.map { Int($0) }) }
            }
        }
    }
}
