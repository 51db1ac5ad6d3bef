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
        do throws(RequestReplyFailure) {
            let runner = try runner(for: request)
            runner.start(completion)
            return runner
        } catch {
            completion(.failure(error))
            return EndedCall()
        }
    }
}
