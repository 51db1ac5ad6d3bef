public import TransportCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Which socket an `http+unix` or `https+unix` URL means, and what to ask there
/// (HTTP Function Endpoint, "Url Path Template": `<scheme>://<socket-file-path>/<serve-url-path>`).
///
/// The first component of the path that ends in `.sock` ends the path of the socket; everything after it is the request.
public struct UnixSocketLocation: Hashable, Sendable {
    /// The absolute path of the socket's file, percent-encoding decoded and repeated slashes joined, so that one socket
    /// has one path. At most ``maximumPathLength`` bytes.
    public let socketPath: String
    /// Path and query of the request line as written; begins with `/`.
    public let requestTarget: String

    /// How many bytes the path of a socket may have on this system: `sun_path` without its closing zero byte.
    public static let maximumPathLength = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    /// Finds the socket in a URL. Whether its file exists is not asked: a function may start later than its caller.
    /// - Throws: `SpecTextError`, whose offset counts in the URL's description, where no component ends in `.sock`, where
    ///   the path cannot be one of a file, and where it is too long for the system.
    public init(_ url: EndpointURL) throws(SpecTextError) {
        let pathOffset = "\(url.scheme.rawValue)://".count
        guard url.scheme.isUnix else {
            throw SpecTextError(
                "the scheme '\(url.scheme.rawValue)' is not one of a UNIX socket",
                remedy: "write http+unix:// or https+unix://",
                length: url.scheme.rawValue.count
            )
        }
        let text = url.pathAndQuery
        let path = text.prefix { $0 != "?" }
        var components: [String] = []
        var end: String.Index?
        for component in path.split(separator: "/") {
            let decoded = try Self.decode(component, offset: pathOffset + text.distance(from: text.startIndex, to: component.startIndex))
            components.append(decoded)
            if decoded.hasSuffix(".sock") {
                end = component.endIndex
                break
            }
        }
        guard let end else {
            throw SpecTextError(
                "no part of the path '\(path)' ends in .sock, so nothing tells the socket from the path of the request",
                remedy: "name the socket's file so, such as \(url.scheme.rawValue):///run/greeter.sock/path/of/request",
                offset: pathOffset,
                length: path.count
            )
        }
        let socketPath = "/" + components.joined(separator: "/")
        guard socketPath.utf8.count <= Self.maximumPathLength else {
            throw SpecTextError(
                "the socket's path has \(socketPath.utf8.count) bytes, and this system takes \(Self.maximumPathLength)",
                remedy: "put the socket, or a symbolic link to its folder, somewhere with a shorter path, such as /run",
                offset: pathOffset,
                length: text.distance(from: text.startIndex, to: end)
            )
        }
        self.socketPath = socketPath
        let request = text[end...]
        self.requestTarget = request.hasPrefix("/") ? String(request) : "/\(request)"
    }

    /// Decodes a component of the path for the file system.
    private static func decode(_ component: Substring, offset: Int) throws(SpecTextError) -> String {
        var bytes: [UInt8] = []
        var rest = component.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), let value = UInt8(String(Substring(rest.prefix(2))), radix: 16) else {
                bytes.append(byte)
                continue
            }
            rest = rest.dropFirst(2)
            // Neither byte can be part of a file's name; decoded, they would end the path or lead elsewhere.
            guard value != 0, value != UInt8(ascii: "/") else {
                throw SpecTextError(
                    "the name of a file cannot hold \(value == 0 ? "%00" : "an encoded slash")",
                    remedy: value == 0 ? "remove it" : "write the slashes between folders as '/'",
                    offset: offset + component.utf8.distance(from: component.startIndex, to: rest.startIndex) - 3,
                    length: 3
                )
            }
            bytes.append(value)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SpecTextError(
                "'\(component)' is not UTF-8 when decoded",
                remedy: "percent-encode the UTF-8 bytes of the file's name",
                offset: offset,
                length: component.count
            )
        }
        return text
    }
}
