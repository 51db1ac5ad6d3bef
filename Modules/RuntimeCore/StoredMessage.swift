/// A message on its way to a function, as a store holds it until a result has been applied that covers it.
public struct StoredMessage: Hashable, Sendable {
    /// Its place in the order of everything that the runtime has taken; unique and growing, also across restarts.
    public let sequence: Int64
    /// Whom it is for.
    public let target: RuntimeAddress
    /// The bytes of a `ToFunction.Invocation` message: who sent it, and its argument.
    public let invocation: [UInt8]

    public init(sequence: Int64, target: RuntimeAddress, invocation: [UInt8]) {
        self.sequence = sequence
        self.target = target
        self.invocation = invocation
    }
}

/// A message that is sent at a certain time, as a store holds it until then.
public struct DelayedMessage: Hashable, Sendable {
    /// When it becomes a message like any other.
    public let due: WallTime
    /// The message; its sequence is that of the moment in which it was asked for.
    public let message: StoredMessage
    /// Lets its sender take the message back until it is due; `nil` where that is not possible.
    public let cancellation: Cancellation?

    public init(due: WallTime, message: StoredMessage, cancellation: Cancellation? = nil) {
        self.due = due
        self.message = message
        self.cancellation = cancellation
    }

    /// What a delayed message is taken back by. As in the JVM runtime, a token means what functions of the same id have sent
    /// with it: two ids may use the same one.
    public struct Cancellation: Sendable {
        public let token: String
        /// The id of the function that sent the message.
        public let senderID: String

        public init(token: String, senderID: String) {
            self.token = token
            self.senderID = senderID
        }
    }
}

extension DelayedMessage.Cancellation: Hashable {
    // By bytes, as ids are compared everywhere.
    public static func == (left: Self, right: Self) -> Bool {
        left.token.hasSameBytes(as: right.token) && left.senderID.hasSameBytes(as: right.senderID)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(RuntimeAddress(functionType: token, id: senderID))
    }
}

/// The messages of one address that wait in a store.
public struct WaitingMessages: Hashable, Sendable {
    public let address: RuntimeAddress
    /// How many they are, at least 1.
    public let count: Int
    /// The sequence of the first one.
    public let first: Int64

    public init(address: RuntimeAddress, count: Int, first: Int64) {
        self.address = address
        self.count = count
        self.first = first
    }
}
