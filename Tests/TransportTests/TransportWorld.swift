import AsyncTransport
import BlockingTransport
import HTTPExchange
import NIOCore
import PoolManager
import TestSupport
import Testing
import TransportCore
import UnixSocket

/// One transport on real sockets, whose time and names the test decides, with everything that it tells.
///
/// Pauses have no jitter, and connections live exactly 1 s longer than `pool_ttl` says.
struct TransportWorld {
    let wiring: Wiring
    let loop: ClockedLoop
    let start: TransportInstant
    let resolver = ScriptedResolver()
    let log = RecordedLog()
    let metrics = RecordedMetrics()
    let pools: PoolManager
    let factory: any RequestReplyClientFactory

    /// - Parameters:
    ///   - threads: how many calls the blocking transport runs at once.
    ///   - loop: what everything runs on.
    init(_ wiring: Wiring, threads: Int = 16, on loop: ClockedLoop = ClockedLoop()) {
        self.wiring = wiring
        self.loop = loop
        start = loop.now
        let connector = HTTPConnector(loops: [loop], resolvers: [resolver, UnixSocketResolver()])
        pools = PoolManager(connector: connector, chance: { 0 })
        factory =
            switch wiring {
            case .blocking: BlockingTransport(connector: connector, pools: pools, threads: threads, logger: log.logger)
            case .async: AsyncTransport(connector: connector, pools: pools, logger: log.logger)
            }
        resolver.set("127.0.0.1", .hosts(["127.0.0.1"]))
        resolver.set("localhost", .hosts(["127.0.0.1"]))
    }

    /// A client of a URL, with the options of a spec besides `retry.jitter: 0`.
    func client(_ url: String, _ entries: [SpecNode.Entry] = []) throws -> any RequestReplyClient {
        let withoutChance = Wiring.entry("jitter", .scalar("0"))
        var entries = entries
        if let index = entries.firstIndex(where: { $0.key == "retry" }) {
            entries[index] = Wiring.entry("retry", .mapping(entries[index].value.entries + [withoutChance]))
        } else {
            entries.append(Wiring.entry("retry", .mapping([withoutChance])))
        }
        return try factory.makeClient(Wiring.properties(entries), endpoint: EndpointURL(parsing: url), metrics: metrics)
    }

    /// A client of the server at 127.0.0.1.
    func client(_ server: RawServer, path: String = "/functions", _ entries: [SpecNode.Entry] = []) throws -> any RequestReplyClient {
        try client("http://127.0.0.1:\(server.port)\(path)", entries)
    }

    /// Begins a call; the task's value is how it ended.
    func call(_ client: any RequestReplyClient, _ body: String = "request") -> Task<Result<String, RequestReplyFailure>, Never> {
        Task { await outcome(client, body) }
    }

    /// Makes a call.
    func outcome(_ client: any RequestReplyClient, _ body: String = "request") async -> Result<String, RequestReplyFailure> {
        do throws(RequestReplyFailure) {
            return .success(try await Wiring.call(client, body))
        } catch {
            return .failure(error)
        }
    }

    /// How a call ends when time runs free meanwhile.
    func value(
        of call: Task<Result<String, RequestReplyFailure>, Never>,
        advancing step: Duration
    ) async throws -> Result<String, RequestReplyFailure> {
        let ended = Eventual<Result<String, RequestReplyFailure>>()
        Task { ended.succeed(await call.value) }
        while ended.current == nil {
            try await loop.advance(by: step)
            await Task.yield()
        }
        return try await ended.value("the end of the call")
    }

    /// Shuts the transport down and checks that nothing is left of it: no call, lease, waiter, timer or connection.
    func finish(_ servers: RawServer..., sourceLocation: SourceLocation = #_sourceLocation) async throws {
        await factory.shutdown()
        try await loop.settle()
        let figures = await pools.figures()
        for (origin, figure) in figures {
            #expect(figure == PoolFigures(idle: 0, leased: 0, connecting: 0, waiting: 0), "\(origin)", sourceLocation: sourceLocation)
        }
        #expect(loop.timerCount == 0, sourceLocation: sourceLocation)
        for server in servers {
            try await server.allClosed()
        }
    }
}

extension Result<String, RequestReplyFailure> {
    /// Why a call failed, where it did.
    var failure: RequestReplyFailure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}
