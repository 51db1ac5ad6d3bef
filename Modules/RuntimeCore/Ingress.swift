/// Brings messages into the application.
public protocol Ingress: Sendable {
    /// Begins to take messages.
    /// - Returns: where it does so, such as `http://127.0.0.1:8090`.
    /// - Throws: ``ComponentFailure``, such as where the port is taken.
    func start(into messages: any MessageAccepting) async throws(ComponentFailure) -> String

    /// Takes nothing more, and returns when what was begun has ended, or after `limit`.
    func stop(drainingFor limit: Duration) async
}

/// Takes messages for functions: what an ingress hands them to.
public protocol MessageAccepting: Sendable {
    /// Takes a message. Those for one address are delivered in the order in which they were begun here, but for messages with an
    /// idempotency key, which others may overtake until they are taken.
    /// - Parameter completion: told once, maybe before this returns and on any thread: `nil` when the message will be delivered,
    ///   whatever happens to the process, otherwise why it has not been taken.
    func begin(_ message: IngressMessage, _ completion: @escaping @Sendable (IngressRefusal?) -> Void)
}

extension MessageAccepting {
    /// Takes a message. When this returns, the message will be delivered, whatever happens to the process.
    /// - Throws: ``IngressRefusal``; the message has not been taken then.
    public func accept(_ message: IngressMessage) async throws(IngressRefusal) {
        let refusal: IngressRefusal? = await withCheckedContinuation { continuation in
            begin(message) { continuation.resume(returning: $0) }
        }
        if let refusal { throw refusal }
    }
}

/// A message from outside.
public struct IngressMessage: Hashable, Sendable {
    /// What a message says.
    public enum Value: Hashable, Sendable {
        /// The bytes that stand for the value on the wire.
        case encoded([UInt8])
        /// A value of a built-in type (`io.statefun.types/…`) as a person writes it, such as `42`, or any text for a string.
        case written(String)
    }

    public var target: RuntimeAddress
    /// The type of the value as `namespace/name`.
    public var typename: String
    public var value: Value
    /// What the sender names the message by. Another one with the same key is accepted without any effect.
    public var idempotencyKey: String?

    public init(to target: RuntimeAddress, typename: String, _ value: Value, idempotencyKey: String? = nil) {
        self.target = target
        self.typename = typename
        self.value = value
        self.idempotencyKey = idempotencyKey
    }
}

/// Why a message from outside was not taken.
public struct IngressRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// What keeps it from being taken, as an ingress decides by it.
    public enum Kind: Hashable, Sendable {
        /// No endpoint serves the function.
        case unknownFunction
        /// The value is not one of its type.
        case malformedValue
        /// Too much waits already.
        case full
        /// It cannot be stored at the moment.
        case notStored
        /// The runtime is shutting down.
        case shuttingDown
    }

    public let kind: Kind
    /// What is wrong and what to do about it, in a sentence without a full stop.
    public let message: String
    /// When to try again, where that may help.
    public let retryAfter: Duration?

    public init(_ kind: Kind, _ message: String, retryAfter: Duration? = nil) {
        self.kind = kind
        self.message = message
        self.retryAfter = retryAfter
    }

    public var description: String { message }
}

/// Why an ingress or egress does not serve.
public struct ComponentFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and what to do about it, in a sentence without a full stop.
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
