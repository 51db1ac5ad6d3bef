/// The address of a function as a `urlPathTemplate` resolves to it (HTTP Function Endpoint, "Url Path Template").
///
/// Holds only what can be sent: the scheme is one of four, host and port are sound, and path and query contain nothing
/// but visible ASCII, so that no spec and no function name can put extra bytes into a request head.
public struct EndpointURL: Hashable, Sendable, CustomStringConvertible {
    /// The supported schemes.
    public enum Scheme: String, Hashable, Sendable, CaseIterable {
        case http = "http"
        case https = "https"
        case httpUnix = "http+unix"
        case httpsUnix = "https+unix"

        /// Whether the bytes travel inside TLS.
        public var isSecure: Bool { self == .https || self == .httpsUnix }
        /// Whether the peer is a UNIX domain socket.
        public var isUnix: Bool { self == .httpUnix || self == .httpsUnix }
        /// The port where a URL names none; `nil` for UNIX domain sockets.
        public var defaultPort: Int? {
            switch self {
            case .http: 80
            case .https: 443
            case .httpUnix, .httpsUnix: nil
            }
        }
    }

    public let scheme: Scheme
    /// A name, an IPv4 address, or an IPv6 address without its brackets; empty for UNIX domain sockets.
    public let host: String
    /// The port that the URL names or its scheme implies, 1 to 65535; 0 for UNIX domain sockets.
    public let port: Int
    /// Path and query as written, percent-encoding kept, without the fragment. Begins with `/`.
    ///
    /// For UNIX domain sockets this is the path of the socket file followed by the path of the request.
    public let pathAndQuery: String

    /// The URL for a log: a query may hold a key that nobody else should see.
    public var withoutQuery: String { String(description.prefix { $0 != "?" }) }

    /// Reads a URL.
    /// - Throws: ``SpecTextError`` that says which part is wrong.
    public init(parsing text: String) throws(SpecTextError) {
        try Self.refuseUnsendable(in: text)
        guard let separator = text.firstRange(of: "://") else {
            throw SpecTextError(
                "'\(text)' has no scheme",
                remedy: "begin it with \(Self.schemeList)",
                length: max(1, text.count)
            )
        }
        let schemeText = text[..<separator.lowerBound]
        guard let scheme = Scheme(rawValue: schemeText.lowercased()) else {
            throw SpecTextError(
                "the scheme '\(schemeText)' is not supported",
                remedy: "begin the URL with \(Self.schemeList)",
                length: max(1, schemeText.count)
            )
        }
        let start = text.distance(from: text.startIndex, to: separator.upperBound)
        let withoutFragment = text[separator.upperBound...].prefix { $0 != "#" }
        let authority = withoutFragment.prefix { $0 != "/" && $0 != "?" }
        var rest = String(withoutFragment[authority.endIndex...])
        try Self.checkPathAndQuery(rest, offset: start + authority.count)
        if !rest.hasPrefix("/") {
            rest = "/" + rest
        }
        self.scheme = scheme
        self.pathAndQuery = rest
        if scheme.isUnix {
            guard authority.isEmpty else {
                throw SpecTextError(
                    "a UNIX socket has no host, but '\(authority)' stands where a host would",
                    remedy: "write the absolute path of the socket after three slashes, such as \(scheme.rawValue):///\(authority)\(rest)",
                    offset: start,
                    length: authority.count
                )
            }
            self.host = ""
            self.port = 0
        } else {
            (self.host, self.port) = try Self.parseAuthority(String(authority), scheme: scheme, offset: start)
        }
    }

    /// What the `Host` header says: the port is left out where it is the scheme's own. UNIX domain sockets say `localhost`.
    public var hostHeader: String {
        guard !scheme.isUnix else { return "localhost" }
        let name = host.contains(":") ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }

    public var description: String {
        scheme.isUnix ? "\(scheme.rawValue)://\(pathAndQuery)" : "\(scheme.rawValue)://\(hostHeader)\(pathAndQuery)"
    }

    /// The supported schemes as a sentence lists them.
    public static let schemeList = "http://, https://, http+unix:// or https+unix://"

