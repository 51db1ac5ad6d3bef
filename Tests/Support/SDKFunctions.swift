import Foundation
public import TransportCore

/// The functions of `Tests/Support/functions/functions.py`, served with the published Python SDK.
public final class SDKFunctions: Sendable {
    /// What a TLS server asks of its clients.
    public enum ClientCertificates: Sendable {
        case ignored
        /// Only clients with ``TestCertificates/client`` are served.
        case required
    }

    /// The base URL of each scheme, without a slash at the end. Every path behind it is answered.
    public let urls: [EndpointURL.Scheme: String]
    public let certificates: TestCertificates
    private let peer: SubprocessPeer
    private let folder: TemporaryDirectory

    /// The certificate that a client must trust: what `trust_cacerts` names.
    public var authority: String { certificates.authority }

    /// The base URL of a scheme; empty where it is not served.
    public subscript(scheme: EndpointURL.Scheme) -> String { urls[scheme] ?? "" }

    /// Starts the functions in a process of their own, on free ports and on sockets in a temporary folder.
    /// - Throws: ``MissingTestTool`` where the SDK is not installed, ``PeerFailedToStart``, ``WaitedTooLong``.
    public static func start(
        _ schemes: [EndpointURL.Scheme] = EndpointURL.Scheme.allCases,
        certificate: TestCertificates.Server = .localhost,
        clientCertificates: ClientCertificates = .ignored,
        compressing: Bool = false
    ) async throws -> SDKFunctions {
        let python = try RepositoryLayout.python()
        let certificates = try await TestCertificates.shared()
        let folder = try TemporaryDirectory()
        var arguments = [RepositoryLayout.path("Tests/Support/functions/serve.py")]
        for scheme in Set(schemes) {
            switch scheme {
            case .http: arguments += ["--http"]
            case .https: arguments += ["--https"]
            case .httpUnix: arguments += ["--http-unix", folder.file("plain.sock")]
            case .httpsUnix: arguments += ["--https-unix", folder.file("secure.sock")]
            }
        }
        let shown = certificates.server(certificate)
        arguments += ["--certificate", shown.certificate, "--key", shown.key]
        switch clientCertificates {
        case .ignored: break
        case .required: arguments += ["--client-authority", certificates.clientAuthority]
        }
        if compressing {
            arguments += ["--compress"]
        }
        // Interpreters leave their caches elsewhere than in the sources.
        let peer = try await SubprocessPeer(python, arguments, environment: ["PYTHONDONTWRITEBYTECODE": "1"])
        let named = try JSONDecoder().decode([String: String].self, from: Data(peer.readyText.utf8))
        let urls = named.compactMap { name, url in EndpointURL.Scheme(rawValue: name).map { ($0, url) } }
        return SDKFunctions(urls: Dictionary(uniqueKeysWithValues: urls), certificates: certificates, peer: peer, folder: folder)
    }

    private static let started = Task { try await start() }

    /// The functions over all four schemes, started once for all tests of this process.
    public static func shared() async throws -> SDKFunctions {
        try await started.value
    }

    /// Ends the process of the functions.
    public func stop() async {
        await peer.stop()
    }

    /// What the functions wrote to their standard error.
    public var log: String { peer.process.errors }

    private init(urls: [EndpointURL.Scheme: String], certificates: TestCertificates, peer: SubprocessPeer, folder: TemporaryDirectory) {
        self.urls = urls
        self.certificates = certificates
        self.peer = peer
        self.folder = folder
    }
}
