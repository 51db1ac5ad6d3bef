public import NIOCore

/// A kept connection that one thread at a time uses by itself: it sends, waits and reads without a loop.
///
/// ``PooledConnection/detach()`` makes one, and an ``OriginPool`` lends it. What it does on the wire is what the pooled one did.
public protocol ThreadConnection: AnyObject, Sendable {
    /// Whether another exchange may be started: nothing is in flight, and nothing was left over.
    var isReusable: Bool { get }

    /// Whether nothing has arrived since the last exchange, the end of the connection included. Asks the system.
    var isQuiet: Bool { get }

    /// Sends a request and reads its response. The calling thread waits; limits that trip close the connection.
    func exchange(_ plan: ExchangePlan, body: ByteBuffer, deadline: TransportInstant) -> Result<ExchangeResponse, RequestReplyFailure>

    /// Ends an exchange in flight as ``RequestReplyFailure/Kind/cancelled``, and the connection with it. May be called from anywhere.
    func interrupt()

    /// Closes the connection. To be called by whoever has it, between exchanges.
    func close()

    /// Returns the connection to the loop that it came from, as a pooled one, without its peer noticing anything. To be called there by
    /// whoever has it, between exchanges; this one is of no use afterwards. `completion` is called once, on the loop.
    func attach(_ completion: @escaping @Sendable (Result<any PooledConnection, RequestReplyFailure>) -> Void)
}

extension PooledConnection {
    /// Only some connections can leave their loop.
    public func detach() -> (any ThreadConnection)? { nil }
}

extension OriginPool {
    /// Pools whose connections stay on their loop have none for threads.
    public func takeForThread() -> (any ThreadConnection)? { nil }

    /// A pool that lends nothing to threads closes what it is given.
    public func giveBack(_ connection: any ThreadConnection) { connection.close() }

    /// Pools whose connections stay on their loop keep them there.
    public func keepForThreads(upTo count: Int) {}
}
