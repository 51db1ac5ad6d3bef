/// How a pool stands at one moment.
public struct PoolFigures: Sendable, Hashable {
    /// Connections that are open and unused.
    public var idle: Int
    /// Connections on loan.
    public var leased: Int
    /// Connections that are being opened.
    public var connecting: Int
    /// Callers in line.
    public var waiting: Int

    public init(idle: Int = 0, leased: Int = 0, connecting: Int = 0, waiting: Int = 0) {
        self.idle = idle
        self.leased = leased
        self.connecting = connecting
        self.waiting = waiting
    }

    /// What counts towards ``PoolLimits/maxConnections``.
    public var connections: Int { idle + leased + connecting }
}
