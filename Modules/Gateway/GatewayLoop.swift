internal import HTTPExchange
internal import NIOCore
internal import TransportCore

/// What the connections of one loop share.
struct GatewayLoop: Sendable {
    /// What may have begun and not ended before what else has come waits. More of it no longer fits into the cache of a core.
    private static let limits = StartWindow.Limits(calls: 64, bytes: 2 << 20)

    /// What of long messages may have been received and not been answered before others stay with the system.
    private static let receiveLimits = ReceiveTurns.Limits(least: 2 << 20, most: 1 << 30)

    let loop: any ChannelLoop
    let writes: WriteRound
    let starts: StartWindow
    let receives: ReceiveTurns

    init(_ loop: any ChannelLoop) {
        self.loop = loop
        writes = WriteRound { loop.execute($0) }
        starts = StartWindow(Self.limits) { loop.eventLoop.afterLook($0) }
        receives = ReceiveTurns(Self.receiveLimits, on: loop)
    }
}
