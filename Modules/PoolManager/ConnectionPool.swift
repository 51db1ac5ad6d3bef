public import TransportCore

/// The connections to one origin. They are lent first come first served, the most recently used one first, and closed
/// when they get too old or have been unused for too long (HTTP Function Endpoint, "Asynchronous HTTP transport (Beta)",
/// `pool_ttl` and `pool_size`).
///
/// Everything but ``loop`` and what lends connections to threads is used on the loop only; a use from elsewhere stops the program.
public final class ConnectionPool: OriginPool {
    public let loop: any CallLoop
    private let core: LoopConfined<PoolCore>
    private let threads: ThreadConnections

    init(origin: Origin, connector: any Connector, limits: PoolLimits, chance: @escaping @Sendable () -> Double) {
        loop = connector.nextLoop()
        threads = ThreadConnections(on: loop, limits: limits)
        core = LoopConfined(
            PoolCore(origin: origin, loop: loop, connector: connector, threads: threads, limits: limits, chance: chance),
            to: loop
        )
    }

    /// How the pool stands, with what threads use and may use.
    public var figures: PoolFigures {
        var figures = core.value.figures
        let lent = threads.figures
        figures.idle += lent.idle
        figures.leased += lent.leased
        return figures
    }

    public func lease(
        _ limits: ConnectLimits,
        _ completion: @escaping @Sendable (Result<any PooledConnection, RequestReplyFailure>) -> Void
    ) -> LeaseTicket {
        core.value.lease(limits, completion)
    }

    public func cancelLease(_ ticket: LeaseTicket) {
        core.value.cancelLease(ticket)
    }

    public func giveBack(_ connection: any PooledConnection) {
        core.value.giveBack(connection)
    }

    public func takeForThread() -> (any ThreadConnection)? {
        threads.take()
    }

    public func giveBack(_ connection: any ThreadConnection) {
        threads.giveBack(connection)
    }

    public func keepForThreads(upTo count: Int) {
        if threads.figures.connections < count, let connection = core.value.detachIdle() {
            threads.keep(connection)
        }
    }

    /// Another client uses the pool. To be called from anywhere.
    func share(_ limits: PoolLimits) {
        loop.run { [core, threads] in
            core.value.share(limits)
            threads.share(core.value.limits)
        }
    }

    /// Closes what is idle. To be called from anywhere.
    func closeIdle() {
        threads.closeIdle()
        loop.run { [core] in core.value.closeIdle() }
    }

    /// Refuses every lease from now on. To be called from anywhere.
    func beginShutdown() {
        threads.beginShutdown()
        loop.run { [core] in core.value.beginShutdown() }
    }

    /// Has `handler` called, on the loop, when nothing of the pool is left after ``beginShutdown()``. To be called from anywhere.
    func whenFinished(_ handler: @escaping @Sendable () -> Void) {
        loop.run { [core, loop, threads] in
            core.value.whenFinished {
                threads.whenFinished { loop.run(handler) }
            }
        }
    }

    /// Returns when nothing of the pool is left after ``beginShutdown()``.
    func finished() async {
        await withCheckedContinuation { continuation in
            whenFinished { continuation.resume() }
        }
    }
}
