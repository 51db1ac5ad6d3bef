/// Why a call, or one attempt of it, did not bring an answer.
///
/// The kinds are a closed vocabulary; each says whether a retry can help. Everything else is there to be shown: where the
/// call went, what was tried, and the cause in its own words.
public struct RequestReplyFailure: Error, Sendable, Equatable {
    /// What went wrong, as a program decides by it.
    public struct Kind: Sendable, Hashable, CustomStringConvertible {
        enum Name: String, Sendable {
            case nameNotResolved = "name not resolved"
            case connectFailed = "connect failed"
            case handshakeFailed = "TLS handshake failed"
            case certificateRefused = "certificate refused"
            case staleConnection = "stale connection"
            case connectionLost = "connection lost"
            case timedOut = "timed out"
            case budgetSpent = "call time spent"
            case status = "status"
            case redirect = "redirect"
            case contentType = "wrong content type"
            case malformedResponse = "malformed response"
            case malformedMessage = "malformed message"
            case requestTooLarge = "request too large"
            case responseTooLarge = "response too large"
            case protocolBroken = "protocol broken"
            case poolExhausted = "too many calls waiting"
            case noRoom = "no room for the answer"
            case misconfigured = "misconfigured"
            case cancelled = "cancelled"
            case shutDown = "shut down"
            case transport = "transport failure"
        }

        let name: Name
        /// Whether the same bytes, sent again, may be answered.
        public let mayRetry: Bool

        private init(_ name: Name, mayRetry: Bool) {
            self.name = name
            self.mayRetry = mayRetry
        }

        /// The host name has no address, or nobody could be asked for it.
        public static let nameNotResolved = Kind(.nameNotResolved, mayRetry: true)
        /// No address of the peer accepted a connection.
        public static let connectFailed = Kind(.connectFailed, mayRetry: true)
        /// The TLS handshake ended early.
        public static let handshakeFailed = Kind(.handshakeFailed, mayRetry: true)
        /// The peer's certificate does not verify, or its name is another one; or the peer does not take ours.
        public static let certificateRefused = Kind(.certificateRefused, mayRetry: false)
        /// A connection that was kept from an earlier exchange turned out to be closed before anything was answered.
        public static let staleConnection = Kind(.staleConnection, mayRetry: true)
        /// The connection ended before the answer was complete.
        public static let connectionLost = Kind(.connectionLost, mayRetry: true)
        /// One of the limits of a single attempt has passed.
        public static let timedOut = Kind(.timedOut, mayRetry: true)
        /// The time for the call as a whole is over.
        public static let budgetSpent = Kind(.budgetSpent, mayRetry: true)
        /// The answer has a status that may change: 408, 409, 420, 429, 499 or 5xx.
        public static let passingStatus = Kind(.status, mayRetry: true)
        /// The answer has a status that stays what it is.
        public static let finalStatus = Kind(.status, mayRetry: false)
        /// The answer points elsewhere, and the transport does not go there.
        public static let redirect = Kind(.redirect, mayRetry: false)
        /// The answer's body is of another media type than `application/octet-stream`.
        public static let contentType = Kind(.contentType, mayRetry: false)
        /// The answer is not sound HTTP/1.1, or its body cannot be inflated.
        public static let malformedResponse = Kind(.malformedResponse, mayRetry: false)
        /// The answer's body is not a `FromFunction` message.
        public static let malformedMessage = Kind(.malformedMessage, mayRetry: false)
        /// The request has more bytes than `payload_max_bytes`; it was not sent.
        public static let requestTooLarge = Kind(.requestTooLarge, mayRetry: false)
        /// The answer has more bytes than `payload_max_bytes`, as sent or after inflating; it was not read to its end.
        public static let responseTooLarge = Kind(.responseTooLarge, mayRetry: false)
        /// The function's result breaks the request-reply protocol, such as by asking for the same state for ever.
        public static let protocolBroken = Kind(.protocolBroken, mayRetry: false)
        /// Too many calls wait for a connection or a thread already.
        public static let poolExhausted = Kind(.poolExhausted, mayRetry: true)
        /// The answers that are on their way take all the memory that the program allows for them. To be tried again by whoever knows when.
        public static let noRoom = Kind(.noRoom, mayRetry: false)
        /// The call cannot be made with these settings, such as a certificate file that has gone.
        public static let misconfigured = Kind(.misconfigured, mayRetry: false)
        /// The caller has lost interest.
        public static let cancelled = Kind(.cancelled, mayRetry: false)
        /// The client has been shut down.
        public static let shutDown = Kind(.shutDown, mayRetry: false)
        /// Something that only a transport from outside this package knows; a retry may help.
        public static let transport = Kind(.transport, mayRetry: true)

