public import RequestReply
public import TransportCore
public import TypeName

/// What came of an invocation.
public struct InvocationOutcome: Sendable {
    /// Who was called.
    public let address: Address
    /// Where.
    public let url: EndpointURL
    /// Everything that the function wants done. Its state changes have been applied to the state store.
    ///
    /// Invocations that wait for the same address leave as one batch, and the result belongs to the batch as a whole:
    /// every sender gets the same one. Where effects must happen once, the sender with ``batchIndex`` 0 sees to them.
    public let result: InvocationResult
    /// The state that the function has declared, with the values after this call.
    public let state: [StateValue]
    /// How many requests it took; more than one where the function had to be sent state that it declared.
    public let requests: Int
    /// How many invocations the batch had.
    public let batchSize: Int
    /// The place of the sender's first invocation in the batch, from 0.
    public var batchIndex: Int
    /// From sending the first request to having applied the result.
    public let elapsed: Duration
}
