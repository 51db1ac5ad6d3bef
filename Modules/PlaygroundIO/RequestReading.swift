internal import NIOCore

/// Hands a connection's requests to its ``ConnectionHandler``: those that it has had before as they are, and all others by way of
/// the decoder that stands between the two.
final class RequestReading: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: ConnectionHandler
    private var requests: RecurringRequests

    init(_ connection: ConnectionHandler, headLimit: Int) {
        self.connection = connection
        requests = RecurringRequests(headLimit: headLimit)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        while let step = requests.next(&bytes) {
            switch consume step {
            case .decode(let part):
                context.fireChannelRead(wrapInboundOut(part))
                requests.decoded(connection.decoded)
                connection.decoded = RecurringRequests.Decoded()
            case .head(let head, let target, let length): connection.headReceived(head, target: target, length: length)
            case .body(let part): connection.bodyReceived(part)
            case .end: connection.requestEnded()
            }
        }
        connection.arm()
    }
}
