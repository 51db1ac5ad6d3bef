import NIOConcurrencyHelpers
import NIOCore
import TransportCore

/// A transport whose calls a test ends, one by one.
final class HeldCalls: RequestReplyClientFactory, RequestReplyClient {
    private struct Held {
        var order: [String] = []
        var payloads: [String: ByteBuffer] = [:]
        var completions: [String: @Sendable (Result<ByteBuffer, RequestReplyFailure>) -> Void] = [:]
    }

    private struct HeldCall: CallInFlight {
        let id: String
        let calls: HeldCalls

        func cancel() { calls.end(id, .failure(RequestReplyFailure(.cancelled, "the call was ended"))) }
    }

    let transportType = "com.example.transports/held"
    private let held = NIOLockedValueBox(Held())

    /// The addresses that were called, in that order.
    var begun: [String] { held.withLockedValue { $0.order } }

    /// Calls of whichever function.
    var endpoint: String {
        """
        kind: io.statefun.endpoints.v2/http
        spec:
          functions: com.example/*
          urlPathTemplate: http://127.0.0.1/
          transport:
            type: \(transportType)
        """
    }

    /// What the address was sent last.
    func payload(_ id: String) -> [UInt8]? { held.withLockedValue { $0.payloads[id].map { Array($0.readableBytesView) } } }

    func makeClient(_ properties: TransportProperties, endpoint: EndpointURL, metrics: any RemoteInvocationMetrics)
        -> any RequestReplyClient
    {
        self
    }

    func call(_ request: RequestReplyRequest) async throws(RequestReplyFailure) -> ByteBuffer {
        throw RequestReplyFailure(.cancelled, "the gateway calls otherwise")
    }

    func begin(
        _ request: RequestReplyRequest,
        _ completion: @escaping @Sendable (Result<ByteBuffer, RequestReplyFailure>) -> Void
    ) -> any CallInFlight {
        held.withLockedValue { held in
            held.order.append(request.id)
            held.payloads[request.id] = request.payload
            held.completions[request.id] = completion
        }
        return HeldCall(id: request.id, calls: self)
    }

    func end(_ id: String, _ result: Result<ByteBuffer, RequestReplyFailure> = .success(ByteBuffer())) {
        held.withLockedValue { $0.completions.removeValue(forKey: id) }?(result)
    }
}
