import NIOCore
import TransportCore

/// Calls functions that live in this program, without a network.
struct LoopbackTransport: RequestReplyClientFactory {
    struct Options: Decodable { var payload_max_bytes: Int }

    let transportType = "com.example.transports/loopback"
    let function: @Sendable (ByteBuffer) throws -> ByteBuffer

    func makeClient(
        _ properties: TransportProperties,
        endpoint: EndpointURL,
        metrics: any RemoteInvocationMetrics
    ) throws -> any RequestReplyClient {
        LoopbackClient(limit: try properties.decode(Options.self).payload_max_bytes, function: function)
    }
}

struct LoopbackClient: RequestReplyClient {
    let limit: Int
    let function: @Sendable (ByteBuffer) throws -> ByteBuffer

    func call(_ request: RequestReplyRequest) async throws(RequestReplyFailure) -> ByteBuffer {
        guard request.payload.readableBytes <= limit else { throw RequestReplyFailure(.requestTooLarge, "more than \(limit) bytes") }
        do { return try function(request.payload) } catch { throw RequestReplyFailure(.transport, "\(error)") }
    }
}
