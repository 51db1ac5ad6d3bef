import NIOCore
import NIOSSL
import TestSupport
import TransportCore

@testable import HTTPExchange

extension RawServer {
    /// Lets a server accept connections that it never reads from.
    @Sendable static func stall(_ channel: any Channel) throws {
        channel.setOption(.autoRead, value: false).whenFailure { _ in channel.close(promise: nil) }
        try channel.pipeline.syncOperations.addHandler(ReadOnce())
    }
}

/// Lets the first bytes in, so that a script sees them, and no more.
private final class ReadOnce: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        context.read()
        context.fireChannelActive()
    }
}

extension HTTPConnection {
    /// What the system says of `TCP_NODELAY`.
    func tcpNoDelay() async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            loop.execute { [self] in
                channel.getOption(.tcpOption(.tcp_nodelay)).whenComplete { continuation.resume(with: $0.map { Int($0) }) }
            }
        }
    }
}

extension RawServer {
    /// Has a server speak TLS.
    static func tls(
        _ identity: TestCertificates.Identity,
        clientAuthority: String? = nil,
        version: TLSVersion = .tlsv13
    ) throws -> @Sendable (any Channel) throws -> Void {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(identity.certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: identity.key, format: .pem))
        )
        configuration.maximumTLSVersion = version
        if let clientAuthority {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .file(clientAuthority)
        }
        let context = try NIOSSLContext(configuration: configuration)
        return { channel in
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context), name: tlsHandlerName)
        }
    }
}

extension TLSSettings {
    /// Settings as a spec would name the files.
    static func files(trust: String? = nil, cert: String? = nil, key: String? = nil, password: String? = nil) -> TLSSettings {
        func setting(_ path: String?, _ line: Int) -> Setting<String>? {
            path.map { Setting($0, from: .line(file: "module.yaml", SourcePosition(line: line, column: 3))) }
        }
        return TLSSettings(
            trustCACerts: setting(trust, 1),
            clientCert: setting(cert, 2),
            clientKey: setting(key, 3),
            clientKeyPassword: setting(password, 4)
        )
    }
}
