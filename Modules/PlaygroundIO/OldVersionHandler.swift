internal import NIOCore
internal import NIOHTTP1

/// Has the connection of a client that speaks HTTP/1.0 closed after the answer, since such a client reads until then.
///
/// What comes after it in the pipeline does not know the version any more, so this handler writes it as every version since says it.
final class OldVersionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data), head.version != .http1_1 else {
            context.fireChannelRead(data)
            return
        }
        head.headers.replaceOrAdd(name: "Connection", value: "close")
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }
}
