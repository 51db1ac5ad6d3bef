internal import NIOCore
internal import NIOPosix
internal import TransportCore

extension HTTPConnection {
    /// How much is read at a time: most answers are short, and what a connection reads into stays with it.
    static let readSizes = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 65_536)

    /// What opens a channel for a connection.
    static func bootstrap(on loop: any ChannelLoop) -> ClientBootstrap {
        ClientBootstrap(group: loop.eventLoop)
            .channelOption(.writeBufferWaterMark, value: ShortWrites.waterMark)
            .channelOption(.recvAllocator, value: readSizes)
    }
}
