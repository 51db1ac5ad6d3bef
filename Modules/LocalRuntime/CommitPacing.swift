internal import TransportCore

/// How long changes are collected before they are stored.
///
/// A transaction costs about as much for one change as for many. Where few calls are in flight, what one of them brings is stored at
/// once, since somebody waits for it. Where many are, each of them takes long, be it for its turn: then a little more does not show, and
/// what comes meanwhile shares the transaction. Where hardly anything would, because those calls are not answered, nothing waits either.
struct CommitPacing: Sendable {
    /// By so much, in nanoseconds, each call in flight keeps transactions apart.
    private static let apartForEachCall: Int64 = 20_000
    /// The most that they are kept apart, in nanoseconds.
    private static let mostApart: Int64 = 20_000_000
    /// A timer for less than so many nanoseconds costs more than it brings.
    private static let shortestWait: Int64 = 100_000
    /// Fewer changes than so many, were they to come while others wait, are not worth it.
    private static let worthWaitingFor: Int64 = 16
    /// Nanoseconds; how much came in a longer time than that says nothing about now.
    private static let longestMemory: Int64 = 1_000_000_000
    /// So many changes are worth a transaction of their own.
    static let enoughChanges = 64

    private var begun: TransportInstant?
    /// How many changes the last transaction had, and in how many nanoseconds they came.
    private var last = (changes: 0, nanoseconds: longestMemory)

    /// A transaction begins with so many changes.
    mutating func begin(with changes: Int, at now: TransportInstant) {
        last = (changes, begun.map { min($0.nanoseconds(until: now), Self.longestMemory) } ?? Self.longestMemory)
        begun = now
    }

    /// How long, in nanoseconds, changes wait for others.
    func wait(with changes: Int, callsInFlight: Int, at now: TransportInstant) -> Int64 {
        guard let begun, changes < Self.enoughChanges else { return 0 }
        let apart = min(Int64(callsInFlight) * Self.apartForEachCall, Self.mostApart)
        guard Int64(last.changes) * apart >= Self.worthWaitingFor * last.nanoseconds else { return 0 }
        let wait = now.nanoseconds(until: begun.advanced(byNanoseconds: apart))
        return wait < Self.shortestWait ? 0 : wait
    }
}
