/// How much a ``Gateway`` takes on, and for how long.
public struct GatewayOptions: Sendable, Hashable {
    /// Calls in flight in all, at least 1.
    public var maxInFlight = 4_096
    /// Calls in flight of each endpoint, at least 1. Whatever it is, one endpoint leaves half of ``maxInFlight`` to be shared
    /// evenly among all.
    public var maxInFlightPerEndpoint = 4_096
    /// Calls that may wait in line in all, 0 for none.
    public var maxWaiting = 4_096
    /// How long a call may wait in line.
    public var waitLimit = Duration.seconds(10)
    /// Connections of clients, at least 1. Further ones wait until one of these has closed.
    public var maxConnections = 20_000
    /// The bytes of messages and answers that are being passed on, at least 1; those up to 64 KiB do not count.
    public var maxBufferedBytes = 1 << 30
    /// The bytes of a request's head.
    public var headLimit = 16 << 10
    /// How long a connection may stay open without a request.
    public var idleLimit = Duration.seconds(300)
    /// How long a request may take to come in, and how long a client may take nothing of an answer (256 KiB of it at a time, or what there is).
    public var transferLimit = Duration.seconds(60)

    /// The defaults.
    public init() {}

    var line: CallLine.Limits {
        CallLine.Limits(
            inFlight: max(1, maxInFlight),
            inFlightPerEndpoint: max(1, maxInFlightPerEndpoint),
            waiting: max(0, maxWaiting)
        )
    }

    var cycle: RequestCycle.Limits {
        RequestCycle.Limits(idle: idleLimit, transfer: transferLimit, wait: waitLimit, farewell: min(.seconds(2), idleLimit))
    }
}
