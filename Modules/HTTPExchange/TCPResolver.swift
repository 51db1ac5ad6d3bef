internal import NIOConcurrencyHelpers
public import NIOCore
internal import NIOPosix
public import TransportCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Finds the addresses of host names with the system's resolver, on threads of its own so that no event loop waits.
///
/// Callers that ask for the same name at the same time share one look-up. Nothing is cached beyond that: how long an address
/// lives is up to the system and to the pool's `pool_ttl`.
public final class TCPResolver: SocketAddressResolving {
    private typealias Completion = @Sendable (Result<[SocketAddress], RequestReplyFailure>) -> Void

    private struct Name: Hashable {
        let host: String
        let port: Int
    }

    /// Look-ups of names whose servers do not answer take many seconds each. They have threads of their own, so that they hold
    /// up nothing else, and enough of them that a few dead names do not hold up the living. Never shut down, like all that
    /// belongs to the whole process.
    private static let threads: NIOThreadPool = {
        let threads = NIOThreadPool(numberOfThreads: 16)
        threads.start()
        return threads
    }()

    private let waiting = NIOLockedValueBox<[Name: [Completion]]>([:])

    private let hosts: [String: String]

    /// - Parameter hosts: names, in lower case, that are looked up as another name or an address, as a line of a `hosts` file
    ///   would have it. Certificates and the `Host` field are still about the name itself. An address is always itself: its certificate is
    ///   verified against where the connection leads.
    public init(hosts: [String: String] = [:]) {
        self.hosts = hosts
    }

    public func serves(_ scheme: EndpointURL.Scheme) -> Bool {
        !scheme.isUnix
    }

    public func route(for url: EndpointURL, tls: TLSSettings?) throws(SpecTextError) -> EndpointRoute {
        EndpointRoute(url, to: .tcp(host: url.host, port: url.port), requestTarget: url.pathAndQuery, tls: tls)
    }

    public func resolve(
        _ place: Origin.Place,
        _ completion: @escaping @Sendable (Result<[SocketAddress], RequestReplyFailure>) -> Void
    ) {
        guard case .tcp(let named, let port) = place else {
            completion(.failure(RequestReplyFailure(.misconfigured, "\(place) has no host name to resolve")))
            return
        }
        if let literal = try? SocketAddress(ipAddress: named, port: port) {
            completion(.success([literal]))
            return
        }
        let host = hosts[named.lowercased()] ?? named
        if let literal = try? SocketAddress(ipAddress: host, port: port) {
            completion(.success([literal]))
            return
        }
        let name = Name(host: host, port: port)
        let isFirst = waiting.withLockedValue { waiting in
            waiting[name, default: []].append(completion)
            return waiting[name]?.count == 1
        }
        guard isFirst else { return }
        Self.threads.submit { [self] _ in
            let result = Self.lookUp(name)
            let completions = waiting.withLockedValue { $0.removeValue(forKey: name) ?? [] }
            for completion in completions {
                completion(result)
            }
        }
    }

    private static func lookUp(_ name: Name) -> Result<[SocketAddress], RequestReplyFailure> {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var first: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(name.host, String(name.port), &hints, &first)
        guard status == 0 else {
            let reason = gai_strerror(status).map { String(cString: $0) } ?? "error \(status)"
            return .failure(RequestReplyFailure(.nameNotResolved, "the name '\(name.host)' cannot be resolved: \(reason)"))
        }
        defer { freeaddrinfo(first) }
        var addresses: [SocketAddress] = []
        var next = first
        while let info = next?.pointee {
            next = info.ai_next
            guard let raw = info.ai_addr else { continue }
            let address: SocketAddress? =
                switch info.ai_family {
                case AF_INET: raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
                case AF_INET6: raw.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
                default: nil
                }
            if let address, !addresses.contains(address) {
                addresses.append(address)
            }
        }
        guard !addresses.isEmpty else {
            return .failure(RequestReplyFailure(.nameNotResolved, "the name '\(name.host)' has no address"))
        }
        return .success(addresses)
    }
}
