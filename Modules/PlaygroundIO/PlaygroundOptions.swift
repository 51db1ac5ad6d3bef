/// What a program sets for ingress and egress beside their specs.
public struct PlaygroundOptions: Hashable, Sendable {
    /// The name or address to listen on. Whoever reaches it can send messages and take records: there are no passwords.
    public var host = "127.0.0.1"
    /// Answers with status 200 wherever the original playground does, for clients that know no other: 200 instead of 202 and
    /// 204, and instead of 404 and 405 together with a field `Status` that holds what was meant.
    public var compatStatus = false
    /// How many bytes a value may have, at least 1.
    public var bodyLimit = 16 << 20
    /// How many bytes the head of a request may have: its target, and the names and values of its fields.
    public var headLimit = 16 << 10
    /// How long a connection may stay open without a request. A head that does not get complete is no request.
    public var idleLimit = Duration.seconds(60)
    /// The same for a connection that is opened when more than half of ``connectionLimit`` are open already.
    public var crowdedIdleLimit = Duration.seconds(5)
    /// How long a request may take to arrive once its head is there, and answers to be taken by the socket: 256 KiB of them at a time, or
    /// what there is.
    public var transferLimit = Duration.seconds(30)
    /// The same for answers while the servers stop: whoever stops a program may not wait for long.
    public var stoppingTransferLimit = Duration.seconds(2)
    /// How many connections are open at the same time, but at most a third of the files that the system lets the process
    /// open. More wait in the line of the system until one of them closes.
    public var connectionLimit = 16_384
    /// The longest time that a client may wait for a record.
    public var longestWait = Duration.seconds(300)
    /// How many records a client may take at once.
    public var mostRecords = 1_000

    public init() {}
}