        public var description: String { name.rawValue }
    }

    // Behind one reference, so that the results of calls, nearly all of which succeed, are small.
    private struct Details: Sendable, Equatable {
        var kind: Kind
        var text: FailureText
        var endpoint: String?
        var status: Int?
        var retryAfter: Duration?
        var attempts: [AttemptRecord] = []
        var attemptCount = 0
        var elapsed: Duration?
    }

    private indirect enum Box: Sendable, Equatable {
        case of(Details)
    }

    private var box: Box

    private var details: Details {
        get {
            switch box {
            case .of(let details): details
            }
        }
        set { box = .of(newValue) }
    }

    public var kind: Kind {
        get { details.kind }
        set { details.kind = newValue }
    }

    /// What happened, in a sentence without a full stop.
    public var text: FailureText {
        get { details.text }
        set { details.text = newValue }
    }

    /// The URL that was called.
    public var endpoint: String? {
        get { details.endpoint }
        set { details.endpoint = newValue }
    }

    /// The status of the answer, where there was one.
    public var status: Int? {
        get { details.status }
        set { details.status = newValue }
    }

    /// How long the peer asked to wait before the next attempt (RFC 9110, section 10.2.3).
    public var retryAfter: Duration? {
        get { details.retryAfter }
        set { details.retryAfter = newValue }
    }

    /// Every attempt that was made, the first ones and the last ones where there were many.
    public var attempts: [AttemptRecord] {
        get { details.attempts }
        set { details.attempts = newValue }
    }

    /// How many attempts were made in all.
    public var attemptCount: Int {
        get { details.attemptCount }
        set { details.attemptCount = newValue }
    }

    /// How long the call took, pauses included.
    public var elapsed: Duration? {
        get { details.elapsed }
        set { details.elapsed = newValue }
    }

    public init(_ kind: Kind, _ message: String, status: Int? = nil, retryAfter: Duration? = nil) {
        self.init(kind, text: FailureText(message), status: status, retryAfter: retryAfter)
    }

    /// A failure whose words quote what a peer has sent.
    public init(_ kind: Kind, text: FailureText, status: Int? = nil, retryAfter: Duration? = nil) {
        box = .of(Details(kind: kind, text: text, status: status, retryAfter: retryAfter))
    }

    /// ``text`` as a person who made the call may see it.
    public var message: String { text.full }

    /// Whether the same call may be answered later.
    public var mayRetry: Bool { kind.mayRetry }
}

extension RequestReplyFailure: CustomStringConvertible {
    /// One line: where, what, and how much was tried.
    public var description: String {
        var text = endpoint.map { "\($0): " } ?? ""
        text += message
        if attemptCount > 0 {
            text += " (\(attemptCount) attempt\(attemptCount == 1 ? "" : "s")"
            if let elapsed {
                text += " in \(DurationText.format(.milliseconds(elapsed.inNanoseconds / 1_000_000)))"
            }
            text += ")"
        }
        return text
    }
}

/// One attempt of a call that failed.
public struct AttemptRecord: Sendable, Hashable {
    /// When it began, counted from the beginning of the call.
    public let offset: Duration
    /// How long it took.
    public let duration: Duration
    /// What happened, in a sentence without a full stop.
    public let message: String
    /// The pause that followed, where another attempt was made or planned.
    public var pause: Duration?

    public init(offset: Duration, duration: Duration, message: String, pause: Duration? = nil) {
        self.offset = offset
        self.duration = duration
        self.message = message
        self.pause = pause
    }
}
