import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import TestSupport

/// A client that knows no protocol. It can go on sending when the server has ended its side.
final class RawClient: Sendable {
    let channel: any Channel
    private let answer: Answer

    /// What came until the server ended its side, however it did.
    private final class Answer: Sendable {
        let bytes = NIOLockedValueBox<[UInt8]>([])
        let end = Eventual<[UInt8]>()
    }

    private init(_ channel: any Channel, _ answer: Answer) {
        self.channel = channel
        self.answer = answer
    }

    /// - Parameter authority: whom to trust; without it the client speaks no TLS.
    static func connect(to address: SocketAddress, authority: String? = nil, certificate: TestCertificates.Identity? = nil) async throws
        -> RawClient
    {
        let tls = try authority.map { authority in
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .file(authority)
            if let certificate {
                configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate.certificate).map { .certificate($0) }
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: certificate.key, format: .pem))
            }
            return try NIOSSLContext(configuration: configuration)
        }
        let answer = Answer()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
                    }
                    try channel.pipeline.syncOperations.addHandler(Collector(answer))
                }
            }
            .connect(to: address).get()
        return RawClient(channel, answer)
    }

    static func connect(to server: RawServer) async throws -> RawClient {
        try await connect(to: server.address)
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// Everything that the server sends until it ends its side.
    /// - Throws: what went wrong before.
    func answered() async throws -> String {
        String(decoding: try await answer.end.value("the end of the answer"), as: UTF8.self)
    }

    func close() async throws {
        try await channel.close()
    }

    /// What a server answers until it ends its side.
    static func ask(_ server: RawServer, _ text: String = "") async throws -> String {
        let client = try await connect(to: server)
        try await client.send(text)
        return try await client.answered()
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let answer: Answer

        init(_ answer: Answer) {
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data).readableBytesView
            answer.bytes.withLockedValue { $0.append(contentsOf: bytes) }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .inputClosed = event as? ChannelEvent {
                end()
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            end()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            answer.end.fail(error)
            context.close(promise: nil)
        }

        private func end() {
            answer.end.succeed(answer.bytes.withLockedValue { $0 })
        }
    }
}
