import Foundation

/// Certificates and keys made on the spot, as PEM files. They last some days.
public final class TestCertificates: Sendable {
    /// What a server shows.
    public enum Server: String, CaseIterable, Sendable {
        /// For `localhost`, 127.0.0.1 and ::1, signed by ``TestCertificates/authority``.
        case localhost
        /// The same, but its time is over.
        case expired
        /// Signed by ``TestCertificates/authority``, but for `elsewhere.example`.
        case wrongHost = "wrong-host"
        /// Signed by ``TestCertificates/authority``, for 127.0.0.1 and ::1 and for no name.
        case address
        /// For `localhost`, 127.0.0.1 and ::1, signed by nobody but itself.
        case selfSigned = "self-signed"
    }

    /// A certificate and its key, PKCS #8.
    public struct Identity: Sendable {
        public let certificate: String
        public let key: String

        public init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    private let folder: TemporaryDirectory

    /// The certificate that a client must trust for ``Server/localhost``.
    public var authority: String { folder.file("authority.pem") }
    /// The certificate that a server must trust for ``client``.
    public var clientAuthority: String { folder.file("client-authority.pem") }
    /// What a client shows. Its key has no password.
    public var client: Identity { identity("client") }
    /// What a client shows that nobody trusts: signed by no authority but itself.
    public var strangerClient: Identity { identity("stranger") }
    /// The key of ``client``, encrypted with the password in ``clientKeyPasswordFile``.
    public var encryptedClientKey: String { folder.file("client-encrypted.key") }
    /// A file with the password of ``encryptedClientKey`` and, as editors leave it, a line end behind it.
    public var clientKeyPasswordFile: String { folder.file("client.password") }

    /// What a server shows.
    public func server(_ server: Server) -> Identity { identity(server.rawValue) }

    private static let made = Task { try await TestCertificates() }

    /// The certificates of this test process; made when they are asked for first.
    /// - Throws: ``CertificatesNotMade`` with the words of `openssl`.
    public static func shared() async throws -> TestCertificates {
        try await made.value
    }

    private func identity(_ name: String) -> Identity {
        Identity(certificate: folder.file("\(name).pem"), key: folder.file("\(name).key"))
    }

    private init() async throws {
        folder = try TemporaryDirectory()
        let password = "correct horse"
        _ = try folder.write(password + "\n", to: "client.password")
        _ = try folder.write(Self.configuration, to: "openssl.conf")
        for authority in ["authority", "client-authority"] {
            try await makeKey(authority)
            try await selfSign(authority, extensions: "authority")
        }
        for server in Server.allCases {
            try await makeKey(server.rawValue)
        }
        try await selfSign("self-signed", extensions: "localhost")
        try await sign("localhost", by: "authority", extensions: "localhost")
        try await sign("expired", by: "authority", extensions: "localhost", from: "20200101000000Z", to: "20200102000000Z")
        try await sign("wrong-host", by: "authority", extensions: "elsewhere")
        try await sign("address", by: "authority", extensions: "address")
        for client in ["client", "stranger"] {
            try await makeKey(client)
        }
        try await sign("client", by: "client-authority", extensions: "client")
        try await selfSign("stranger", extensions: "client")
        try await openssl([
            "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-in", "client.key", "-out", "client-encrypted.key",
            "-passout", "pass:\(password)",
        ])
    }

    private func makeKey(_ name: String) async throws {
        try await openssl(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "\(name).key"])
    }

    private func selfSign(_ name: String, extensions: String) async throws {
        try await openssl([
            "req", "-x509", "-new", "-config", "openssl.conf", "-extensions", extensions, "-key", "\(name).key",
            "-subj", "/CN=\(name)", "-days", "3", "-out", "\(name).pem",
        ])
    }

    private func sign(_ name: String, by authority: String, extensions: String, from start: String? = nil, to end: String? = nil)
        async throws
    {
        try await openssl([
            "req", "-new", "-config", "openssl.conf", "-key", "\(name).key", "-subj", "/CN=\(name)", "-out", "\(name).csr",
        ])
        // `ca` is the only command of OpenSSL 3.0 that signs for a time in the past; it keeps a list of what it signed.
        _ = try folder.write("", to: "issued")
        var arguments = [
            "ca", "-batch", "-notext", "-config", "openssl.conf", "-extensions", extensions,
            "-cert", "\(authority).pem", "-keyfile", "\(authority).key", "-in", "\(name).csr", "-out", "\(name).pem",
        ]
        if let start, let end {
            arguments += ["-startdate", start, "-enddate", end]
        }
        try await openssl(arguments)
    }

    private func openssl(_ arguments: [String]) async throws {
        let outcome = try await ChildProcess.run("/usr/bin/env", ["openssl"] + arguments, directory: folder.path)
        guard outcome.status == 0 else {
            throw CertificatesNotMade(command: arguments.joined(separator: " "), errors: outcome.errors)
        }
    }

    private static let configuration = """
        [req]
        distinguished_name = name
        prompt = no
        [name]
        CN = unnamed
        [ca]
        default_ca = signing
        [signing]
        new_certs_dir = .
        database = issued
        default_md = sha256
        default_days = 3
        policy = policy
        unique_subject = no
        rand_serial = yes
        [policy]
        commonName = supplied
        [authority]
        basicConstraints = critical, CA:TRUE
        keyUsage = critical, keyCertSign, cRLSign
        subjectKeyIdentifier = hash
        [localhost]
        subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
        extendedKeyUsage = serverAuth
        [elsewhere]
        subjectAltName = DNS:elsewhere.example
        extendedKeyUsage = serverAuth
        [address]
        subjectAltName = IP:127.0.0.1, IP:::1
        extendedKeyUsage = serverAuth
        [client]
        extendedKeyUsage = clientAuth
        """
}

/// `openssl` did not do its part.
public struct CertificatesNotMade: Error, CustomStringConvertible {
    public let command: String
    public let errors: String

    public var description: String { "openssl \(command): \(errors)" }
}
