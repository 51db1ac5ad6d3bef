import NIOCore
import TransportCore

/// Makes one call after the other, each of them from the completion of the one before.
///
/// `@unchecked Sendable`: what changes is touched only on the loop, where the client completes its calls.
final class CallSequence: @unchecked Sendable {
    private let client: any RequestReplyClient
    private let request: RequestReplyRequest
    private let loop: any EventLoop
    private var left = 0
    private var whenDone: CheckedContinuation<Void, any Error>?

    init(_ client: any RequestReplyClient, _ request: RequestReplyRequest, on loop: any EventLoop) {
        self.client = client
        self.request = request
        self.loop = loop
    }

    /// Returns when so many calls have been made. To be called once.
    /// - Throws: what a call has failed with.
    func make(_ count: Int) async throws {
        try await withCheckedThrowingContinuation { continuation in
            loop.execute { [self] in
                left = count
                whenDone = continuation
                next()
            }
        }
    }

    private func next() {
        _ = client.begin(request) { [self] in ended($0) }
    }

    private func ended(_ result: Result<ByteBuffer, RequestReplyFailure>) {
        left -= 1
        guard left == 0 || (try? result.get()) == nil else { return next() }
        whenDone?.resume(with: result.map { _ in }.mapError { $0 })
        whenDone = nil
    }
}
