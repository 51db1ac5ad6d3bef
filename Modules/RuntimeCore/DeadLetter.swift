/// What could not be delivered and is kept for somebody to look at, replay or drop.
public struct DeadLetter: Hashable, Sendable {
    /// What was not delivered.
    public enum Content: Hashable, Sendable {
        /// Messages to ``DeadLetter/address``, in their order: the bytes of `ToFunction.Invocation` messages.
        case batch([[UInt8]])
        /// What the function at ``DeadLetter/address`` sent to an egress: the egress as `namespace/name`, and the bytes of a
        /// `TypedValue` message.
        case egress(String, [UInt8])
    }

    /// Its place in the order of everything that the runtime has taken; what people name it by.
    public let sequence: Int64
    /// When delivery was given up.
    public let time: WallTime
    /// The function that was called, or that sent to the egress.
    public let address: RuntimeAddress
    public let content: Content
    /// Why it was given up, in a sentence without a full stop.
    public let cause: String
    /// How many calls were made with it.
    public let attempts: Int

    public init(sequence: Int64, time: WallTime, address: RuntimeAddress, content: Content, cause: String, attempts: Int) {
        self.sequence = sequence
        self.time = time
        self.address = address
        self.content = content
        self.cause = cause
        self.attempts = attempts
    }
}