    private static func parseAuthority(
        _ authority: String,
        scheme: Scheme,
        offset: Int
    ) throws(SpecTextError) -> (host: String, port: Int) {
        guard !authority.contains("@") else {
            throw SpecTextError(
                "a URL here holds no user name or password: nothing would send them, and they would show in logs",
                remedy: "remove everything up to the '@'",
                offset: offset,
                length: authority.count
            )
        }
        var host = authority
        var portText: String?
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else {
                throw SpecTextError(
                    "the IPv6 address has no closing bracket",
                    remedy: "write it as [::1]",
                    offset: offset,
                    length: authority.count
                )
            }
            host = String(authority[authority.index(after: authority.startIndex)..<close])
            let tail = authority[authority.index(after: close)...]
            if tail.hasPrefix(":") {
                portText = String(tail.dropFirst())
            } else if !tail.isEmpty {
                throw SpecTextError(
                    "'\(tail)' follows the IPv6 address",
                    remedy: "write only a port after the bracket, such as [::1]:8080",
                    offset: offset,
                    length: authority.count
                )
            }
            guard IPv6Text.isAddress(host) else {
                throw SpecTextError(
                    "'\(host)' is not an IPv6 address",
                    remedy: "write one such as [::1]",
                    offset: offset + 1,
                    length: max(1, host.count)
                )
            }
        } else if let colon = authority.firstIndex(of: ":") {
            host = String(authority[..<colon])
            portText = String(authority[authority.index(after: colon)...])
            if portText?.contains(":") == true {
                throw SpecTextError(
                    "the host '\(authority)' has more than one colon",
                    remedy: "put an IPv6 address into brackets, such as [::1]:8080",
                    offset: offset,
                    length: authority.count
                )
            }
        }
        guard !host.isEmpty else {
            throw SpecTextError("the URL names no host", remedy: "write it as \(scheme.rawValue)://host:port/path", offset: offset)
        }
        if !authority.hasPrefix("[") {
            try checkHostName(host, offset: offset)
        }
        guard let portText, !portText.isEmpty else { return (host.lowercased(), scheme.defaultPort ?? 0) }
        guard portText.allSatisfy({ $0.isASCII && $0.isNumber }), let port = Int(portText), (1...65535).contains(port) else {
            throw SpecTextError(
                "'\(portText)' is not a port",
                remedy: "write a number from 1 to 65535",
                offset: offset + authority.count - portText.count,
                length: portText.count
            )
        }
        return (host.lowercased(), port)
    }

    /// Refuses what would end a request line, and what no URL holds (RFC 3986, section 2).
    private static func refuseUnsendable(in text: String) throws(SpecTextError) {
        guard let index = text.unicodeScalars.firstIndex(where: { !$0.isASCII || $0.value <= 0x20 || $0.value == 0x7F }) else { return }
        let scalar = text.unicodeScalars[index]
        let code = String(scalar.value, radix: 16, uppercase: true)
        throw SpecTextError(
            "a URL cannot hold the character U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code)",
            remedy: scalar.isASCII
                ? "percent-encode it as \(percentEncoded(scalar))"
                : "percent-encode it as \(percentEncoded(scalar)), or in a host name write the ASCII form that begins with xn--",
            offset: text.distance(from: text.startIndex, to: index)
        )
    }

    /// Checks a host that is not in brackets (RFC 1035, section 2.3.4, with the underscore that service names use).
    private static func checkHostName(_ host: String, offset: Int) throws(SpecTextError) {
        if let bad = host.firstIndex(where: { !($0.isLetter || $0.isNumber || "-._".contains($0)) }) {
            throw SpecTextError(
                "a host name cannot hold '\(host[bad])'",
                remedy: "write letters, digits, '-', '.' and '_'",
                offset: offset + host.distance(from: host.startIndex, to: bad)
            )
        }
        // The root's own label is empty, so one dot at the end is part of a sound name.
        let name = host.hasSuffix(".") ? host.dropLast() : host[...]
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy({ (1...63).contains($0.count) }), name.count <= 253 else {
            throw SpecTextError(
                "'\(host)' is not a host name",
                remedy: "write labels of 1 to 63 characters with one dot between them, at most 253 characters in all",
                offset: offset,
                length: host.count
            )
        }
    }

    private static func checkPathAndQuery(_ text: String, offset: Int) throws(SpecTextError) {
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "%"):
                guard index + 2 < bytes.count, bytes[index + 1].isHexDigit, bytes[index + 2].isHexDigit else {
                    throw SpecTextError(
                        "'%' is not followed by two hexadecimal digits",
                        remedy: "write a literal '%' as %25",
                        offset: offset + index
                    )
                }
            case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"), UInt8(ascii: "^"), UInt8(ascii: "`"),
                UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
                let scalar = Unicode.Scalar(byte)
                throw SpecTextError(
                    "a URL cannot hold '\(scalar)'",
                    remedy: "percent-encode it as \(percentEncoded(scalar))",
                    offset: offset + index
                )
            default:
                break
            }
        }
    }

    private static func percentEncoded(_ scalar: Unicode.Scalar) -> String {
        UTF8.encode(scalar).map { $0.map { ($0 < 16 ? "%0" : "%") + String($0, radix: 16, uppercase: true) }.joined() } ?? ""
    }
}

extension UInt8 {
    var isHexDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }
}

/// The text form of IPv6 addresses (RFC 4291, section 2.2), without a zone.
enum IPv6Text {
    static func isAddress(_ text: String) -> Bool {
        guard text.utf8.count <= 45 else { return false }
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        guard halves.count <= 2, !text.contains(":::") else { return false }
        var groups = 0
        for (index, half) in halves.enumerated() where !half.isEmpty {
            let pieces = half.split(separator: ":", omittingEmptySubsequences: false)
            for (place, piece) in pieces.enumerated() {
                let isLast = index == halves.count - 1 && place == pieces.count - 1
                if isLast, piece.contains(".") {
                    guard isIPv4(piece) else { return false }
                    groups += 2
                } else {
                    guard (1...4).contains(piece.utf8.count), piece.utf8.allSatisfy(\.isHexDigit) else { return false }
                    groups += 1
                }
            }
        }
        return halves.count == 2 ? groups <= 7 : groups == 8
    }

    private static func isIPv4(_ text: Substring) -> Bool {
        let pieces = text.split(separator: ".", omittingEmptySubsequences: false)
        return pieces.count == 4
            && pieces.allSatisfy { piece in
                (1...3).contains(piece.utf8.count) && piece.utf8.allSatisfy { (48...57).contains($0) } && (Int(piece) ?? 256) < 256
            }
    }
}
