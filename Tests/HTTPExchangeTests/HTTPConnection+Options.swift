import NIOCore
import TransportCore

@testable import HTTPExchange

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
