internal import TransportCore

/// The options of ``BlockingTransport`` (HTTP Function Endpoint, "Full Spec Options", "Transport").
struct BlockingOptions {
    let limits: ExchangeLimits
    let retry: RetryPolicy
    let tls: TLSSettings?

    /// The pool keeps as many idle connections, for as long, as the JVM's client does; how many are in use is a matter of
    /// the threads.
    static let pool = PoolLimits(maxConnections: .max, maxIdle: 1024, idleTime: .seconds(60))

    static func read(
        _ properties: TransportProperties,
        connector: any Connector,
        payload defaultPayload: Int
    ) -> (options: BlockingOptions, inspection: TransportInspection) {
        var reader = OptionReader(properties)
        let call = reader.duration("timeouts.call", default: .seconds(60))
        let connect = reader.limit("timeouts.connect", default: .seconds(10), within: call)
        let read = reader.limit("timeouts.read", default: .seconds(10), within: call)
        let write = reader.limit("timeouts.write", default: .seconds(10), within: call)
        let payload = reader.integer("payload_max_bytes", default: defaultPayload, in: 1...BlockingTransport.defaultPayload)
        let tls = reader.tlsSettings(checkedBy: connector)
        let retry = reader.retryPolicy(firstPause: .milliseconds(10))
        let options = BlockingOptions(
            limits: ExchangeLimits(call: call, connect: connect, read: read, write: write, payloadMaxBytes: payload),
            retry: retry,
            tls: tls
        )
        return (options, reader.finish())
    }
}
