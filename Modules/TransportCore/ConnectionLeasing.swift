/// What a pool of connections may hold.
public struct PoolLimits: Sendable, Hashable {
    /// Connections in all: in use, idle, and being opened.
    public var maxConnections: Int
    /// Connections that may stay open unused.
    public var maxIdle: Int
    /// How long after it was opened a connection is given out, with 1 to 3 s of jitter added; `nil` for ever.
    public var lifetime: Duration?
    /// How long a connection may stay unused; `nil` for ever.
    public var idleTime: Duration?
    /// Callers that may wait in line.
    public var maxWaiting: Int

    public init(
        maxConnections: Int,
        maxIdle: Int,
        lifetime: Duration? = nil,
        idleTime: Duration? = nil,
        maxWaiting: Int = 65_536
    ) {
        self.maxConnections = maxConnections
        self.maxIdle = maxIdle
        self.lifetime = lifetime
        self.idleTime = idleTime
        self.maxWaiting = maxWaiting
    }
}

/// Lends connections, one pool per origin.
public protocol ConnectionLeasing: Sendable {
    /// The pool for an origin; made on first use. Clients that ask with different limits share it: the larger number of
    /// connections and the shorter life win.
    func pool(for origin: Origin, limits: PoolLimits) -> any OriginPool

    /// Refuses every lease from now on as ``RequestReplyFailure/Kind/shutDown``, and returns when every connection,
    /// those on loan included, has closed.
    func shutdown() async
}

/// Names a lease that has not been granted yet.
public struct LeaseTicket: Hashable, Sendable {
    public let number: UInt64

    public init(number: UInt64) {
        self.number = number
    }
}

/// The connections to one origin. Everything is called on its loop, but for what lends connections to threads.
public protocol OriginPool: AnyObject, Sendable {
    /// Where the pool and all its connections live.
    var loop: any CallLoop { get }

    /// Borrows a connection: an idle one, or a new one where the limits allow it, or the next one that is given back,
    /// first come first served.
    ///
    /// `completion` is called once, on the loop, possibly before this returns. It fails as
    /// ``RequestReplyFailure/Kind/poolExhausted`` when the line is full, as ``RequestReplyFailure/Kind/budgetSpent``
    /// when the deadline passes in line, and as the attempt to connect failed.
    func lease(
        _ limits: ConnectLimits,
        _ completion: @escaping @Sendable (Result<any PooledConnection, RequestReplyFailure>) -> Void
    ) -> LeaseTicket

    /// Leaves the line. Nothing is completed; a ticket that is not in line any more is ignored.
    func cancelLease(_ ticket: LeaseTicket)

    /// Returns a borrowed connection. One that is not reusable, or past its life, is closed.
    func giveBack(_ connection: any PooledConnection)

    /// Lends a kept connection to the calling thread; `nil` where there is none, and a call has to take the way over the loop.
    func takeForThread() -> (any ThreadConnection)?

    /// Returns a connection that was lent to a thread. One that is not reusable is closed.
    func giveBack(_ connection: any ThreadConnection)

    /// Keeps the idle connection that was used last for threads, where one is idle and can leave the loop, and threads have fewer
    /// than `count`. To be called on the loop.
    func keepForThreads(upTo count: Int)
}
