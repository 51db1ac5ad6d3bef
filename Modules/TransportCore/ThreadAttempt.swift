/// An attempt that a thread has made by itself, before its call went to a loop.
package struct ThreadAttempt: Sendable {
    let start: TransportInstant
    let result: Result<ExchangeResponse, RequestReplyFailure>

    /// The same as an attempt that was ended with `failure`, whatever came of it.
    package func interrupted(by failure: RequestReplyFailure) -> ThreadAttempt {
        ThreadAttempt(start: start, result: .failure(failure))
    }
}
