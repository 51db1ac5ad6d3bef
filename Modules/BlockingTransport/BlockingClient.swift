internal import NIOConcurrencyHelpers
public import NIOCore
public import TransportCore

/// A client of ``BlockingTransport``.
public struct BlockingClient: RequestReplyClient {
    let setup: CallSetup
    let threads: CallThreads
    let calls: ThreadCalls

    /// Runs the call on a thread of the transport's set, which it occupies until it has ended.
    public func call(_ request: RequestReplyRequest) async throws(RequestReplyFailure) -> ByteBuffer {
        let start = setup.loop.now
        let runner = try setup.runner(for: request)
        let threadCall = ThreadCall(runner, of: setup, among: calls)
        let waiting = WaitingCall()
        let result: Result<ByteBuffer, RequestReplyFailure> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiting.begin { failure in
                    runner.end(unstarted: failure)
                    continuation.resume(returning: .failure(failure))
                }
                let placed = threads.run {
                    guard waiting.leave() else { return }
                    continuation.resume(returning: threadCall.outcome())
                } whenRefused: { failure in
                    var failure = failure
                    failure.endpoint = setup.endpoint
                    waiting.fail(with: failure)
                }
                if case .queued(let number) = placed {
                    limitWait(of: waiting, at: number, from: start)
                }
            }
        } onCancel: {
            let cancelled = RequestReplyFailure(.cancelled, "the call was cancelled")
            waiting.fail(with: cancelled)
            threadCall.interrupt(cancelled)
        }
        return try result.get()
    }

    /// Makes the call on the calling thread, which waits until it has ended: for programs without async code.
    ///
    /// Not for the threads of event loops. That of the loop which carries the call would wait for itself, which is refused as
    /// ``RequestReplyFailure/Kind/misconfigured``. Another one is not known here: it stands still until the call has ended, and where the
    /// loop of the call waits for it in turn, both do for ever.
    public func callBlocking(_ request: RequestReplyRequest) throws(RequestReplyFailure) -> ByteBuffer {
        let runner = try setup.runner(for: request)
        guard !setup.loop.isCurrent else {
            let failure = RequestReplyFailure(.misconfigured, "a blocking call on an event loop would wait for itself; use call(_:)")
            runner.end(unstarted: failure)
            throw failure
        }
        return try ThreadCall(runner, of: setup, among: calls).outcome().get()
    }

    /// Makes the call without a thread that waits for it, so that the transport's set of threads does not bound how many calls
    /// are made so: whoever begins them does.
    public func begin(
        _ request: RequestReplyRequest,
        _ completion: @escaping @Sendable (Result<ByteBuffer, RequestReplyFailure>) -> Void
    ) -> any CallInFlight {
        setup.begin(request, completion)
    }

    /// Lets a call that waits for a thread fail when its time is over.
    private func limitWait(of waiting: WaitingCall, at number: CallLine<CallThreads.Waiting>.Number, from start: TransportInstant) {
        let budget = CallBudget(start: start, limit: setup.limits.call)
        let (loop, threads, endpoint) = (setup.loop, threads, setup.endpoint)
        loop.execute {
            let timer = loop.schedule(at: budget.deadline) {
                var failure = CallBudget.spentFailure(budget.limit, while: "the call waited for one of the \(threads.limit) threads")
                failure.endpoint = endpoint
                failure.elapsed = budget.elapsed(at: loop.now)
                waiting.fail(with: failure)
            }
            waiting.whenLeft {
                threads.leave(number)
                loop.run { timer.cancel() }
            }
        }
    }
}

/// A call that may have to wait for a thread: it leaves the line once, for a thread or with a failure.
private final class WaitingCall: Sendable {
    private enum State {
        /// Next: waiting, failed.
        case ready
        /// Failed before it began to wait. Next: left.
        case failed(RequestReplyFailure)
        /// Next: left.
        case waiting(fail: @Sendable (RequestReplyFailure) -> Void, whenLeft: (@Sendable () -> Void)?)
        /// Final.
        case left
    }

    private let state = NIOLockedValueBox(State.ready)

    func begin(_ fail: @escaping @Sendable (RequestReplyFailure) -> Void) {
        let failure: RequestReplyFailure? = state.withLockedValue { state in
            guard case .failed(let failure) = state else {
                state = .waiting(fail: fail, whenLeft: nil)
                return nil
            }
            state = .left
            return failure
        }
        if let failure { fail(failure) }
    }

    /// A thread takes the call; `false` when it has failed meanwhile.
    func leave() -> Bool {
        let (hasLeft, handler): (Bool, (@Sendable () -> Void)?) = state.withLockedValue { state in
            guard case .waiting(_, let handler) = state else { return (false, nil) }
            state = .left
            return (true, handler)
        }
        handler?()
        return hasLeft
    }

    func fail(with failure: RequestReplyFailure) {
        let action: (@Sendable () -> Void)? = state.withLockedValue { state in
            switch state {
            case .ready:
                state = .failed(failure)
                return nil
            case .waiting(let fail, let handler):
                state = .left
                return {
                    handler?()
                    fail(failure)
                }
            case .failed, .left:
                return nil
            }
        }
        action?()
    }

    func whenLeft(_ handler: @escaping @Sendable () -> Void) {
        let isWaiting = state.withLockedValue { state in
            guard case .waiting(let fail, _) = state else { return false }
            state = .waiting(fail: fail, whenLeft: handler)
            return true
        }
        if !isWaiting { handler() }
    }
}
