import Foundation
import NIOCore
import NIOEmbedded
import NIOSSL
import TestSupport
import Testing
import TransportCore

@testable import HTTPExchange

/// Who is let in, and by whom.
@Suite struct TLSConnectTests {
    // MARK: The peer's certificate

    @Test(
        "a peer is trusted whose certificate verifies for its name, its address, or localhost behind a UNIX domain socket",
        arguments: ["localhost", "127.0.0.1"],
        [RawServer.TLSVersion.tlsv12, .tlsv13]
    )
    func trusted(host: String, version: RawServer.TLSVersion) async throws {
        let certificates = try await TestCertificates.shared()
        let script: [RawServer.Step] = [.readRequest, .sendResult([1]), .readRequest, .sendResult([2])]
        let server = try await RawServer.start(.tcp, script, tls: certificates.server(.localhost), tlsVersions: version...version)
        let wire = Wire()
        let connection = try await wire.connection(
            to: Wire.tcp(server.port, host: host, tls: TLSSettings.files(trust: certificates.authority))
        )
        #expect(try await wire.exchange(connection).get().body == ByteBuffer(bytes: [1]))
        let large = ByteBuffer(repeating: 1, count: 3_000_000)
        #expect(try await wire.exchange(connection, large).get().body == ByteBuffer(bytes: [2]))
        try await wire.close(connection)
        try await server.connection().closed()
    }

    @Test(
        "names go into the handshake, without the dot that may end one, and addresses do not",
        arguments: [("fn.example.", "fn.example"), ("fn.example", "fn.example"), ("127.0.0.1", nil), ("::1", nil)] as [(String, String?)]
    )
    func nameInHandshake(host: String, name: String?) {
        #expect(Wire.tcp(443, host: host, tls: TLSSettings()).nameInHandshake == name)
    }

