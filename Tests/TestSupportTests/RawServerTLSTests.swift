import NIOSSL
import TestSupport
import Testing

/// Servers that speak TLS.
@Suite struct RawServerTLSTests {
    @Test("what was said inside TLS is kept, and what came over the socket too", arguments: [RawServer.TLSVersion.tlsv12, .tlsv13])
    func received(version: RawServer.TLSVersion) async throws {
        let certificates = try await TestCertificates.shared()
        let folder = try TemporaryDirectory()
        let server = try await RawServer.start(
            .unix(path: folder.file("raw.sock")),
            [.readBytes(6), .send("answer"), .close],
            tls: certificates.server(.localhost),
            tlsVersions: version...version
        )
        let client = try await RawClient.connect(to: server.address, authority: certificates.authority)
        try await client.send("secret")
        #expect(try await client.answered() == "answer")
        try await client.close()
        let connection = try await server.connection()
        try await connection.closed()
        #expect(connection.receivedText == "secret")
        #expect(connection.receivedRaw.prefix(2) == [0x16, 0x03])
        #expect(connection.receivedRaw.firstRange(of: Array("secret".utf8)) == nil)
        #expect(connection.closedInOrder)
    }

    @Test("the script begins when the handshake is over")
    func handshakeFirst() async throws {
        let certificates = try await TestCertificates.shared()
        let began = Gate()
        let server = try await RawServer.start(.tcp, [.reached(began), .close], tls: certificates.server(.localhost))
        let plain = try await RawClient.connect(to: server)
        try await plain.send("GET / HTTP/1.1\r\n\r\n")
        let connection = try await server.connection()
        await #expect(throws: ConnectionEndedEarly.self) { try await connection.scriptEnded() }
        #expect(!began.isOpen)
        #expect(connection.received.isEmpty)
        #expect(!connection.closedInOrder)
        let client = try await RawClient.connect(to: server.address, authority: certificates.authority)
        #expect(try await client.answered().isEmpty)
        #expect(began.isOpen)
    }

    @Test("a socket closed without the farewell of TLS is an error for the client")
    func closeSocket() async throws {
        let certificates = try await TestCertificates.shared()
        let server = try await RawServer.start(.tcp, [.send("x"), .closeSocket], tls: certificates.server(.localhost))
        let client = try await RawClient.connect(to: server.address, authority: certificates.authority)
        await #expect(throws: NIOSSLError.uncleanShutdown) { try await client.answered() }
    }

    @Test("a half-closed connection still takes what the client sends, inside TLS as well")
    func halfClose() async throws {
        let certificates = try await TestCertificates.shared()
        let server = try await RawServer.start(.tcp, [.send("end"), .halfClose, .readBytes(5)], tls: certificates.server(.localhost))
        let client = try await RawClient.connect(to: server.address, authority: certificates.authority)
        #expect(try await client.answered() == "end")
        try await client.send("hello")
        try await server.connection().scriptEnded()
        try await client.close()
    }

    @Test("where a client's certificate is wanted, a client without one is not served", arguments: [true, false])
    func clientCertificate(hasOne: Bool) async throws {
        let certificates = try await TestCertificates.shared()
        let server = try await RawServer.start(
            .tcp,
            [.send("welcome"), .close],
            tls: certificates.server(.localhost),
            clientAuthority: certificates.clientAuthority
        )
        let client = try await RawClient.connect(
            to: server.address,
            authority: certificates.authority,
            certificate: hasOne ? certificates.client : nil
        )
        if hasOne {
            #expect(try await client.answered() == "welcome")
        } else {
            await #expect(throws: (any Error).self) { try await client.answered() }
        }
    }

    @Test("garbage in place of a ServerHello fails the handshake")
    func garbage() async throws {
        let certificates = try await TestCertificates.shared()
        let server = try await RawServer.start(.tcp, [.readTLSRecord, .garbage, .halfClose])
        let client = try await RawClient.connect(to: server.address, authority: certificates.authority)
        await #expect(throws: (any Error).self) { try await client.answered() }
        #expect(try await server.connection().received.first == 0x16)
    }
}
