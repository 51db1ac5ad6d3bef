public import Logging
public import TransportCore

/// The transport type `io.statefun.transports.v1/okhttp`, the documented default: every call occupies one thread of a
/// bounded set until it has ended (HTTP Function Endpoint, "Transport").
public struct BlockingTransport: RequestReplyClientFactory {
    /// As many calls at once as the documentation lets be in flight.
    public static let defaultThreads = 1024
    /// As many bytes as the JVM's client can hold of a message or an answer.
    public static let defaultPayload = Int(Int32.max)

    private let connector: any Connector
    private let pools: any ConnectionLeasing
    private let threads: CallThreads
    private let payload: Int
    private let logger: Logger
    private let clients = OpenClients()
    private let calls = ThreadCalls()

    /// - Parameters:
    ///   - connector: reads URLs and certificates.
    ///   - pools: lends the connections; belongs to this transport alone, which shuts it down.
    ///   - threads: how many calls run at once, at least 1; further ones wait within their `call` limit. Threads start when
    ///     they are needed and end when they have had nothing to do for a minute.
    ///   - defaultPayload: the `payload_max_bytes` of endpoints that set none, from 1 to 2,147,483,647.
    ///   - logger: hears of attempts, at level `trace` and, where they fail, `debug`.
    public init(
        connector: any Connector,
        pools: any ConnectionLeasing,
        threads: Int = defaultThreads,
        defaultPayload: Int = Self.defaultPayload,
        logger: Logger = Logger(label: CallSetup.logLabel)
    ) {
        self.connector = connector
        self.pools = pools
        self.threads = CallThreads(limit: threads)
        payload = min(max(1, defaultPayload), Self.defaultPayload)
        self.logger = logger
    }

    public var transportType: String { KnownTransport.okHttp }

    public func inspect(_ properties: TransportProperties) -> TransportInspection {
        BlockingOptions.read(properties, connector: connector, payload: payload).inspection
    }

    public func makeClient(
        _ properties: TransportProperties,
        endpoint: EndpointURL,
        metrics: any RemoteInvocationMetrics
    ) throws -> any RequestReplyClient {
        try makeBlockingClient(properties, endpoint: endpoint, metrics: metrics)
    }

    /// Makes a client that can also be called without async code, with ``BlockingClient/callBlocking(_:)``.
    /// - Throws: ``SpecDiagnostic`` when the properties do not make sense, ``SpecTextError`` when the URL names no place.
    public func makeBlockingClient(
        _ properties: TransportProperties,
        endpoint: EndpointURL,
        metrics: any RemoteInvocationMetrics = NoMetrics()
    ) throws -> BlockingClient {
        let (options, inspection) = BlockingOptions.read(properties, connector: connector, payload: payload)
        if let error = inspection.firstError { throw error }
        let route = try connector.route(for: endpoint, tls: options.tls)
        let redirects = RedirectRule(connector: connector, pools: pools, limits: options.limits, tls: options.tls, home: route.origin.place)
        let setup = CallSetup(
            route: CallRoute(
                url: endpoint,
                route: route,
                pool: pools.pool(for: route.origin, limits: BlockingOptions.pool),
                limits: options.limits
            ),
            policy: options.retry,
            metrics: metrics,
            logger: logger,
            redirecting: { location, from in redirects.follow(location, from: from) }
        )
        clients.add(setup)
        return BlockingClient(setup: setup, threads: threads, calls: calls)
    }

    public func shutdown(drainingFor limit: Duration) async {
        threads.shutDown()
        calls.shutDown(drainingFor: limit)
        await clients.shutDown(drainingFor: limit)
        await pools.shutdown()
    }
}
