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
        // From here on every byte is a character.
        let bytes = Array(text.utf8)
        guard let separator = Self.schemeSeparator(in: bytes) else {
            throw SpecTextError(
                "'\(text)' has no scheme",
                remedy: "begin it with \(Self.schemeList)",
                length: max(1, bytes.count)
            )
        }
        let schemeText = String(decoding: bytes[..<separator], as: UTF8.self)
        guard let scheme = Scheme(rawValue: schemeText.lowercased()) else {
            throw SpecTextError(
                "the scheme '\(schemeText)' is not supported",
                remedy: "begin the URL with \(Self.schemeList)",
                length: max(1, separator)
            )
        }
        let start = separator + 3
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "#")) ?? bytes.count
        let pathStart = bytes[start..<end].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? end
        let authority = bytes[start..<pathStart]
        let rest = bytes[pathStart..<end]
        try Self.checkPathAndQuery(rest)
        let written = String(decoding: rest, as: UTF8.self)
        self.scheme = scheme
        self.pathAndQuery = rest.first == UInt8(ascii: "/") ? written : "/" + written
        if scheme.isUnix {
            guard authority.isEmpty else {
                let name = String(decoding: authority, as: UTF8.self)
                throw SpecTextError(
                    "a UNIX socket has no host, but '\(name)' stands where a host would",
                    remedy:
                        "write the absolute path of the socket after three slashes, such as \(scheme.rawValue):///\(name)\(pathAndQuery)",
                    offset: start,
                    length: authority.count
                )
            }
            self.host = ""
            self.port = 0
        } else {
            (self.host, self.port) = try Self.parseAuthority(authority, scheme: scheme)
        }
    }

    /// A URL that differs from a sound one in its path and query only.
    /// - Parameter pathAndQuery: what ``init(parsing:)`` would take; whoever calls this knows that it is so.
    package init(_ url: borrowing EndpointURL, knownPathAndQuery pathAndQuery: consuming String) {
        self.scheme = url.scheme
        self.host = url.host
        self.port = url.port
        self.pathAndQuery = pathAndQuery
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

    /// Where the first `://` begins.
    private static func schemeSeparator(in bytes: [UInt8]) -> Int? {
        bytes.indices.first { bytes[$0] == UInt8(ascii: ":") && bytes[$0...].starts(with: "://".utf8) }
    }

    /// - Parameter authority: ASCII; its indices are places in the URL.
    private static func parseAuthority(_ authority: ArraySlice<UInt8>, scheme: Scheme) throws(SpecTextError) -> (host: String, port: Int) {
        let offset = authority.startIndex
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw SpecTextError(
                "a URL here holds no user name or password: nothing would send them, and they would show in logs",
                remedy: "remove everything up to the '@'",
                offset: offset,
                length: authority.count
            )
        }
        var host = authority
        var portText: ArraySlice<UInt8> = []
        let isBracketed = authority.first == UInt8(ascii: "[")
        if isBracketed {
            guard let close = authority.firstIndex(of: UInt8(ascii: "]")) else {
                throw SpecTextError(
                    "the IPv6 address has no closing bracket",
                    remedy: "write it as [::1]",
                    offset: offset,
                    length: authority.count
                )
            }
            host = authority[(offset + 1)..<close]
            let tail = authority[(close + 1)...]
            if tail.first == UInt8(ascii: ":") {
                portText = tail.dropFirst()
            } else if !tail.isEmpty {
                throw SpecTextError(
                    "'\(String(decoding: tail, as: UTF8.self))' follows the IPv6 address",
                    remedy: "write only a port after the bracket, such as [::1]:8080",
                    offset: offset,
                    length: authority.count
                )
            }
            let address = String(decoding: host, as: UTF8.self)
            guard IPv6Text.isAddress(address) else {
                throw SpecTextError(
                    "'\(address)' is not an IPv6 address",
                    remedy: "write one such as [::1]",
                    offset: offset + 1,
                    length: max(1, host.count)
                )
            }
        } else if let colon = authority.firstIndex(of: UInt8(ascii: ":")) {
            host = authority[..<colon]
            portText = authority[(colon + 1)...]
            if portText.contains(UInt8(ascii: ":")) {
                throw SpecTextError(
                    "the host '\(String(decoding: authority, as: UTF8.self))' has more than one colon",
                    remedy: "put an IPv6 address into brackets, such as [::1]:8080",
                    offset: offset,
                    length: authority.count
                )
            }
        }
        guard !host.isEmpty else {
            throw SpecTextError("the URL names no host", remedy: "write it as \(scheme.rawValue)://host:port/path", offset: offset)
        }
        if !isBracketed {
            try checkHostName(host)
        }
        let name = String(decoding: host, as: UTF8.self).lowercased()
        guard !portText.isEmpty else { return (name, scheme.defaultPort ?? 0) }
        let text = String(decoding: portText, as: UTF8.self)
        guard portText.allSatisfy(\.isDigit), let port = Int(text), (1...65535).contains(port) else {
            throw SpecTextError(
                "'\(text)' is not a port",
                remedy: "write a number from 1 to 65535",
                offset: portText.startIndex,
                length: portText.count
            )
        }
        return (name, port)
    }

    /// Refuses what would end a request line, and what no URL holds (RFC 3986, section 2).
    private static func refuseUnsendable(in text: String) throws(SpecTextError) {
        guard let index = text.utf8.firstIndex(where: { !(0x21...0x7E).contains($0) }) else { return }
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
    private static func checkHostName(_ host: ArraySlice<UInt8>) throws(SpecTextError) {
        if let bad = host.firstIndex(where: { !$0.isInHostName }) {
            throw SpecTextError(
                "a host name cannot hold '\(Unicode.Scalar(host[bad]))'",
                remedy: "write letters, digits, '-', '.' and '_'",
                offset: bad
            )
        }
        // The root's own label is empty, so one dot at the end is part of a sound name.
        let name = host.last == UInt8(ascii: ".") ? host.dropLast() : host
        var labelStart = name.startIndex
        var areLabelsSound = true
        for end in name.indices where name[end] == UInt8(ascii: ".") {
            areLabelsSound = areLabelsSound && (1...63).contains(end - labelStart)
            labelStart = end + 1
        }
        guard areLabelsSound, (1...63).contains(name.endIndex - labelStart), name.count <= 253 else {
            throw SpecTextError(
                "'\(String(decoding: host, as: UTF8.self))' is not a host name",
                remedy: "write labels of 1 to 63 characters with one dot between them, at most 253 characters in all",
                offset: host.startIndex,
                length: host.count
            )
        }
    }

    private static func checkPathAndQuery(_ bytes: ArraySlice<UInt8>) throws(SpecTextError) {
        for (index, byte) in zip(bytes.indices, bytes) {
            switch byte {
            case UInt8(ascii: "%"):
                guard index + 2 < bytes.endIndex, bytes[index + 1].isHexDigit, bytes[index + 2].isHexDigit else {
                    throw SpecTextError(
                        "'%' is not followed by two hexadecimal digits",
                        remedy: "write a literal '%' as %25",
                        offset: index
                    )
                }
            case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"), UInt8(ascii: "^"), UInt8(ascii: "`"),
                UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
                let scalar = Unicode.Scalar(byte)
                throw SpecTextError(
                    "a URL cannot hold '\(scalar)'",
                    remedy: "percent-encode it as \(percentEncoded(scalar))",
                    offset: index
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
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    fileprivate var isInHostName: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"):
            true
        default: isDigit
        }
    }

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
