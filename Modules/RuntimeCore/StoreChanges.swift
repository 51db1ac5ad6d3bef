/// What a store has to keep, together or not at all. Several results share one group, so that they share its cost.
///
/// What came and went within one group is in none of its lists.
public struct StoreChanges: Equatable, Sendable {
    /// The highest sequence that was given away so far.
    public var lastSequence: Int64
    /// New registrations; their names are not registered yet.
    public var registered: [RegisteredState] = []
    /// At most one change for each value.
    public var state: [StateChange] = []
    /// Messages that begin to wait.
    public var messages: [StoredMessage] = []
    /// Messages that wait no more, by sequence.
    public var consumed: [(address: RuntimeAddress, sequence: Int64)] = []
    /// Delayed messages that begin to wait.
    public var delayed: [DelayedMessage] = []
    /// Delayed messages that wait no more, by sequence: they were sent.
    public var delayedGone: [Int64] = []
    /// What was taken back: the delayed messages with such a token whose sequence is lower.
    public var cancelled: [(cancellation: DelayedMessage.Cancellation, before: Int64)] = []
    /// Egress records that begin to wait.
    public var egress: [EgressRecord] = []
    /// Egress records that were taken, by sequence.
    public var egressTaken: [Int64] = []
    public var deadLetters: [DeadLetter] = []
    /// Dead letters that were replayed or dropped, by sequence.
    public var deadLettersGone: [Int64] = []
    /// What senders named messages by that were taken, so that sending them again does nothing.
    public var acceptedKeys: [AcceptedKey] = []

    public init(lastSequence: Int64) {
        self.lastSequence = lastSequence
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.lastSequence == right.lastSequence && left.registered == right.registered && left.state == right.state
            && left.messages == right.messages && left.consumed.elementsEqual(right.consumed, by: ==)
            && left.delayed == right.delayed && left.delayedGone == right.delayedGone
            && left.cancelled.elementsEqual(right.cancelled, by: ==) && left.egress == right.egress
            && left.egressTaken == right.egressTaken && left.deadLetters == right.deadLetters
            && left.deadLettersGone == right.deadLettersGone && left.acceptedKeys == right.acceptedKeys
    }
}

/// A key by which a sender names a message, and when the message was taken.
public struct AcceptedKey: Hashable, Sendable {
    public let key: String
    public let time: WallTime

    public init(_ key: String, at time: WallTime) {
        self.key = key
        self.time = time
    }
}
