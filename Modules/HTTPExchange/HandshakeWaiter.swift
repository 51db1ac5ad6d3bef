internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Tells how the TLS handshake of a channel has ended, then leaves the pipeline.
final class HandshakeWaiter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private var completion: ((Result<Void, any Error>) -> Void)?
    private var lastError: (any Error)?

    private init(_ completion: @escaping (Result<Void, any Error>) -> Void) {
        self.completion = completion
    }

    /// Begins the handshake of a channel. To be called on its loop; `completion` is called once, possibly before this returns.
    static func begin(
        _ handler: NIOSSLClientHandler,
        on channel: any Channel,
        _ completion: @escaping (Result<Void, any Error>) -> Void
    ) throws {
        let waiter = HandshakeWaiter(completion)
        let pipeline = channel.pipeline.syncOperations
        // First, because the handshake begins while its handler is added: with a peer that has left already, the connection ends then.
        try pipeline.addHandler(waiter)
        try pipeline.addHandler(handler, position: .before(waiter))
        if !channel.isActive {
            waiter.complete(.failure(ChannelError.eof))
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent {
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
            complete(.success(()))
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        lastError = error
        complete(.failure(error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        complete(.failure(lastError ?? ChannelError.eof))
    }

    private func complete(_ result: Result<Void, any Error>) {
        let completion = completion
        self.completion = nil
        completion?(result)
    }
}
