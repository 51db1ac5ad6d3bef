/// Keeps what a runtime must not lose, and is the truth after a restart.
///
/// Whatever is asked of it begins on the executor of who asks (`nonisolated(nonsending)`): the way to the disk takes no change of
/// threads but those that the store needs.
///
/// A store is used by one runtime at a time. Commits come one after the other; reads may come while one is going on, and see
/// everything that was committed before they began.
public protocol StateStore: Sendable {
    /// What a runtime has to know to go on. Called once, before anything else.
    /// - Throws: ``StoreFailure``, such as where the store is damaged or was written by a newer version.
    nonisolated(nonsending) func recover() async throws(StoreFailure) -> RecoveredContents

    /// Keeps a group of changes, all of them or none; what has returned survives the loss of power.
    /// - Throws: ``StoreFailure``; nothing of the group is kept then, and the same group may be tried again.
    nonisolated(nonsending) func commit(_ changes: StoreChanges) async throws(StoreFailure)

    /// Begins what ``commit(_:)`` does, and tells what came of it, on any thread, and maybe before this returns: `nil` where all of the
    /// group is kept. A store that has no task of its own to wait in saves its runtime some by this; for the others there is a version
    /// that calls ``commit(_:)``.
    func begin(committing changes: StoreChanges, _ completion: @escaping @Sendable (StoreFailure?) -> Void)

    /// The values of some addresses, those that have expired included; in the order of `addresses`.
    nonisolated(nonsending) func state(of addresses: [RuntimeAddress]) async throws(StoreFailure) -> [[StoredState]]

    /// Addresses that keep values, in their order.
    /// - Parameters:
    ///   - functionType: only those of that type; `nil` for every type.
    ///   - address: only those after this one.
    ///   - limit: so many at most.
    nonisolated(nonsending) func addresses(of functionType: String?, after address: RuntimeAddress?, limit: Int) async throws(StoreFailure)
        -> [RuntimeAddress]

    /// Removes keys of messages that were accepted before `time`, and values that have expired before it.
    nonisolated(nonsending) func forget(before time: WallTime) async throws(StoreFailure)

    /// Ends what the store has open. Nothing is called afterwards.
    nonisolated(nonsending) func close() async
}

extension StateStore {
    public func begin(committing changes: StoreChanges, _ completion: @escaping @Sendable (StoreFailure?) -> Void) {
        Task {
            do throws(StoreFailure) {
                try await commit(changes)
                completion(nil)
            } catch {
                completion(error)
            }
        }
    }
}

/// Hands out what waits in a store, a piece at a time.
public protocol WaitingStore: Sendable {
    /// The messages of an address in their order.
    /// - Parameters:
    ///   - sequence: only those after this one.
    ///   - limit: so many at most.
    ///   - bytes: none after those that have so many bytes together; at least one, where there is any.
    nonisolated(nonsending) func messages(of address: RuntimeAddress, after sequence: Int64, limit: Int, bytes: Int)
        async throws(StoreFailure) -> [StoredMessage]

    /// The addresses of a function type that messages wait for, in the order of the bytes of their ids.
    /// - Parameters:
    ///   - id: only those after this one; `nil` for the first ones.
    ///   - sequence: messages that came after this one do not count.
    ///   - limit: so many addresses at most.
    nonisolated(nonsending) func waiting(of functionType: String, after id: String?, upTo sequence: Int64, limit: Int)
        async throws(StoreFailure) -> [WaitingMessages]

    /// Delayed messages in the order of their times, those of one time in the order of their sequences.
    /// - Parameters:
    ///   - place: only those after this one; `nil` for the first ones.
    ///   - limit: so many at most.
    nonisolated(nonsending) func delayed(after place: DelayedPlace?, limit: Int) async throws(StoreFailure) -> [DelayedMessage]

    /// The records of a topic in their order.
    /// - Parameter bytes: none after those that have so many bytes together; at least one, where there is any.
    nonisolated(nonsending) func egress(topic: String, after sequence: Int64, limit: Int, bytes: Int)
        async throws(StoreFailure) -> [EgressRecord]

    /// Whether a message with that key was accepted.
    nonisolated(nonsending) func isAccepted(_ key: String) async throws(StoreFailure) -> Bool

    /// Dead letters in their order, those after `sequence`.
    nonisolated(nonsending) func deadLetters(after sequence: Int64, limit: Int) async throws(StoreFailure) -> [DeadLetter]
}

/// A place in the order of delayed messages.
public struct DelayedPlace: Hashable, Comparable, Sendable {
    public let due: WallTime
    public let sequence: Int64

    public init(due: WallTime, sequence: Int64) {
        self.due = due
        self.sequence = sequence
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.due, left.sequence) < (right.due, right.sequence)
    }
}

/// What a store held when it was opened.
public struct RecoveredContents: Equatable, Sendable {
    /// The highest sequence that was given away; 0 for an empty store.
    public var lastSequence: Int64
    public var registered: [RegisteredState]
    /// The addresses that messages wait for.
    public var waiting: [WaitingMessages]
    /// The topics that records wait in.
    public var egress: [WaitingRecords]

    public init(
        lastSequence: Int64 = 0,
        registered: [RegisteredState] = [],
        waiting: [WaitingMessages] = [],
        egress: [WaitingRecords] = []
    ) {
        self.lastSequence = lastSequence
        self.registered = registered
        self.waiting = waiting
        self.egress = egress
    }
}
