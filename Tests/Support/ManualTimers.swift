import TransportCore

/// The timers of a loop whose time the test moves, and that time.
struct ManualTimers {
    typealias Work = @Sendable () -> Void

    private struct Pending {
        let id: Int
        let instant: TransportInstant
        let work: Work
    }

    private(set) var now: TransportInstant
    private var pending: [Pending] = []
    private var nextID = 0

    init(start: TransportInstant) {
        now = start
    }

    var count: Int { pending.count }

    /// When the next one fires.
    var next: TransportInstant? { pending.map(\.instant).min() }

    /// Sets a timer; what comes back is its identity.
    mutating func set(at instant: TransportInstant, _ work: @escaping Work) -> Int {
        nextID += 1
        pending.append(Pending(id: nextID, instant: instant, work: work))
        return nextID
    }

    mutating func cancel(_ id: Int) {
        pending.removeAll { $0.id == id }
    }

    /// Takes out the next timer that is due by `target`, and moves time to it; or gives `nil` and moves time to `target`.
    mutating func takeNext(until target: TransportInstant) -> Work? {
        // Identities count up, so that the first among equals is the one that was set first.
        let due = pending.indices.min { (pending[$0].instant, pending[$0].id) < (pending[$1].instant, pending[$1].id) }
        guard let due, pending[due].instant <= target else {
            now = max(now, target)
            return nil
        }
        let timer = pending.remove(at: due)
        now = max(now, timer.instant)
        return timer.work
    }
}
