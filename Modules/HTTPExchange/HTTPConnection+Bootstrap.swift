internal import NIOCore
internal import NIOPosix

extension HTTPConnection {
    /// What channels have to be opened with: they are writable only while they hold no more than one byte back.
    private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 1, high: 1)

    /// How much is read at a time: most answers are short, and what a connection reads into stays with it.
    static let readSizes = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 65_536)

    /// What opens a channel for a connection.
    static func bootstrap(on loop: any ChannelLoop) -> ClientBootstrap {
        ClientBootstrap(group: loop.eventLoop)
            .channelOption(.writeBufferWaterMark, value: waterMark)
            .channelOption(.recvAllocator, value: readSizes)
    }
}
