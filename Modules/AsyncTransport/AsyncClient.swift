internal import NIOCore
internal import TransportCore

/// A client of ``AsyncTransport``: one hop to the loop of the URL's pool, and one back.
struct AsyncClient: RequestReplyClient {
    let setup: CallSetup

    nonisolated(nonsending) func call(_ request: RequestReplyRequest) async throws(RequestReplyFailure) -> ByteBuffer {
        let runner = try setup.runner(for: request)
        let result = await withTaskCancellationHandler {
            // Unchecked, because a runner completes exactly once, and checking takes an allocation for each call.
            await withUnsafeContinuation { runner.start(resuming: $0) }
        } onCancel: {
            runner.cancel()
        }
        return try result.get()
    }

    func begin(
        _ request: RequestReplyRequest,
        _ completion: @escaping @Sendable (Result<ByteBuffer, RequestReplyFailure>) -> Void
    ) -> any CallInFlight {
        setup.begin(request, completion)
    }
}
