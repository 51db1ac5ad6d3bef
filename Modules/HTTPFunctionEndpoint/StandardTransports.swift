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
    /// What the answers of both of them count towards; `nil` where any number of bytes may be there at a time.
    public let answerRoom: AnswerRoom?
    private let pools: [PoolManager]

    /// - Parameters:
    ///   - threads: how many calls of the blocking transport run at once; further ones wait.
    ///   - hosts: names, in lower case, that are looked up as another name or an address.
    ///   - loops: where connections live, one at least; by default on the event loops that the whole process shares.
    ///   - blockingPayload: the `payload_max_bytes` of the blocking transport where an endpoint sets none.
    ///   - answerRoom: what answers count towards, for programs that bound how many bytes of them there are at a time.
    public init(
        threads: Int = BlockingTransport.defaultThreads,
        hosts: [String: String] = [:],
        loops: [any ChannelLoop] = [],
        blockingPayload: Int = BlockingTransport.defaultPayload,
        answerRoom: AnswerRoom? = nil
    ) {
        self.answerRoom = answerRoom
        let resolvers: [any SocketAddressResolving] = [TCPResolver(hosts: hosts), UnixSocketResolver()]
        let places = loops.isEmpty ? HTTPConnector.sharedLoops : loops
        connector = HTTPConnector(loops: places, resolvers: resolvers, answerRoom: answerRoom)
        // Each transport has its own pools: they keep connections by different rules.
        pools = [PoolManager(connector: connector), PoolManager(connector: connector)]
        blocking = BlockingTransport(connector: connector, pools: pools[0], threads: threads, defaultPayload: blockingPayload)
        async = AsyncTransport(connector: connector, pools: pools[1])
    }

    /// How many connections to each place are open, whichever transport opened them with whichever settings, and how many of
    /// them are unused.
    public func connectionCounts() async -> [Origin.Place: (open: Int, idle: Int)] {
        var counts: [Origin.Place: (open: Int, idle: Int)] = [:]
        for pool in pools {
            for (origin, figures) in await pool.figures() {
                let count = counts[origin.place] ?? (0, 0)
                counts[origin.place] = (count.open + figures.idle + figures.leased, count.idle + figures.idle)
            }
        }
        return counts
    }

    /// Closes all connections that no call uses, such as where the process may open no more files.
    public func closeIdle() {
        pools.forEach { $0.closeIdle() }
    }

    /// Shuts both of them down, as `RequestReplyClientFactory.shutdown` says.
    public func shutdown(drainingFor limit: Duration) async {
        async let first: Void = blocking.shutdown(drainingFor: limit)
        await async.shutdown(drainingFor: limit)
        await first
    }

    /// Both of them by their type names. Add your own to it.
    public var registry: TransportRegistry { TransportRegistry([blocking, async]) }
}
