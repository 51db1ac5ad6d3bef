internal import RuntimeCore

/// Where a gateway takes requests: a TCP port or a UNIX domain socket.
public enum ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address without brackets, and a port; 0 for one that the system chooses.
    case port(host: String, port: Int)
    /// The path of a socket.
    case socket(path: String)

    /// Reads `unix:PATH`, `HOST:PORT`, `[ADDRESS]:PORT`, `:PORT` or `PORT`. Without a host it is 127.0.0.1.
    /// - Returns: `nil` for anything else.
    public init?(parsing text: String) {
        if text.hasPrefix("unix:") {
            var path = text.dropFirst("unix:".count)
            if path.hasPrefix("//") { path = path.dropFirst(2) }
            guard !path.isEmpty else { return nil }
            self = .socket(path: String(path))
            return
        }
        let colon = text.lastIndex(of: ":")
        var host = colon.map { String(text[..<$0]) } ?? ""
        let digits = colon.map { text[text.index(after: $0)...] } ?? text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits), port <= 65_535 else {
            return nil
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard host.contains(":") else { return nil }
        } else if host.contains(":") || host.contains("/") {
            return nil
        }
        self = .port(host: host.isEmpty ? "127.0.0.1" : host, port: port)
    }

    /// The text that ``init(parsing:)`` reads as this address.
    public var description: String {
        switch self {
        case .port(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .socket(let path): "unix:\(path)"
        }
    }

    /// The URL of a gateway that listens here: `http://127.0.0.1:8080`, or `http+unix:///run/gateway.sock`.
    /// - Parameter port: the one that the system has chosen.
    func url(port: Int?) -> String {
        switch self {
        case .port(let host, let wanted): "http://\(ListenAddress.port(host: host, port: port ?? wanted))"
        case .socket(let path): "http+unix://\(path.hasPrefix("/") ? path : SocketFile.absolute(path))"
        }
    }
}
