internal import NIOCore
internal import TransportCore

/// A client of ``AsyncTransport``: one hop to the loop of the URL's pool, and one back.
struct AsyncClient: RequestReplyClient {
    let setup: CallSetup

    func call(_ request: RequestReplyRequest) async throws(RequestReplyFailure) -> ByteBuffer {
        try await setup.call(request) { start in
            let runner = CallRunner(setup, request: request, start: start)
            return await withTaskCancellationHandler {
                // Unchecked, because a runner completes exactly once, and checking takes an allocation for each call.
                await withUnsafeContinuation { continuation in
                    runner.start { continuation.resume(returning: $0) }
                }
            } onCancel: {
                runner.interrupt(RequestReplyFailure(.cancelled, "the call was cancelled"))
            }
        }
    }

    func begin(
        _ request: RequestReplyRequest,
        _ completion: @escaping @Sendable (Result<ByteBuffer, RequestReplyFailure>) -> Void
    ) -> any CallInFlight {
        setup.begin(request, completion)
    }
}
