/// How long connecting may take, and whether a kept connection will do.
public struct ConnectLimits: Sendable, Hashable {
    /// Resolving, connecting and the TLS handshake together, for one attempt.
    public let connect: Setting<Duration>
    /// The whole call, for messages.
    public let call: Setting<Duration>
    /// When the call's time is over.
    public let deadline: TransportInstant
    /// Whether none is wanted that has been idle: the call has just met one that its peer had closed, and whatever closed that may have
    /// closed the others as well.
    public let prefersNew: Bool

    public init(connect: Setting<Duration>, call: Setting<Duration>, deadline: TransportInstant, prefersNew: Bool = false) {
        self.connect = connect
        self.call = call
        self.deadline = deadline
        self.prefersNew = prefersNew
    }
}

/// Makes connections.
public protocol Connector: Sendable {
    /// Splits a URL into the origin to connect to and what to ask it for.
    /// - Throws: ``SpecTextError`` where the URL does not name a place.
    func route(for url: EndpointURL, tls: TLSSettings?) throws(SpecTextError) -> EndpointRoute

    /// Everything that is wrong with the files that the settings name, each with the line that names it.
    func problems(with tls: TLSSettings) -> [SpecDiagnostic]

    /// The loop that a new pool should live on; spreads pools evenly.
    func nextLoop() -> any CallLoop

    /// Connects, TLS included. To be called on `loop`, one of those that ``nextLoop()`` gave out.
    ///
    /// `completion` is called once, on `loop`. Cancelling the attempt closes what it opened and completes it as
    /// ``RequestReplyFailure/Kind/cancelled``.
    func connect(
        to origin: Origin,
        on loop: any CallLoop,
        limits: ConnectLimits,
        _ completion: @escaping @Sendable (Result<any PooledConnection, RequestReplyFailure>) -> Void
    ) -> any ConnectAttempt
}

/// An attempt to connect that can be called off.
public protocol ConnectAttempt: Sendable {
    /// Calls the attempt off; late and repeated calls do nothing. To be called on the attempt's loop.
    func cancel()
}
