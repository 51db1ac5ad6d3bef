internal import Synchronization

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
    /// What somebody who takes records is told: none where there was none in time, or ``StoreFailure`` where that they are taken
    /// cannot be stored; nothing is taken then.
    typealias TakeCompletion = @Sendable (Result<[EgressRecord], StoreFailure>) -> Void

    /// Takes records off a topic, the oldest ones first. They are gone for everybody else when `completion` is told of them, also
    /// after a restart.
    /// - Parameters:
    ///   - limit: so many at most, at least 1.
    ///   - wait: how long to wait for the first one.
    ///   - completion: told once, maybe before this returns and on any thread.
    func begin(
        takingFrom topic: String,
        atMost limit: Int,
        waiting wait: Duration,
        _ completion: @escaping TakeCompletion
    ) -> any EgressTaking

    /// Puts records back to the place where they were: nobody got them.
    func putBack(_ records: [EgressRecord]) async
}

/// Somebody who takes records off a topic.
public protocol EgressTaking: Sendable {
    /// Nobody waits any longer: unless it has been told already, the completion is told of no records, and none are taken.
    func cancel()
}

extension EgressTopics {
    /// Takes records off a topic, the oldest ones first. They are gone for everybody else when this returns, also after a
    /// restart.
    /// - Parameters:
    ///   - limit: so many at most, at least 1.
    ///   - wait: how long to wait for the first one. Whoever is cancelled meanwhile has taken none.
    /// - Returns: none where there was none in time.
    /// - Throws: ``StoreFailure`` where that they are taken cannot be stored; nothing is taken then.
    public func take(from topic: String, atMost limit: Int, waiting wait: Duration) async throws(StoreFailure) -> [EgressRecord] {
        let cancellation = Cancellation()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                cancellation.holds(begin(takingFrom: topic, atMost: limit, waiting: wait) { continuation.resume(returning: $0) })
            }
        } onCancel: {
            cancellation.cancel()
        }
        return try result.get()
    }
}

/// Carries a cancellation to what may not have begun when it comes.
private final class Cancellation: Sendable {
    private enum State {
        /// Next: held, cancelled.
        case idle
        /// Next: cancelled.
        case held(any EgressTaking)
        /// Final.
        case cancelled
    }

    private let state = Mutex(State.idle)

    func holds(_ taking: any EgressTaking) {
        let isCancelled = state.withLock { state in
            if case .cancelled = state { return true }
            state = .held(taking)
            return false
        }
        if isCancelled {
            taking.cancel()
        }
    }

    func cancel() {
        let held = state.withLock { state in
            defer { state = .cancelled }
            return if case .held(let taking) = state { taking } else { nil as (any EgressTaking)? }
        }
        held?.cancel()
    }
}
