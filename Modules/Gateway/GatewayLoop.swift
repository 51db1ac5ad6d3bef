internal import HTTPExchange
internal import NIOCore
internal import TransportCore

/// What the connections of one loop share.
struct GatewayLoop: Sendable {
    /// What may have begun and not ended before what else has come waits. More of it no longer fits into the cache of a core.
    private static let limits = StartWindow.Limits(calls: 64, bytes: 2 << 20)

    let loop: any ChannelLoop
    let writes: WriteRound
    let starts: StartWindow

    init(_ loop: any ChannelLoop) {
        self.loop = loop
        writes = WriteRound { loop.execute($0) }
        starts = StartWindow(Self.limits) { loop.eventLoop.afterLook($0) }
    }
}
