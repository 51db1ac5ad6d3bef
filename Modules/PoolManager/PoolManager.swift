internal import NIOConcurrencyHelpers
public import TransportCore

/// Keeps a ``ConnectionPool`` for each origin: the same place, spoken to with the same TLS settings.
public final class PoolManager: ConnectionLeasing {
    private struct Entry {
        let pool: ConnectionPool
        var limits: PoolLimits
    }

    private struct State {
        var entries: [Origin: Entry] = [:]
        var isShutDown = false
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

    /// Fails those who wait, closes what is idle or being opened, and returns when what is on loan has come back and
    /// closed as well. Whoever has a connection on loan is to end its exchange, which is what the transports do.
    public func shutdown() async {
        let pools = state.withLockedValue { state in
            state.isShutDown = true
            return state.entries.values.map(\.pool)
        }
        pools.forEach { $0.beginShutdown() }
        for pool in pools {
            await pool.finished()
        }
    }

    private func join(_ origin: Origin, _ limits: PoolLimits, orAdd made: ConnectionPool?) -> ConnectionPool? {
        let (pool, shared, isShutDown) = state.withLockedValue { state -> (ConnectionPool?, PoolLimits?, Bool) in
            guard var entry = state.entries[origin] else {
                if let made {
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
        if let shared {
            pool?.share(shared)
        }
        if isShutDown {
            pool?.beginShutdown()
        }
        return pool
    }
}
