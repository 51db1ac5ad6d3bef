internal import NIOConcurrencyHelpers
internal import NIOCore

/// Stops accepting while there are as many connections as there may be: the next ones wait in the line of the system.
final class AcceptLimiter: ChannelDuplexHandler, Sendable {
    typealias InboundIn = any Channel
    typealias OutboundIn = Never

    private struct State {
        var open = 0
        /// The listening channels that would accept.
        var held: [any Channel] = []
    }

    /// As many as SwiftNIO accepts at a time by itself.
    private static let atATime = 4

    private let limit: Int
    private let state = NIOLockedValueBox(State())

    init(limit: Int) {
        self.limit = limit
    }

    func read(context: ChannelHandlerContext) {
        let channel = context.channel
        let room = state.withLockedValue { state in
            if state.open >= limit, !state.held.contains(where: { $0 === channel }) {
                state.held.append(channel)
            }
            return limit - state.open
        }
        guard room > 0 else { return }
        try? channel.syncOptions?.setOption(.maxMessagesPerRead, value: UInt(min(room, Self.atATime)))
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let accepted = unwrapInboundIn(data)
        state.withLockedValue { $0.open += 1 }
        accepted.closeFuture.whenComplete { [self] _ in closed() }
        context.fireChannelRead(data)
    }

    private func closed() {
        let held = state.withLockedValue { state -> [any Channel] in
            state.open -= 1
            defer { state.held = [] }
            return state.held
        }
        held.forEach { $0.read() }
    }
}
