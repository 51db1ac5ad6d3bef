/// What has left the application by an egress and waits for somebody to take it.
public struct EgressRecord: Hashable, Sendable {
    /// Its place in the order of everything that the runtime has taken.
    public let sequence: Int64
    /// What it is about, as the egress names it.
    public let topic: String
    /// The bytes to hand out.
    public let payload: [UInt8]

    public init(sequence: Int64, topic: String, payload: [UInt8]) {
        self.sequence = sequence
        self.topic = topic
        self.payload = payload
    }
}

/// The records of one topic that wait in a store.
public struct WaitingRecords: Hashable, Sendable {
    public let topic: String
    /// How many they are, at least 1.
    public let count: Int

    public init(topic: String, count: Int) {
        self.topic = topic
        self.count = count
    }
}
