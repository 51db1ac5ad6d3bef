import LocalRuntime
import NIOConcurrencyHelpers
import RuntimeCore
import TestSupport

/// A store in memory that fails and waits on command, and tells what was stored.
final class CommandedStore: StateStore, WaitingStore {
    private struct Commands {
        var failure: StoreFailure?
        var takesAwayOnly = false
        var readFailure: StoreFailure?
        var holdsCommits: Gate?
        var holdsKeys: Gate?
        var holdsWaiting: Gate?
        var isClosed = false
    }

    let kept: InMemoryStateStore
    /// Every group that was tried.
    let attempts = Journal<StoreChanges>()
    /// Every group that was stored.
    let commits = Journal<StoreChanges>()
    /// Every key that was asked for.
    let keys = Journal<String>()
    /// Addresses that messages wait for, each time that they were asked for.
    let waitingReads = Journal<[WaitingMessages]>()
    /// How many dead letters were read each time.
    let letterReads = Journal<Int>()
    private let commands = NIOLockedValueBox(Commands())

    /// - Parameter kept: what a store before it has left behind.
    init(_ kept: InMemoryStateStore = InMemoryStateStore()) {
        self.kept = kept
    }

    /// What commits fail with from now on; `nil` for not at all.
    /// - Parameter takesAwayOnly: whether groups that take away what is stored are kept all the same, as on a disk that is full but for
    ///   what is left for them.
    func fail(_ failure: StoreFailure?, butTakesAway takesAwayOnly: Bool = false) {
        commands.withLockedValue {
            $0.failure = failure
            $0.takesAwayOnly = takesAwayOnly
        }
    }
    /// What reads fail with from now on; `nil` for not at all.
    func failReads(_ failure: StoreFailure?) { commands.withLockedValue { $0.readFailure = failure } }
    /// Lets no commit end before the gate opens.
    func holdCommits(_ gate: Gate?) { commands.withLockedValue { $0.holdsCommits = gate } }
    /// Says nothing about keys before the gate opens.
    func holdKeys(_ gate: Gate?) { commands.withLockedValue { $0.holdsKeys = gate } }

    /// Hands out addresses that messages wait for as they were when they were asked for, but not before the gate opens.
    func holdWaiting(_ gate: Gate?) { commands.withLockedValue { $0.holdsWaiting = gate } }

    private func check() throws(StoreFailure) {
        if let failure = commands.withLockedValue({ $0.readFailure }) { throw failure }
    }

    func recover() async throws(StoreFailure) -> RecoveredContents {
        commands.withLockedValue { $0.isClosed = false }
        return await kept.recover()
    }

    func commit(_ changes: StoreChanges) async throws(StoreFailure) {
        attempts.append(changes)
        if let gate = commands.withLockedValue({ $0.holdsCommits }) { try? await gate.opened() }
        let commands = commands.withLockedValue { $0 }
        if commands.isClosed { throw StoreFailure(.closed, "the store is closed") }
        let takesAway = !changes.consumed.isEmpty || !changes.egressTaken.isEmpty
        if let failure = commands.failure, !(commands.takesAwayOnly && takesAway) { throw failure }
        await kept.commit(changes)
        commits.append(changes)
    }

    func state(of addresses: [RuntimeAddress]) async throws(StoreFailure) -> [[StoredState]] {
        try check()
        return await kept.state(of: addresses)
    }

    func addresses(of functionType: String?, after address: RuntimeAddress?, limit: Int)
        async throws(StoreFailure) -> [RuntimeAddress]
    {
        try check()
        return await kept.addresses(of: functionType, after: address, limit: limit)
    }

    func forget(before time: WallTime) async throws(StoreFailure) { await kept.forget(before: time) }

    func close() async { commands.withLockedValue { $0.isClosed = true } }

    func waiting(of functionType: String, after id: String?, upTo sequence: Int64, limit: Int)
        async throws(StoreFailure) -> [WaitingMessages]
    {
        try check()
        let found = await kept.waiting(of: functionType, after: id, upTo: sequence, limit: limit)
        waitingReads.append(found)
        if let gate = commands.withLockedValue({ $0.holdsWaiting }) { try? await gate.opened() }
        return found
    }

    func messages(of address: RuntimeAddress, after sequence: Int64, limit: Int, bytes: Int)
        async throws(StoreFailure) -> [StoredMessage]
    {
        try check()
        return await kept.messages(of: address, after: sequence, limit: limit, bytes: bytes)
    }

    func delayed(after place: DelayedPlace?, limit: Int) async throws(StoreFailure)
        -> [DelayedMessage]
    {
        try check()
        return await kept.delayed(after: place, limit: limit)
    }

    func egress(topic: String, after sequence: Int64, limit: Int, bytes: Int) async throws(StoreFailure)
        -> [EgressRecord]
    {
        try check()
        return await kept.egress(topic: topic, after: sequence, limit: limit, bytes: bytes)
    }

    func isAccepted(_ key: String) async throws(StoreFailure) -> Bool {
        keys.append(key)
        if let gate = commands.withLockedValue({ $0.holdsKeys }) { try? await gate.opened() }
        try check()
        return await kept.isAccepted(key)
    }

    func deadLetters(after sequence: Int64, limit: Int) async throws(StoreFailure) -> [DeadLetter] {
        try check()
        let found = await kept.deadLetters(after: sequence, limit: limit)
        letterReads.append(found.count)
        return found
    }
}
