internal import NIOConcurrencyHelpers
public import TransportCore

/// Keeps a ``ConnectionPool`` for each origin: the same place, spoken to with the same TLS settings.
///
/// Pools that nobody uses any more are forgotten from time to time: redirects can lead to ever other places.
public final class PoolManager: ConnectionLeasing {
    private struct Entry {
        var pool: ConnectionPool
        var limits: PoolLimits
    }

    private struct State {
        var entries: [Origin: Entry] = [:]
        /// How many entries there may be before those of pools that nobody uses are removed.
        var sweepAt = 64
        /// Pools that have been forgotten, until the last of their connections has closed.
        var leaving: [ObjectIdentifier: ConnectionPool] = [:]
        var isShutDown = false

        /// Removes the pools that nobody uses: only who has a pool can lease from it or has something on loan.
        mutating func sweep() -> [ConnectionPool] {
            guard entries.count >= sweepAt else { return [] }
            var unused: [ConnectionPool] = []
            // A copy of the keys alone: one of the entries would be another reference to each pool.
            for origin in Array(entries.keys) {
                guard let index = entries.index(forKey: origin), isKnownUniquelyReferenced(&entries.values[index].pool) else { continue }
                let pool = entries.remove(at: index).value.pool
                leaving[ObjectIdentifier(pool)] = pool
                unused.append(pool)
            }
            sweepAt = max(64, 2 * entries.count)
            return unused
        }
    }

    private let connector: any Connector
    private let chance: @Sendable () -> Double
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - connector: opens the connections and names the loops that pools live on.
    ///   - chance: a number from 0 to 1 for each connection, which makes its life 1 to 3 s longer than the limits say.
    public init(connector: any Connector, chance: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }) {
        self.connector = connector
        self.chance = chance
    }

    /// The pool for an origin. Limits that are below what makes sense are raised to it: at least one connection.
    ///
    /// After ``shutdown()`` every lease of the pool fails as ``RequestReplyFailure/Kind/shutDown``.
    public func pool(for origin: Origin, limits: PoolLimits) -> any OriginPool {
        if let known = join(origin, limits, orAdd: nil) {
            return known
        }
        // The connector is not called under the lock. Of two pools that were made at the same time one is dropped unused.
        let made = ConnectionPool(origin: origin, connector: connector, limits: limits, chance: chance)
        return join(origin, limits, orAdd: made) ?? made
    }

    /// How every pool stands.
    public func figures() async -> [Origin: PoolFigures] {
        var figures: [Origin: PoolFigures] = [:]
        for (origin, entry) in state.withLockedValue({ $0.entries }) {
            figures[origin] = await withCheckedContinuation { continuation in
                entry.pool.loop.run { continuation.resume(returning: entry.pool.figures) }
            }
        }
        return figures
    }

    /// Closes all connections that are idle: somebody needs what they take more than the next calls need them.
    public func closeIdle() {
        state.withLockedValue { $0.entries.values.map(\.pool) }.forEach { $0.closeIdle() }
    }

    /// Fails those who wait, closes what is idle or being opened, and returns when what is on loan has come back and
    /// closed as well. Whoever has a connection on loan is to end its exchange, which is what the transports do.
    public func shutdown() async {
        let pools = state.withLockedValue { state in
            state.isShutDown = true
            return state.entries.values.map(\.pool) + state.leaving.values
        }
        pools.forEach { $0.beginShutdown() }
        for pool in pools {
            await pool.finished()
        }
    }

    /// How many pools are kept, those that are being forgotten included.
    var count: Int { state.withLockedValue { $0.entries.count + $0.leaving.count } }

    /// Closes what pools that nobody uses still have.
    private func forget(_ pools: [ConnectionPool]) {
        for pool in pools {
            pool.beginShutdown()
            pool.whenFinished { [state, id = ObjectIdentifier(pool)] in
                state.withLockedValue { _ = $0.leaving.removeValue(forKey: id) }
            }
        }
    }

    private func join(_ origin: Origin, _ limits: PoolLimits, orAdd made: ConnectionPool?) -> ConnectionPool? {
        var unused: [ConnectionPool] = []
        let (pool, shared, isShutDown) = state.withLockedValue { state -> (ConnectionPool?, PoolLimits?, Bool) in
            guard var entry = state.entries[origin] else {
                if let made {
                    unused = state.sweep()
                    state.entries[origin] = Entry(pool: made, limits: limits)
                }
                return (made, nil, state.isShutDown)
            }
            let shared = entry.limits.shared(with: limits)
            guard shared != entry.limits else { return (entry.pool, nil, state.isShutDown) }
            entry.limits = shared
            state.entries[origin] = entry
            return (entry.pool, shared, state.isShutDown)
        }
        forget(unused)
        if let shared {
            pool?.share(shared)
        }
        if isShutDown {
            pool?.beginShutdown()
        }
        return pool
    }
}
