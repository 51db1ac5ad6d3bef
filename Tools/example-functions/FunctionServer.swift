import NIOCore
import NIOHTTP1
import NIOPosix

/// Serves functions over HTTP/1.1. Every path is answered: the name of the function stands in the request.
final class FunctionServer {
    private let functions: FunctionTable
    private var listeners: [any Channel] = []

    init(functions: FunctionTable) {
        self.functions = functions
    }

    /// Listens on this machine only.
    /// - Returns: the port.
    func listen(onPort port: Int) async throws -> Int {
        let channel = try await bootstrap.bind(host: "127.0.0.1", port: port).get()
        listeners.append(channel)
        return channel.localAddress?.port ?? port
    }

    /// Listens on a socket; one that an earlier run left behind is replaced.
    func listen(onSocket path: String) async throws {
        listeners.append(try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get())
    }

    /// Returns when nothing listens any more.
    func untilClosed() async throws {
        for listener in listeners {
            try await listener.closeFuture.get()
        }
    }

    private var bootstrap: ServerBootstrap {
        let functions = functions
        return ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            // So that it can be started again at once.
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(FunctionHandler(functions: functions))
                }
            }
    }
}

/// Answers the calls of one connection, one after the other.
private final class FunctionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// The documented default of `payload_max_bytes`.
    private static let largestRequest = 32 * 1024 * 1024

    private let functions: FunctionTable
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(functions: FunctionTable) {
        self.functions = functions
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let bytes):
            guard head != nil else { return }
            guard body.count + bytes.readableBytes <= Self.largestRequest else {
                head = nil
                return refuse(.payloadTooLarge, "more than \(Self.largestRequest) bytes", context)
            }
            body.append(contentsOf: bytes.readableBytesView)
        case .end:
            guard let head else { return }
            self.head = nil
            answer(head, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard head.method == .POST else {
            return refuse(.methodNotAllowed, "functions are called with POST", context)
        }
        do {
            let answer = try functions.answer(body)
            write(.ok, "application/octet-stream", ByteBuffer(bytes: answer), keepAlive: head.isKeepAlive, context)
        } catch {
            refuse(.internalServerError, "\(error)", context)
        }
    }

    private func refuse(_ status: HTTPResponseStatus, _ reason: String, _ context: ChannelHandlerContext) {
        write(status, "text/plain; charset=utf-8", ByteBuffer(string: "\(reason)\n"), keepAlive: false, context)
    }

    private func write(
        _ status: HTTPResponseStatus,
        _ contentType: String,
        _ bytes: ByteBuffer,
        keepAlive: Bool,
        _ context: ChannelHandlerContext
    ) {
        var headers: HTTPHeaders = ["content-type": contentType, "content-length": "\(bytes.readableBytes)"]
        if !keepAlive {
            headers.add(name: "connection", value: "close")
        }
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            if !keepAlive {
                channel.close(promise: nil)
            }
        }
    }
}
