public import NIOCore
import NIOPosix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A port that refuses connections for as long as this object lives: it is taken, but nobody listens.
public final class RefusingServer: Sendable {
    public let address: SocketAddress
    private let descriptor: CInt

    /// The port.
    public var port: Int { address.port ?? 0 }

    /// Takes a port of 127.0.0.1 or ::1, or a path.
    /// - Throws: an error of the system when it cannot be taken.
    public init(_ place: RawServer.Place = .tcp) throws {
        let wanted: SocketAddress
        switch place {
        case .ipv4(let port): wanted = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        case .ipv6(let port): wanted = try SocketAddress(ipAddress: "::1", port: port)
        case .unix(let path): wanted = try SocketAddress(unixDomainSocketPath: path)
        }
        #if canImport(Glibc)
            let kind = CInt(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        let descriptor = socket(wanted.protocol.rawValue, kind, 0)
        guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
        let isBound = wanted.withSockAddr { bind(descriptor, $0, socklen_t($1)) } == 0
        guard isBound else {
            let reason = errno
            _ = close(descriptor)
            throw IOError(errnoCode: reason, reason: "bind")
        }
        self.descriptor = descriptor
        address = try Self.boundAddress(of: descriptor, wanted)
    }

    deinit {
        _ = close(descriptor)
    }

    private static func boundAddress(of descriptor: CInt, _ wanted: SocketAddress) throws -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard status == 0 else { throw IOError(errnoCode: errno, reason: "getsockname") }
        return withUnsafePointer(to: storage) { pointer in
            switch wanted.protocol {
            case .inet: pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
            case .inet6: pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
            default: wanted
            }
        }
    }
}
