import Foundation
import TestSupport
import Testing
import TransportCore

/// Whom a transport trusts, and who trusts it.
@Suite struct TLSTrustTests {
    private static let one: [RawServer.Step] = [.readRequest, .respond("200 OK", [RawServer.Step.octets, "connection: close"], [0x41])]

    private func entries(trust: String? = nil, cert: String? = nil, key: String? = nil, password: String? = nil) -> [SpecNode.Entry] {
        [("trust_cacerts", trust), ("client_cert", cert), ("client_key", key), ("client_key_password", password)].compactMap {
            name,
            path in path.map { Wiring.entry(name, .scalar($0)) }
        }
    }

    // MARK: The peer's certificate

    @Test(
        "a certificate that is expired, self-signed or for another host is refused at once, with the reason and a remedy",
        arguments: Wiring.allCases,
        [
            (TestCertificates.Server.expired, "it has expired", "renew it"),
            (.selfSigned, "no authority in trust_cacerts has signed it", "name its authority"),
            (.wrongHost, "it is for another name", "call it by the name that it was made for"),
            // Whoever answers for a name chooses the address, and may have a certificate for that.
            (.address, "it is for another name", "call it by the name that it was made for"),
        ]
    )
    func refused(wiring: Wiring, wrong: (identity: TestCertificates.Server, reason: String, remedy: String)) async throws {
        let certificates = try await TestCertificates.shared()
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, Self.one, tls: certificates.server(wrong.identity))
        let url = "https://localhost:\(server.port)/"
        let failure = await world.failure(try world.client(url, entries(trust: certificates.authority)))
        #expect(failure?.kind == .certificateRefused)
        #expect(failure?.attemptCount == 1)
        #expect(failure?.message.contains(wrong.reason) == true, "\(failure?.message ?? "")")
        #expect(failure?.message.contains(wrong.remedy) == true, "\(failure?.message ?? "")")
        #expect(server.connections.count { !$0.received.isEmpty } == 0)
        try await world.finish(server)
    }

    @Test("without trust_cacerts the authorities of the system count, and the failure says so", arguments: Wiring.allCases)
    func systemAuthorities(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, Self.one, tls: try await TestCertificates.shared().server(.localhost))
        let failure = await world.failure(try world.client("https://localhost:\(server.port)/"))
        #expect(failure?.kind == .certificateRefused)
        #expect(failure?.message.contains("no authority that this system trusts has signed it") == true)
        #expect(failure?.message.contains("trust_cacerts") == true)
        try await world.finish(server)
    }

    @Test("a self-signed certificate is accepted where trust_cacerts names it", arguments: Wiring.allCases)
    func selfSigned(wiring: Wiring) async throws {
        let identity = try await TestCertificates.shared().server(.selfSigned)
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, Self.one, tls: identity)
        #expect(try await world.answer(try world.client("https://localhost:\(server.port)/", entries(trust: identity.certificate))) == "A")
        try await world.finish(server)
    }

    @Test("an address in the URL is held against the addresses in the certificate, and nothing else", arguments: Wiring.allCases)
    func address(wiring: Wiring) async throws {
        let certificates = try await TestCertificates.shared()
        let world = TransportWorld(wiring)
        let named = try await RawServer.start(.tcp, Self.one, tls: certificates.server(.localhost))
        let unnamed = try await RawServer.start(.tcp, Self.one, tls: certificates.server(.wrongHost))
        let bare = try await RawServer.start(.tcp, Self.one, tls: certificates.server(.address))
        let trust = entries(trust: certificates.authority)
        #expect(try await world.answer(try world.client("https://127.0.0.1:\(named.port)/", trust)) == "A")
        #expect(try await world.answer(try world.client("https://127.0.0.1:\(bare.port)/", trust)) == "A")
        let failure = await world.failure(try world.client("https://127.0.0.1:\(unnamed.port)/", trust))
        #expect(failure?.kind == .certificateRefused)
        #expect(failure?.message.contains("does not verify for '127.0.0.1'") == true)
        try await world.finish(named, unnamed)
        try await world.finish(bare)
    }

    // MARK: Our certificate

    /// A server that wants a certificate of its clients.
    private func serverWithClients(
        _ certificates: TestCertificates,
        versions: ClosedRange<RawServer.TLSVersion> = .tlsv12 ... .tlsv13
    ) async throws -> RawServer {
        try await RawServer.start(
            .tcp,
            Self.one,
            tls: certificates.server(.localhost),
            clientAuthority: certificates.clientAuthority,
            tlsVersions: versions
        )
    }

    @Test(
        "a peer that asks for a certificate gets ours; the password file of its key may end in a newline",
        arguments: Wiring.allCases,
        [RawServer.TLSVersion.tlsv12, .tlsv13],
    )
    func clientCertificate(wiring: Wiring, version: RawServer.TLSVersion) async throws {
        let certificates = try await TestCertificates.shared()
        let world = TransportWorld(wiring)
        let server = try await serverWithClients(certificates, versions: version...version)
        let url = "https://localhost:\(server.port)/"
        let client = certificates.client
        let plain = entries(trust: certificates.authority, cert: client.certificate, key: client.key)
        let encrypted = entries(
            trust: certificates.authority,
            cert: client.certificate,
            key: certificates.encryptedClientKey,
            password: certificates.clientKeyPasswordFile
        )
        for options in [plain, encrypted] {
            #expect(try await world.answer(try world.client(url, options)) == "A")
        }
        #expect(server.connectionCount == 2)
        try await world.finish(server)
    }

    @Test(
        "a peer that gets no certificate, or one of the wrong authority, refuses us, and the failure names the option",
        arguments: Wiring.allCases,
        [(RawServer.TLSVersion.tlsv12, true), (.tlsv13, true), (.tlsv13, false)]
    )
    func refusedClient(wiring: Wiring, peer: (version: RawServer.TLSVersion, hasCertificate: Bool)) async throws {
        let certificates = try await TestCertificates.shared()
        let world = TransportWorld(wiring)
        let server = try await serverWithClients(certificates, versions: peer.version...peer.version)
        let stranger = peer.hasCertificate ? certificates.strangerClient : nil
        let options = entries(trust: certificates.authority, cert: stranger?.certificate, key: stranger?.key)
        let failure = await world.failure(try world.client("https://localhost:\(server.port)/", options))
        #expect(failure?.kind == .certificateRefused)
        #expect(failure?.attemptCount == 1)
        #expect(failure?.message.contains("refuses this client") == true)
        #expect(failure?.message.contains("client_cert") == true)
        try await world.finish(server)
    }

    @Test("before TLS 1.3 a peer has no word for a certificate that is missing; the failure guesses it", arguments: Wiring.allCases)
    func missingBefore13(wiring: Wiring) async throws {
        let certificates = try await TestCertificates.shared()
        let world = TransportWorld(wiring)
        let server = try await serverWithClients(certificates, versions: .tlsv12 ... .tlsv12)
        let client = try world.client("https://localhost:\(server.port)/", entries(trust: certificates.authority))
        #expect(try await world.firstReason(client).contains("it may want a certificate, which client_cert and client_key name"))
        try await world.finish(server)
    }

    // MARK: Files that change

    @Test("trust_cacerts that is replaced counts for the next connection, without a restart", arguments: Wiring.allCases)
    func replacedTrust(wiring: Wiring) async throws {
        let certificates = try await TestCertificates.shared()
        let folder = try TemporaryDirectory()
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, Self.one, tls: certificates.server(.localhost))
        let right = try Data(contentsOf: URL(fileURLWithPath: certificates.authority))
        let other = try Data(contentsOf: URL(fileURLWithPath: certificates.clientAuthority))
        let trust = try folder.write(right, to: "trust.pem")
        let client = try world.client("https://localhost:\(server.port)/", entries(trust: trust))
        #expect(try await world.answer(client) == "A")
        // What cannot be used leaves what was there before, also a bundle that breaks off after its first certificate.
        for unusable in [right.prefix(right.count / 2), other + right.prefix(right.count / 2)] {
            _ = try folder.write(unusable, to: "trust.pem")
            #expect(try await world.answer(client) == "A")
            // So may a function that is called for the first time.
            #expect(try await world.answer(try world.client("https://localhost:\(server.port)/", entries(trust: trust))) == "A")
        }
        try FileManager.default.removeItem(atPath: trust)
        #expect(try await world.answer(client) == "A")
        _ = try folder.write(other, to: "trust.pem")
        #expect(await world.failure(client)?.kind == .certificateRefused)
        _ = try folder.write(other + right, to: "trust.pem")
        #expect(try await world.answer(client) == "A")
        try await world.finish(server)
    }

    @Test("a client certificate that is replaced is shown on the next connection, without a restart", arguments: Wiring.allCases)
    func replacedCertificate(wiring: Wiring) async throws {
        let certificates = try await TestCertificates.shared()
        let folder = try TemporaryDirectory()
        let world = TransportWorld(wiring)
        let server = try await serverWithClients(certificates)
        func write(_ path: String, _ name: String) throws -> String {
            try folder.write(try Data(contentsOf: URL(fileURLWithPath: path)), to: name)
        }
        let cert = try write(certificates.strangerClient.certificate, "client.pem")
        let key = try write(certificates.strangerClient.key, "client.key")
        let client = try world.client(
            "https://localhost:\(server.port)/",
            entries(trust: certificates.authority, cert: cert, key: key)
        )
        #expect(await world.failure(client)?.kind == .certificateRefused)
        _ = try write(certificates.client.certificate, "client.pem")
        // Until its key comes, the ones before are shown.
        #expect(await world.failure(client)?.kind == .certificateRefused)
        _ = try write(certificates.client.key, "client.key")
        #expect(try await world.answer(client) == "A")
        try await world.finish(server)
    }
}
