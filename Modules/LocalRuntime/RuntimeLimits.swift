public import TransportCore

/// How much a runtime takes on at a time.
public struct RuntimeLimits: Hashable, Sendable {
    /// Calls in flight in all, at least 1 (`statefun.async.max-per-task`).
    public var maxInFlight: Int
    /// Calls that are made with a batch before it becomes a dead letter; `nil` for any number.
    public var maxAttempts: Int?
    /// Messages that wait in all before an ingress is told to wait.
    public var maxWaiting: Int
    /// Bytes of waiting messages that are held in memory; what comes beyond is read from the store when its turn comes.
    public var maxWaitingBytesInMemory: Int
    /// Pauses between calls with a batch that failed.
    public var pauses: RetryPolicy
    /// How long a store that failed is left alone.
    var pauseAfterStoreFailure = Duration.seconds(1)
    /// For how many addresses of one function type something may wait in memory; what comes for others meanwhile is in the store
    /// only.
    var addressesInMemory = 100_000
    /// How many messages are held in memory for one address.
    var messagesInMemory = 4_096

    public init(
        maxInFlight: Int = 1_024,
        maxAttempts: Int? = nil,
        maxWaiting: Int = 1_000_000,
        maxWaitingBytesInMemory: Int = 64 << 20,
        pauses: RetryPolicy = RetryPolicy(firstPause: .milliseconds(100), maxPause: .seconds(10))
    ) {
        self.maxInFlight = maxInFlight
        self.maxAttempts = maxAttempts
        self.maxWaiting = maxWaiting
        self.maxWaitingBytesInMemory = maxWaitingBytesInMemory
        self.pauses = pauses
    }
}
