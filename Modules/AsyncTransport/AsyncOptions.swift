internal import TransportCore

/// The options of ``AsyncTransport`` (HTTP Function Endpoint, "Full Spec Options", "Transport").
struct AsyncOptions {
    let limits: ExchangeLimits
    let pool: PoolLimits
    let retry: RetryPolicy
    let tls: TLSSettings?

    static func read(_ properties: TransportProperties, connector: any Connector) -> (
        options: AsyncOptions, inspection: TransportInspection
    ) {
        var reader = OptionReader(properties)
        // Whoever comes from the other transport has `timeouts`; its two keys that mean something here are understood, and
        // then that transport's defaults hold for the one that is left out.
        let hasTimeouts = reader.isSet("timeouts")
        let callPath = path("call", unless: hasTimeouts, in: &reader)
        let connectPath = path("connect", unless: hasTimeouts, in: &reader)
        let call = reader.duration(callPath, default: callPath == "call" ? .seconds(120) : .seconds(60))
        let connect = reader.limit(connectPath, default: connectPath == "connect" ? .seconds(20) : .seconds(10), within: call)
        for name in ["read", "write"] {
            reader.withoutEffect(
                "timeouts.\(name)",
                because: "this transport limits a call as a whole and has no \(name) timeout",
                remedy: "remove it, or choose \(KnownTransport.okHttp)"
            )
        }
        let lifetime = reader.duration("pool_ttl", default: .seconds(15), allowsZero: true)
        let size = reader.integer("pool_size", default: 1024, in: 1...1_000_000)
        let payload = reader.integer("payload_max_bytes", default: 33_554_432, in: 1...Int(Int32.max))
        let tls = reader.tlsSettings(checkedBy: connector)
        let retry = reader.retryPolicy(firstPause: .milliseconds(4))
        let options = AsyncOptions(
            limits: ExchangeLimits(call: call, connect: connect, payloadMaxBytes: payload),
            pool: PoolLimits(
                maxConnections: size.value,
                maxIdle: size.value,
                lifetime: lifetime.value == .zero ? nil : lifetime.value
            ),
            retry: retry,
            tls: tls
        )
        return (options, reader.finish())
    }

    /// Which of the two keys for a limit counts: the one of this transport, where it is set or the other one is not there.
    private static func path(_ name: String, unless hasTimeouts: Bool, in reader: inout OptionReader) -> String {
        let other = "timeouts.\(name)"
        guard hasTimeouts, !reader.isSet(name) else {
            if hasTimeouts {
                reader.withoutEffect(other, because: "\(name) is set as well", remedy: "remove one of the two")
            } else {
                reader.know(other)
            }
            return name
        }
        reader.know(name)
        return other
    }
}
