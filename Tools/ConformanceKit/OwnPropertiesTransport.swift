import TransportCore

/// A transport type that nobody but a fixture knows: whatever stands under `transport` are its properties
/// (HTTP Function Endpoint, "Transport"). It can be configured, not called.
struct OwnPropertiesTransport: RequestReplyClientFactory {
    let transportType = "com.example.transports/own"

    func makeClient(
        _ properties: TransportProperties,
        endpoint: EndpointURL,
        metrics: any RemoteInvocationMetrics
    ) throws -> any RequestReplyClient {
        throw RequestReplyFailure(.misconfigured, "\(transportType) carries no calls")
    }
}
