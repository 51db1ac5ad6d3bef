public import NIOCore
public import TransportCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Finds UNIX domain sockets for the schemes `http+unix` and `https+unix`.
public struct UnixSocketResolver: SocketAddressResolving {
    public init() {}

    public func serves(_ scheme: EndpointURL.Scheme) -> Bool { scheme.isUnix }

    public func route(for url: EndpointURL, tls: TLSSettings?) throws(SpecTextError) -> EndpointRoute {
        let location = try UnixSocketLocation(url)
        return EndpointRoute(url, to: .unix(path: location.socketPath), requestTarget: location.requestTarget, tls: tls)
    }

    /// Answers at once: the path of a socket is its address.
    public func resolve(
        _ place: Origin.Place,
        _ completion: @escaping @Sendable (Result<[SocketAddress], RequestReplyFailure>) -> Void
    ) {
        completion(Self.address(of: place).map { [$0] })
    }

    private static func address(of place: Origin.Place) -> Result<SocketAddress, RequestReplyFailure> {
        guard case .unix(let path) = place else {
            return .failure(RequestReplyFailure(.misconfigured, "no UNIX socket is found by a host name"))
        }
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, !bytes.contains(0), bytes.count <= UnixSocketLocation.maximumPathLength else {
            return .failure(
                RequestReplyFailure(
                    .misconfigured,
                    "the path of a UNIX socket has 1 to \(UnixSocketLocation.maximumPathLength) bytes and no zero byte on this system"
                )
            )
        }
        // SwiftNIO's own conversion stops at 103 bytes, the limit of other systems.
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return .success(SocketAddress(address))
    }
}
