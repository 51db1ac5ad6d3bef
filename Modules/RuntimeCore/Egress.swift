/// Takes what functions send out of the application.
public protocol Egress: Sendable {
    /// The egress that functions name, as `namespace/name`.
    var egressType: String { get }

    /// Reads what a function has sent, before anything of its result is kept.
    /// - Parameters:
    ///   - typename: the type of the value as `namespace/name`.
    ///   - value: the bytes that stand for it on the wire.
    /// - Throws: ``EgressFault`` where this egress cannot take the value; it becomes a dead letter then.
    func content(typename: String, value: [UInt8]) throws(EgressFault) -> EgressContent

    /// Begins to hand out records.
    /// - Returns: where it does so, such as `http://127.0.0.1:8091`.
    /// - Throws: ``ComponentFailure``, such as where the port is taken.
    func start(from topics: any EgressTopics) async throws(ComponentFailure) -> String

    /// Hands out nothing more, and returns when what was begun has ended, or after `limit`.
    func stop(drainingFor limit: Duration) async
}

/// What an egress makes of a value.
public struct EgressContent: Hashable, Sendable {
    public let topic: String
    public let payload: [UInt8]

    public init(topic: String, payload: [UInt8]) {
        self.topic = topic
        self.payload = payload
    }
}

/// Why an egress cannot take what a function has sent.
public struct EgressFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in a sentence without a full stop.
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

/// The records that wait to be taken: what an egress hands out.
public protocol EgressTopics: Sendable {
    /// Takes records off a topic, the oldest ones first. They are gone for everybody else when this returns, also after a
    /// restart.
    /// - Parameters:
    ///   - limit: so many at most, at least 1.
    ///   - wait: how long to wait for the first one. Whoever is cancelled meanwhile has taken none.
    /// - Returns: none where there was none in time.
    /// - Throws: ``StoreFailure`` where that they are taken cannot be stored; nothing is taken then.
    func take(from topic: String, atMost limit: Int, waiting wait: Duration) async throws(StoreFailure) -> [EgressRecord]

    /// Puts records back to the place where they were: nobody got them.
    func putBack(_ records: [EgressRecord]) async
}
