public import Logging
public import TransportCore

/// The transport type `io.statefun.transports.v1/async`: no thread waits for a call (HTTP Function Endpoint,
/// "Asynchronous HTTP transport").
public struct AsyncTransport: RequestReplyClientFactory {
    private let connector: any Connector
    private let pools: any ConnectionLeasing
    private let logger: Logger
    private let clients = OpenClients()

    /// - Parameters:
    ///   - connector: reads URLs and certificates.
    ///   - pools: lends the connections; belongs to this transport alone, which shuts it down.
    ///   - logger: hears of attempts, at level `trace` and, where they fail, `debug`.
    public init(
        connector: any Connector,
        pools: any ConnectionLeasing,
        logger: Logger = Logger(label: CallSetup.logLabel)
    ) {
        self.connector = connector
        self.pools = pools
        self.logger = logger
    }

    public var transportType: String { KnownTransport.async }

    public func inspect(_ properties: TransportProperties) -> TransportInspection {
        AsyncOptions.read(properties, connector: connector).inspection
    }

    public func makeClient(
        _ properties: TransportProperties,
        endpoint: EndpointURL,
        metrics: any RemoteInvocationMetrics
    ) throws -> any RequestReplyClient {
        let (options, inspection) = AsyncOptions.read(properties, connector: connector)
        if let error = inspection.firstError { throw error }
        let route = try connector.route(for: endpoint, tls: options.tls)
        let pool = pools.pool(for: route.origin, limits: options.pool)
        let setup = CallSetup(
            route: CallRoute(url: endpoint, route: route, pool: pool, limits: options.limits),
            policy: options.retry,
            metrics: metrics,
            logger: logger
        )
        clients.add(setup)
        return AsyncClient(setup: setup)
    }

    public func shutdown(drainingFor limit: Duration) async {
        await clients.shutDown(drainingFor: limit)
        await pools.shutdown()
    }
}
