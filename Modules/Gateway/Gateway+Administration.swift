public import RuntimeCore

/// An endpoint at one moment.
private struct Standing {
    let record: EndpointRecord
    let figures: EndpointRecord.Figures
    let inFlight: Int
    let inLine: Int
}

extension Gateway: RuntimeAdministration {
    /// Ready from the moment it listens until it stops.
    public func readiness() async -> Readiness { readiness }

    /// There is nothing to change in a gateway while it runs.
    public func answer(_ request: [UInt8]) async -> [UInt8] {
        Array(#"{"refused":"a gateway keeps nothing that could be shown or changed"}"#.utf8)
    }

    /// The figures of each endpoint, with the label `endpoint`, and those of the whole.
    public func figures() async -> String {
        let connections = await core.routes.connectionCounts()
        let endpoints = core.endpoints.map {
            Standing(record: $0.record, figures: $0.record.figures, inFlight: $0.inFlight, inLine: $0.inLine)
        }
        var text = PrometheusText()

        func metric(_ name: String, _ kind: PrometheusText.Kind, _ help: String, _ value: (Standing) -> Int) {
            text.metric(name, kind, help)
            for endpoint in endpoints {
                text.sample(name, [("endpoint", endpoint.record.name)], value(endpoint))
            }
        }

        metric("statefun_gateway_calls_total", .counter, "Calls that have ended.") { $0.figures.calls }
        text.metric("statefun_gateway_failures_total", .counter, "Calls that have failed, by what has happened.")
        for endpoint in endpoints {
            for (kind, count) in endpoint.figures.failures.sorted(by: { $0.key < $1.key }) {
                text.sample("statefun_gateway_failures_total", [("endpoint", endpoint.record.name), ("kind", kind)], count)
            }
        }
        metric("statefun_gateway_attempts_total", .counter, "Attempts to call, retries included.") { $0.figures.attempts }
        metric("statefun_gateway_failed_attempts_total", .counter, "Attempts to call that failed.") { $0.figures.failedAttempts }
        text.metric("statefun_gateway_call_seconds", .histogram, "How long each call took, without its time in line.")
        for endpoint in endpoints {
            text.sample("statefun_gateway_call_seconds", [("endpoint", endpoint.record.name)], endpoint.figures.latency)
        }
        text.metric("statefun_gateway_refused_total", .counter, "Requests that became no call, by the status that they were answered with.")
        for (name, figures) in endpoints.map({ ($0.record.name, $0.figures) }) + [("", core.unserved.figures)] {
            for (status, count) in figures.refusals.sorted(by: { $0.key < $1.key }) {
                text.sample("statefun_gateway_refused_total", [("endpoint", name), ("status", "\(status)")], count)
            }
        }
        metric("statefun_gateway_in_flight", .gauge, "Calls in flight.") { $0.inFlight }
        metric("statefun_gateway_in_line", .gauge, "Calls that wait for others to end.") { $0.inLine }
        metric("statefun_gateway_connections_open", .gauge, "Connections to the functions.") { connections[$0.record.id]?.open ?? 0 }
        metric("statefun_gateway_connections_idle", .gauge, "Connections to the functions that are unused.") {
            connections[$0.record.id]?.idle ?? 0
        }
        text.metric("statefun_gateway_clients", .gauge, "Connections of the runtime.")
        text.sample("statefun_gateway_clients", [], core.connectionCount)
        text.metric("statefun_gateway_buffered_bytes", .gauge, "Bytes of messages and answers above 64 KiB that are being passed on.")
        text.sample("statefun_gateway_buffered_bytes", [], core.bufferedBytes)
        return text.text
    }
}
