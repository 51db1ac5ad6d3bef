internal import TransportCore

extension GatewayRefusal {
    /// What the runtime is told of a call that has failed.
    ///
    /// What a retry can help, or what an operator can mend while the runtime retries, is a 5xx; what stays as it is, is a 422, after
    /// which the runtime's OkHttp client fails the call at once, as it would have done had it met the failure itself. A status of
    /// the function never goes through: a redirect would be followed, and a 401 asked again.
    init(_ failure: RequestReplyFailure, of endpoint: String) {
        let isStopped = failure.kind == .shutDown || failure.kind == .cancelled
        let status: Int
        switch failure.kind {
        case .timedOut, .budgetSpent: status = 504
        case .poolExhausted, .noRoom, .shutDown, .cancelled: status = 503
        case .misconfigured: status = 500
        case .certificateRefused: status = 502
        case .requestTooLarge: status = 413
        default: status = failure.mayRetry ? failure.retryAfter == nil ? 502 : 503 : 422
        }
        var text = "the call of \(endpoint) failed: \(failure.text.loggable)"
        if failure.attemptCount > 1 {
            text += " (\(failure.attemptCount) attempts)"
        }
        self.init(
            status,
            isStopped ? "the gateway is stopping, and the call of \(endpoint) with it" : text,
            retryAfter: failure.retryAfter ?? (status == 503 ? Self.oneSecond : nil),
            isLast: isStopped
        )
    }
}
