public import AsyncTransport
public import BlockingTransport
public import HTTPExchange
internal import PoolManager
public import TransportCore
internal import UnixSocket

/// The two documented transports, wired to connections over TCP, TLS and UNIX domain sockets.
public struct StandardTransports: Sendable {
    /// Connects, for both of them.
    public let connector: HTTPConnector
    /// `io.statefun.transports.v1/okhttp`
    public let blocking: BlockingTransport
    /// `io.statefun.transports.v1/async`
    public let async: AsyncTransport

    /// - Parameters:
    ///   - threads: how many calls of the blocking transport run at once; further ones wait.
    ///   - hosts: names, in lower case, that are looked up as another name or an address.
    public init(threads: Int = BlockingTransport.defaultThreads, hosts: [String: String] = [:]) {
        connector = HTTPConnector(resolvers: [TCPResolver(hosts: hosts), UnixSocketResolver()])
        // Each transport has its own pools: they keep connections by different rules.
        blocking = BlockingTransport(connector: connector, pools: PoolManager(connector: connector), threads: threads)
        async = AsyncTransport(connector: connector, pools: PoolManager(connector: connector))
    }

    /// Both of them by their type names. Add your own to it.
    public var registry: TransportRegistry { TransportRegistry([blocking, async]) }
}
