public import NIOCore

/// A call that was begun with ``RequestReplyClient/begin(_:_:)``.
public protocol CallInFlight: Sendable {
    /// Ends the call as ``RequestReplyFailure/Kind/cancelled``; one that has ended already is left alone. May be called from
    /// anywhere, and more than once.
    func cancel()
}

extension RequestReplyClient {
    /// Makes the call in a task of its own, for clients that know no other way.
    public func begin(
        _ request: RequestReplyRequest,
        _ completion: @escaping @Sendable (Result<ByteBuffer, RequestReplyFailure>) -> Void
    ) -> any CallInFlight {
        CallTask(
            task: Task {
                do throws(RequestReplyFailure) {
                    completion(.success(try await call(request)))
                } catch {
                    completion(.failure(error))
                }
            }
        )
    }
}

private struct CallTask: CallInFlight {
    let task: Task<Void, Never>

    func cancel() {
        task.cancel()
    }
}

extension CallRunner: CallInFlight {
    public func cancel() {
        interrupt(RequestReplyFailure(.cancelled, "the call was cancelled"))
    }
}

/// A call that has ended before it began.
private struct EndedCall: CallInFlight {
    func cancel() {}
}

extension CallSetup {
    /// Begins a call and reports it; nobody waits for it.
    /// - Parameter completion: called once: on ``loop``, or before this returns where the request is refused.
    public func begin(_ request: RequestReplyRequest, _ completion: @escaping CallRunner.Completion) -> any CallInFlight {
        let start = loop.now
        let functionType = request.functionType
        if let refusal = refusal(of: request) {
            metrics.callEnded(functionType: functionType, nanoseconds: start.nanoseconds(until: loop.now), failure: refusal.kind)
            completion(.failure(refusal))
            return EndedCall()
        }
        let runner = CallRunner(self, request: request, start: start)
        runner.start { [self] result in
            let failure: RequestReplyFailure.Kind? = if case .failure(let failure) = result { failure.kind } else { nil }
            metrics.callEnded(functionType: functionType, nanoseconds: start.nanoseconds(until: loop.now), failure: failure)
            completion(result)
        }
        return runner
    }
}
