internal import NIOCore
internal import NIOSSL

extension Channel {
    /// Closes the socket now. TLS would first take leave of the peer, and wait for an answer that a peer which has stalled
    /// never gives. To be called on the channel's loop.
    func closeAtOnce() {
        // What a handler closes does not pass the handler itself.
        if let tls = try? pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self) {
            tls.close(promise: nil)
        } else {
            close(promise: nil)
        }
    }
}