    @Test("a peer is trusted by its name with a dot at the end, too")
    func finalDot() async throws {
        let certificates = try await TestCertificates.shared()
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult([1])], tls: certificates.server(.localhost))
        let wire = Wire(resolvers: [StubResolver([try SocketAddress(ipAddress: "127.0.0.1", port: server.port)])])
        let origin = Wire.tcp(server.port, host: "localhost.", tls: TLSSettings.files(trust: certificates.authority))
        let connection = try await wire.connection(to: origin)
        #expect(try await wire.exchange(connection).get().body == ByteBuffer(bytes: [1]))
        try await wire.close(connection)
    }

    @Test("a UNIX domain socket with TLS answers for localhost, and no plain byte is sent to it")
    func unix() async throws {
        let certificates = try await TestCertificates.shared()
        let folder = try TemporaryDirectory()
        let path = folder.file("f.sock")
        let place = Origin.Place.unix(path: path)
        let wire = Wire(resolvers: [StubResolver([try SocketAddress(unixDomainSocketPath: path)])])
        let secure = try await RawServer.start(
            .unix(path: path),
            [.readRequest, .sendResult([1])],
            tls: certificates.server(.localhost)
        )
        let connection = try await wire.connection(to: Origin(place: place, tls: TLSSettings.files(trust: certificates.authority)))
        #expect(try await wire.exchange(connection).get().body == ByteBuffer(bytes: [1]))
        try await wire.close(connection)
        try await secure.stop()

        let other = folder.file("g.sock")
        let plain = try await RawServer.start(.unix(path: other), [.readBytes(5), .close])
        let plainWire = Wire(resolvers: [StubResolver([try SocketAddress(unixDomainSocketPath: other)])])
        let failure = try await plainWire.connect(to: Origin(place: .unix(path: other), tls: TLSSettings())).failure
        #expect(failure?.kind == .handshakeFailed)
        // A handshake record.
        #expect(try await plain.connection().received.prefix(2) == [0x16, 0x03])
    }

    @Test(
        "a certificate that does not verify is refused, a retry does not help, and nothing was asked",
        arguments: [TestCertificates.Server.expired, .wrongHost, .selfSigned],
        [RawServer.TLSVersion.tlsv12, .tlsv13]
    )
    func refused(identity: TestCertificates.Server, version: RawServer.TLSVersion) async throws {
        let certificates = try await TestCertificates.shared()
        let server = try await RawServer.start(.tcp, [], tls: certificates.server(identity), tlsVersions: version...version)
        let origin = Wire.tcp(server.port, host: "localhost", tls: TLSSettings.files(trust: certificates.authority))
        let failure = try await Wire().connect(to: origin).failure
        #expect(failure?.kind == .certificateRefused)
        #expect(failure?.mayRetry == false)
        let message = failure?.message ?? ""
        #expect(message.hasPrefix("the certificate of localhost:\(server.port) is refused: "))
        #expect(message.contains(identity == .selfSigned ? "trust_cacerts" : identity == .expired ? "renew it" : "call it by the name"))
        #expect(!message.contains(".swift"))
        #expect(!message.contains(".cc:"))
        try await server.connection().closed()
        #expect(try await server.connection().received.isEmpty)
    }

    @Test("without trust_cacerts the system's authorities count, who do not know this one")
    func systemAuthorities() async throws {
        let certificates = try await TestCertificates.shared()
        let server = try await RawServer.start(.tcp, [], tls: certificates.server(.localhost))
        let failure = try await Wire().connect(to: Wire.tcp(server.port, host: "localhost", tls: TLSSettings())).failure
        #expect(failure?.kind == .certificateRefused)
    }

    @Test("a certificate for a name is not one for an address that is not in it")
    func otherAddress() async throws {
        let certificates = try await TestCertificates.shared()
        let server = try await RawServer.start(.tcp, [], tls: certificates.server(.wrongHost))
        let failure = try await Wire().connect(to: Wire.tcp(server.port, tls: TLSSettings.files(trust: certificates.authority))).failure
        #expect(failure?.kind == .certificateRefused)
        #expect(failure?.message.contains("'127.0.0.1'") == true)
    }

    @Test("a self-signed certificate is accepted where trust_cacerts names it")
    func selfSigned() async throws {
        let certificates = try await TestCertificates.shared()
        let identity = certificates.server(.selfSigned)
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult()], tls: identity)
        let wire = Wire()
        let connection = try await wire.connection(
            to: Wire.tcp(server.port, host: "localhost", tls: TLSSettings.files(trust: identity.certificate))
        )
        #expect(try await wire.exchange(connection).get().status == 200)
        try await wire.close(connection)
    }

    @Test("files are read again when they change")
    func replacedFiles() async throws {
        let certificates = try await TestCertificates.shared()
        let folder = try TemporaryDirectory()
        let trust = try folder.write(try Data(contentsOf: URL(fileURLWithPath: certificates.clientAuthority)), to: "trust.pem")
        let script: [RawServer.Step] = [.readRequest, .sendResult()]
        let server = try await RawServer.start(.tcp, scripts: [[], script, script], tls: certificates.server(.localhost))
        let wire = Wire()
        let origin = Wire.tcp(server.port, host: "localhost", tls: TLSSettings.files(trust: trust))
        #expect(try await wire.connect(to: origin).failure?.kind == .certificateRefused)
        _ = try folder.write(try Data(contentsOf: URL(fileURLWithPath: certificates.authority)), to: "trust.pem")
        let connection = try await wire.connection(to: origin)
        #expect(try await wire.exchange(connection).get().status == 200)
        try FileManager.default.removeItem(atPath: trust)
        // What was read before is used on.
        let another = try await wire.connection(to: origin)
        #expect(try await wire.exchange(another).get().status == 200)
        #expect(await wire.isReusable(connection))
        try await wire.close(connection)
        try await wire.close(another)
    }

    // MARK: Our certificate

    @Test(
        "a peer that wants a certificate gets ours, with a plain or an encrypted key",
        arguments: [RawServer.TLSVersion.tlsv12, .tlsv13],
        [true, false]
    )
    func clientCertificate(version: RawServer.TLSVersion, isEncrypted: Bool) async throws {
        let certificates = try await TestCertificates.shared()
        let server = try await RawServer.start(
            .tcp,
            [.readRequest, .sendResult([9])],
            tls: certificates.server(.localhost),
            clientAuthority: certificates.clientAuthority,
            tlsVersions: version...version
        )
        let settings = TLSSettings.files(
            trust: certificates.authority,
            cert: certificates.client.certificate,
            key: isEncrypted ? certificates.encryptedClientKey : certificates.client.key,
            password: isEncrypted ? certificates.clientKeyPasswordFile : nil
        )
        let wire = Wire()
        let connection = try await wire.connection(to: Wire.tcp(server.port, host: "localhost", tls: settings))
        #expect(try await wire.exchange(connection).get().body == ByteBuffer(bytes: [9]))
        try await wire.close(connection)
    }

    @Test(
        "a peer that wants a certificate and gets none, or a stranger's, is not asked again and again",
        arguments: [RawServer.TLSVersion.tlsv12, .tlsv13],
        [true, false]
    )
    func wrongClientCertificate(version: RawServer.TLSVersion, isStranger: Bool) async throws {
        let certificates = try await TestCertificates.shared()
        let server = try await RawServer.start(
            .tcp,
            [.readRequest, .sendResult()],
            tls: certificates.server(.localhost),
            clientAuthority: certificates.clientAuthority,
            tlsVersions: version...version
        )
        let stranger = certificates.strangerClient
        let settings = TLSSettings.files(
            trust: certificates.authority,
            cert: isStranger ? stranger.certificate : nil,
            key: isStranger ? stranger.key : nil
        )
        let wire = Wire()
        // With TLS 1.3 the client has shaken hands before the peer looks at its certificate.
        let failure: RequestReplyFailure?
        switch try await wire.connect(to: Wire.tcp(server.port, host: "localhost", tls: settings)) {
        case .success(let connection): failure = try await wire.exchange(connection).failure
        case .failure(let refused): failure = refused
        }
        // Before TLS 1.3 there is no word for a certificate that is missing.
        let isUnspecific = version == .tlsv12 && !isStranger
        #expect(failure?.kind == (isUnspecific ? .handshakeFailed : .certificateRefused))
        #expect(failure?.message.contains("client_cert") == true)
        try await server.connection().closed()
    }

    // MARK: Handshakes that come to nothing

    @Test("a handshake that stalls trips the connect limit and leaves no socket")
    func stalled() async throws {
        let server = try await RawServer.start(.tcp, [.readBytes(1)])
        // How long the authorities of the system take to read is up to the machine.
        let clock = ClockedLoop()
        let connecting = await Wire(on: clock).begin(to: Wire.tcp(server.port, tls: TLSSettings()), connect: .milliseconds(200))
        try await server.connection().scriptEnded()
        try await clock.advance(by: .milliseconds(199))
        #expect(connecting.outcomes.count == 0)
        try await clock.advance(by: .milliseconds(1))
        let failure = try await connecting.outcomes.first().failure
        #expect(failure?.kind == .timedOut)
        #expect(
            failure?.message
                == "the connect limit of 200 ms (default) passed while the TLS handshake with 127.0.0.1:\(server.port) went on"
        )
        try await server.connection().closed()
    }

    @Test("a handshake that is called off ends at once and leaves no socket")
    func cancelled() async throws {
        let server = try await RawServer.start(.tcp, [.readBytes(1)])
        let wire = Wire()
        let connecting = await wire.begin(to: Wire.tcp(server.port, tls: TLSSettings()))
        try await server.connection().scriptEnded()
        await connecting.cancel()
        #expect(try await connecting.outcomes.first().failure?.kind == .cancelled)
        try await server.connection().closed()
        #expect(connecting.outcomes.count == 1)
    }

    @Test("with a peer that has left before the handshake's first bytes are written it fails at once", arguments: [true, false])
    func leftAlready(isConnected: Bool) throws {
        let channel = EmbeddedChannel(handler: LeftPeer())
        if isConnected {
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }
        let context = try NIOSSLContext(configuration: .makeClientConfiguration())
        var outcomes: [Result<Void, any Error>] = []
        try HandshakeWaiter.begin(NIOSSLClientHandler(context: context, serverHostname: nil), on: channel) { outcomes.append($0) }
        #expect(outcomes.count == 1)
        #expect(throws: (any Error).self) { try outcomes.first?.get() }
        #expect(!channel.isActive)
    }

    @Test(
        "a peer that does not speak TLS, or leaves, fails the handshake, and a retry may help",
        arguments: [
            [RawServer.Step.readBytes(1), .close], [.readBytes(1), .reset], [.readBytes(1), .send("HTTP/1.1 400 Bad Request\r\n\r\n")],
            [.close],
            [.readBytes(1), .send([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28])],
        ]
    )
    func failed(script: [RawServer.Step]) async throws {
        let server = try await RawServer.start(.tcp, script)
        let failure = try await Wire().connect(to: Wire.tcp(server.port, tls: TLSSettings())).failure
        #expect(failure?.kind == .handshakeFailed)
        #expect(failure?.mayRetry == true)
        let message = failure?.message ?? ""
        #expect(message.hasPrefix("the TLS handshake with 127.0.0.1:\(server.port) failed: "))
        #expect(!message.contains(".cc:"))
        #expect(!message.contains("BoringSSL"))
    }
}

/// The socket of a peer that has left: the first bytes for it end the connection.
private final class LeftPeer: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    func flush(context: ChannelHandlerContext) {
        context.close(promise: nil)
    }
}
