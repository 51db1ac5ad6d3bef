import CMeasuring
import NIOCore
import TransportCore

/// Makes calls without a task for them: whoever has its answer begins its next call.
///
/// `@unchecked Sendable`: what changes is touched only on the loop. `callAll` goes there first, and the client, whose connections
/// are on that loop, completes every call there.
final class BegunCalls: @unchecked Sendable {
    private let client: any RequestReplyClient
    private let request: RequestReplyRequest
    private let loop: any EventLoop
    private var deadline: UInt64 = 0
    private var calls = 0
    private var callersLeft = 0
    private var failure: RequestReplyFailure?
    private var whenDone: CheckedContinuation<Int, any Error>?

    init(_ client: any RequestReplyClient, _ request: RequestReplyRequest, on loop: any EventLoop) {
        self.client = client
        self.request = request
        self.loop = loop
    }

    /// Returns how many calls were made. To be called once.
    /// - Throws: what a call has failed with.
    func callAll(_ inFlight: Int, for seconds: Double) async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            loop.execute { [self] in
                whenDone = continuation
                deadline = measuring_now() + UInt64(seconds * 1e9)
                callersLeft = inFlight
                for _ in 0..<inFlight {
                    next(from: measuring_now())
                }
            }
        }
    }

    private func next(from begin: UInt64) {
        _ = client.begin(request) { [self] in ended($0, since: begin) }
    }

    private func ended(_ result: Result<ByteBuffer, RequestReplyFailure>, since begin: UInt64) {
        let end = measuring_now()
        if case .failure(let failure) = result {
            self.failure = failure
        }
        measuring_add_duration(end - begin)
        calls += 1
        guard end >= deadline || failure != nil else { return next(from: end) }
        callersLeft -= 1
        guard callersLeft == 0 else { return }
        whenDone?.resume(with: failure.map { .failure($0) } ?? .success(calls))
        whenDone = nil
    }
}
