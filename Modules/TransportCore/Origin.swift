/// A peer that connections can be shared for: the same place, spoken to in the same way.
public struct Origin: Hashable, Sendable, CustomStringConvertible {
    /// Where the peer listens.
    public enum Place: Hashable, Sendable {
        /// A host name or address without brackets, and a port.
        case tcp(host: String, port: Int)
        /// The path of a UNIX domain socket.
        case unix(path: String)
    }

    public let place: Place
    /// `nil` where the bytes travel unencrypted. Origins with different settings never share a connection.
    public let tls: TLSSettings?

    public init(place: Place, tls: TLSSettings?) {
        self.place = place
        self.tls = tls
    }

    /// The name that the peer's certificate must carry. A UNIX domain socket answers for `localhost`.
    public var serverName: String {
        switch place {
        case .tcp(let host, _): host
        case .unix: "localhost"
        }
    }

    public var description: String {
        switch place {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}

/// How a peer proves who it is, and how we do: paths of PEM files, ready to open.
///
/// Chain and host name are always verified; there is no setting that turns that off.
public struct TLSSettings: Hashable, Sendable {
    /// The certificates that the peer's chain may end in; `nil` for the system's own.
    public var trustCACerts: Setting<String>?
    /// Our certificate chain, for peers that ask for one.
    public var clientCert: Setting<String>?
    /// Its private key, PKCS #8.
    public var clientKey: Setting<String>?
    /// A file that holds the password of the key.
    public var clientKeyPassword: Setting<String>?

    public init(
        trustCACerts: Setting<String>? = nil,
        clientCert: Setting<String>? = nil,
        clientKey: Setting<String>? = nil,
        clientKeyPassword: Setting<String>? = nil
    ) {
        self.trustCACerts = trustCACerts
        self.clientCert = clientCert
        self.clientKey = clientKey
        self.clientKeyPassword = clientKeyPassword
    }

    // Two specs that name the same files share connections, wherever the lines stand.
    public static func == (left: Self, right: Self) -> Bool {
        left.paths == right.paths
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(paths)
    }

    private var paths: [String?] {
        [trustCACerts?.value, clientCert?.value, clientKey?.value, clientKeyPassword?.value]
    }
}

/// How a URL is reached: the origin to connect to and what to ask it for.
public struct EndpointRoute: Hashable, Sendable {
    public let origin: Origin
    /// Path and query of the request line, beginning with `/`.
    public let requestTarget: String
    /// The value of the `Host` header.
    public let hostHeader: String

    /// The route of a URL to the place that a resolver found in it. Secure schemes get TLS, with defaults where no settings
    /// are given; others get none, whatever is given.
    public init(_ url: EndpointURL, to place: Origin.Place, requestTarget: String, tls: TLSSettings?) {
        self.init(
            origin: Origin(place: place, tls: url.scheme.isSecure ? tls ?? TLSSettings() : nil),
            requestTarget: requestTarget,
            hostHeader: url.hostHeader
        )
    }

    public init(origin: Origin, requestTarget: String, hostHeader: String) {
        self.origin = origin
        self.requestTarget = requestTarget
        self.hostHeader = hostHeader
    }
}
