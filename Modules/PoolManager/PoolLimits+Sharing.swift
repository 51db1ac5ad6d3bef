internal import TransportCore

extension PoolLimits {
    /// The limits of a pool that two clients share: the larger numbers and the shorter lives win.
    func shared(with other: PoolLimits) -> PoolLimits {
        PoolLimits(
            maxConnections: max(maxConnections, other.maxConnections),
            maxIdle: max(maxIdle, other.maxIdle),
            lifetime: Self.shorter(lifetime, other.lifetime),
            idleTime: Self.shorter(idleTime, other.idleTime),
            maxWaiting: max(maxWaiting, other.maxWaiting)
        )
    }

    /// The same with room for one connection at least: a pool without any could never serve anybody.
    var sound: PoolLimits {
        var limits = self
        limits.maxConnections = max(1, maxConnections)
        return limits
    }

    private static func shorter(_ left: Duration?, _ right: Duration?) -> Duration? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }
}
