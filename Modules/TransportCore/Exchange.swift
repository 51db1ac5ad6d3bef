public import NIOCore

/// The request head of one client: the same for every call but for the length of the body, so it is written once.
///
/// Both transports send these fields, in this order: `host`, `user-agent`, `accept`, `accept-encoding`,
/// `content-type`, `content-length`.
public struct ExchangeHead: Sendable, Hashable {
    /// Everything up to the digits of the content length.
    public let prefix: ByteBuffer

    /// - Parameters:
    ///   - route: what to ask whom for. Its texts hold visible ASCII only, as ``EndpointURL`` makes sure.
    ///   - userAgent: the product that calls.
    public init(_ route: EndpointRoute, userAgent: String = StatefunProduct.userAgent) {
        prefix = ByteBuffer(
            string: """
                POST \(route.requestTarget) HTTP/1.1\r
                host: \(route.hostHeader)\r
                user-agent: \(userAgent)\r
                accept: application/octet-stream\r
                accept-encoding: gzip, deflate\r
                content-type: application/octet-stream\r
                content-length:\u{20}
                """
        )
    }
}

/// This project as its peers and its users see it.
public enum StatefunProduct {
    /// The version, as in `statefun --version`.
    public static let version = "0.1.0"
    /// What a request says of its sender.
    public static let userAgent = "swift-statefun/\(version)"
}

/// What one attempt may take, with who decided it.
public struct ExchangeLimits: Sendable, Hashable {
    /// The whole call, of which the attempt is a part.
    public let call: Setting<Duration>
    /// Resolving, connecting and the TLS handshake together.
    public let connect: Setting<Duration>
    /// One read: how long nothing may arrive while an answer is awaited. `nil` for no limit but the call's.
    public let read: Setting<Duration>?
    /// One write: how long the peer may take nothing while there is something to send. `nil` for no limit but the call's.
    public let write: Setting<Duration>?
    /// The bytes of a request, and of a response as sent and after inflating.
    public let payloadMaxBytes: Setting<Int>

    public init(
        call: Setting<Duration>,
        connect: Setting<Duration>,
        read: Setting<Duration>? = nil,
        write: Setting<Duration>? = nil,
        payloadMaxBytes: Setting<Int>
    ) {
        self.call = call
        self.connect = connect
        self.read = read
        self.write = write
        self.payloadMaxBytes = payloadMaxBytes
    }
}

/// What every exchange of one client has in common.
public final class ExchangePlan: Sendable {
    public let head: ExchangeHead
    public let limits: ExchangeLimits
    // Reckoning with durations takes divisions; what every exchange needs is reckoned once.
    let callNanoseconds: Int64
    package let readNanoseconds: Int64?
    package let writeNanoseconds: Int64?

    public init(head: ExchangeHead, limits: ExchangeLimits) {
        self.head = head
        self.limits = limits
        callNanoseconds = limits.call.value.inNanoseconds
        readNanoseconds = limits.read?.value.inNanoseconds
        writeNanoseconds = limits.write?.value.inNanoseconds
    }
}

/// The final response of an exchange, complete and inflated.
public struct ExchangeResponse: Sendable, Hashable {
    /// What the `Content-Type` field says (RFC 9110, section 8.3).
    public enum MediaType: Sendable, Hashable {
        /// `application/octet-stream`, with or without parameters.
        case octetStream
        case missing
        indirect case other(String)
    }

    /// The fields that only an answer without success is asked for, as sent.
    // Behind one reference, because nearly no response has any of them.
    package indirect enum RefusalFields: Sendable, Hashable {
        case none
        case some(location: String?, retryAfter: String?, date: String?)

        package init(location: String?, retryAfter: String?, date: String?) {
            let isEmpty = location == nil && retryAfter == nil && date == nil
            self = isEmpty ? .none : .some(location: location, retryAfter: retryAfter, date: date)
        }

        package var location: String? {
            if case .some(let location, _, _) = self { location } else { nil }
        }

        package var retryAfter: String? {
            if case .some(_, let retryAfter, _) = self { retryAfter } else { nil }
        }

        package var date: String? {
            if case .some(_, _, let date) = self { date } else { nil }
        }
    }

    /// 200 to 599; interim responses are not reported.
    public var status: Int
    public var mediaType: MediaType
    public var body: ByteBuffer
    private let refusal: RefusalFields

    public init(
        status: Int,
        mediaType: MediaType,
        location: String? = nil,
        retryAfter: String? = nil,
        date: String? = nil,
        body: ByteBuffer
    ) {
        self.status = status
        self.mediaType = mediaType
        self.body = body
        refusal = RefusalFields(location: location, retryAfter: retryAfter, date: date)
    }

    package init(status: Int, mediaType: MediaType, refusal: RefusalFields, body: ByteBuffer) {
        self.status = status
        self.mediaType = mediaType
        self.refusal = refusal
        self.body = body
    }

    /// The `Location` field as sent.
    public var location: String? { refusal.location }
    /// The `Retry-After` field as sent.
    public var retryAfter: String? { refusal.retryAfter }
    /// The `Date` field as sent.
    public var date: String? { refusal.date }
}

/// A connection that carries one exchange at a time and can be kept between exchanges. Used on its loop only.
public protocol PooledConnection: AnyObject, Sendable {
    /// Where everything of this connection happens.
    var loop: any CallLoop { get }

    /// Whether another exchange may be started: nothing is in flight, nothing was left over, and the peer is there.
    var isReusable: Bool { get }

    /// Sends a request and reads its response.
    ///
    /// `completion` is called once, on the loop, with the complete response or with why there is none; by then
    /// ``isReusable`` has its new value. Limits that trip close the connection.
    func exchange(
        _ plan: ExchangePlan,
        body: ByteBuffer,
        deadline: TransportInstant,
        _ completion: @escaping @Sendable (Result<ExchangeResponse, RequestReplyFailure>) -> Void
    )

    /// Closes the connection; an exchange in flight ends as ``RequestReplyFailure/Kind/cancelled``.
    func close()

    /// Has `handler` called once, on the loop, when the connection has closed for whatever reason.
    func whenClosed(_ handler: @escaping @Sendable () -> Void)

    /// Takes the connection off its loop, for threads. To be called while no exchange is in flight; this one closes then, without
    /// the peer noticing anything. `nil` where that cannot be, and nothing has changed.
    func detach() -> (any ThreadConnection)?
}
