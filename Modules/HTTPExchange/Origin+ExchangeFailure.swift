internal import TransportCore

extension Origin {
    /// Why an exchange with this origin is over when a limit has passed.
    /// - Parameters:
    ///   - isSingle: whether it was the limit of a single read or write that passed, and not the call's.
    ///   - isSending: whether the request was still being sent.
    ///   - reading: what was being read otherwise.
    func limitFailure(_ limits: ExchangeLimits, isSingle: Bool, isSending: Bool, reading: String) -> RequestReplyFailure {
        let activity = isSending ? "the request was sent to \(self)" : "\(reading) from \(self)"
        guard isSingle, let single = isSending ? limits.write : limits.read else {
            return CallBudget.spentFailure(limits.call, while: activity)
        }
        return .limitTripped(.timedOut, isSending ? "write" : "read", single, while: activity)
    }

    /// Why an exchange with this origin is over when the connection has ended.
    /// - Parameters:
    ///   - error: what ended it, where that was an error.
    ///   - wasUsed: whether the connection has carried exchanges before.
    ///   - hasBegun: whether some of the answer had arrived.
    func closedFailure(_ error: (any Error)?, wasUsed: Bool, hasBegun: Bool) -> RequestReplyFailure {
        if let error, let refusal = TLSFailure.refusal(error, by: self) { return refusal }
        let reason = error.map { ": \(SystemErrorText.of($0))" } ?? ""
        if hasBegun {
            return RequestReplyFailure(.connectionLost, "\(self) closed the connection in the middle of its answer\(reason)")
        }
        if wasUsed {
            return RequestReplyFailure(.staleConnection, "\(self) had closed the kept connection\(reason)")
        }
        return RequestReplyFailure(.connectionLost, "\(self) closed the connection without an answer\(reason)")
    }

    /// Why an exchange with this origin is over when its answer cannot be trusted.
    ///
    /// What comes over a kept connection instead of a response may be left over from the exchange before, which the peer had not done with:
    /// nothing is known of this one then, and another connection may answer.
    /// - Parameter wasUsed: whether the connection has carried exchanges before.
    func unsoundFailure(_ fault: ResponseFault, wasUsed: Bool) -> RequestReplyFailure {
        guard fault.isNoResponse, wasUsed else { return fault.failure }
        return RequestReplyFailure(.connectionLost, text: "something else than an answer came over a kept connection: \(fault.text)")
    }
}
