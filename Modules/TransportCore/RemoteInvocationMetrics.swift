/// Hears what happens to calls, for gauges and counters by function type. The names are those of the ecosystem.
///
/// Calls come from the hot path: an implementation returns at once and does no I/O. Every requirement has a default that
/// does nothing.
public protocol RemoteInvocationMetrics: Sendable {
    /// An attempt has ended: `remoteInvocationLatency`, and `remoteInvocationFailures` where there is a `failure`.
    func attemptEnded(functionType: String, nanoseconds: Int64, failure: RequestReplyFailure.Kind?)
    /// A call has ended: all its attempts, with what was before and between them.
    func callEnded(functionType: String, nanoseconds: Int64, failure: RequestReplyFailure.Kind?)
    /// Calls in flight have become more or fewer by `change`: `inflightAsyncOps`.
    func inFlightChanged(functionType: String, by change: Int)
    /// Invocations waiting in mailboxes have become more or fewer by `change`: `numBacklog`.
    func backlogChanged(functionType: String, by change: Int)
    /// Addresses that make their senders wait have become more or fewer by `change`: `numBlockedAddress`.
    func blockedAddressesChanged(functionType: String, by change: Int)
}

extension RemoteInvocationMetrics {
    public func attemptEnded(functionType: String, nanoseconds: Int64, failure: RequestReplyFailure.Kind?) {}
    public func callEnded(functionType: String, nanoseconds: Int64, failure: RequestReplyFailure.Kind?) {}
    public func inFlightChanged(functionType: String, by change: Int) {}
    public func backlogChanged(functionType: String, by change: Int) {}
    public func blockedAddressesChanged(functionType: String, by change: Int) {}
}

/// Hears everything and keeps nothing.
public struct NoMetrics: RemoteInvocationMetrics {
    public init() {}
}
