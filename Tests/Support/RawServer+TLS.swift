import NIOCore
import NIOSSL

extension RawServer {
    /// A version of TLS, the oldest first.
    public enum TLSVersion: Int, Sendable, Comparable {
        case tlsv1
        case tlsv11
        case tlsv12
        case tlsv13

        public static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }

        fileprivate var libraryVersion: NIOSSL.TLSVersion {
            switch self {
            case .tlsv1: .tlsv1
            case .tlsv11: .tlsv11
            case .tlsv12: .tlsv12
            case .tlsv13: .tlsv13
            }
        }
    }

    /// How a server speaks TLS.
    struct TLS: Sendable {
        private let context: NIOSSLContext

        init(_ identity: TestCertificates.Identity, clientAuthority: String?, versions: ClosedRange<TLSVersion>) throws {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(identity.certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: identity.key, format: .pem))
            )
            configuration.minimumTLSVersion = versions.lowerBound.libraryVersion
            configuration.maximumTLSVersion = versions.upperBound.libraryVersion
            if let clientAuthority {
                configuration.certificateVerification = .noHostnameVerification
                configuration.trustRoots = .file(clientAuthority)
            }
            context = try NIOSSLContext(configuration: configuration)
        }

        func add(to channel: any Channel, _ connection: RawConnection) throws {
            try channel.pipeline.syncOperations.addHandler(RawSocketRecorder(connection))
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context), name: RawScriptHandler.tlsName)
        }
    }
}

/// Keeps what comes over a socket before anybody decrypts it.
private final class RawSocketRecorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: RawConnection

    init(_ connection: RawConnection) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.appendRaw(unwrapInboundIn(data).readableBytesView)
        context.fireChannelRead(data)
    }
}
