internal import HTTPTypes
internal import TransportCore

/// Why a request is answered with an error.
struct HTTPRefusal: Error, Equatable {
    let status: HTTPResponse.Status
    /// What is wrong and what to send instead, in a sentence without a full stop.
    let message: String
    /// What the answer says beside its status.
    let fields: HTTPFields

    init(_ status: HTTPResponse.Status, _ message: String, fields: HTTPFields = [:]) {
        self.status = status
        self.message = message
        self.fields = fields
    }

    static func bodyTooLong(limit: Int) -> HTTPRefusal {
        HTTPRefusal(.contentTooLarge, "the body is longer than \(limit) bytes, the most that is taken here")
    }

    /// How many fields a head may have.
    static let mostFields = 100

    static func headTooLong(limit: Int) -> HTTPRefusal {
        HTTPRefusal(
            .requestHeaderFieldsTooLarge,
            "the head of the request is longer than \(limit) bytes or has more than \(mostFields) fields, the most that is taken here"
        )
    }

    static let unknownCoding = HTTPRefusal(.notImplemented, "of transfer codings, only chunked is taken; send the body as it is")

    static func tooSlow(limit: Duration) -> HTTPRefusal {
        HTTPRefusal(.requestTimeout, "the request was not complete after \(DurationText.format(limit))")
    }

    static let stopping = later(
        .serviceUnavailable,
        "the server is stopping, and the request was not complete; send it again when it is back",
        after: .seconds(5)
    )

    static let malformed = HTTPRefusal(
        .badRequest,
        "what was sent is not an HTTP/1.1 request; send one with a method, a path, and the length of its body once"
    )

    /// - Parameter methods: those that are taken.
    static func method(_ method: HTTPRequest.Method, allowed methods: [HTTPRequest.Method]) -> HTTPRefusal {
        let names = methods.map(\.rawValue)
        return HTTPRefusal(
            .methodNotAllowed,
            "\(method.rawValue) is not taken here; use \(names.joined(separator: " or "))",
            fields: [.allow: names.joined(separator: ", ")]
        )
    }

    /// - Parameter pause: when to try again; at least a second, as whole seconds are all that can be said.
    static func later(_ status: HTTPResponse.Status, _ message: String, after pause: Duration?) -> HTTPRefusal {
        let pause = pause ?? .seconds(1)
        let seconds = pause.components.seconds + (pause.components.attoseconds > 0 ? 1 : 0)
        return HTTPRefusal(status, message, fields: [.retryAfter: String(max(1, seconds))])
    }
}
