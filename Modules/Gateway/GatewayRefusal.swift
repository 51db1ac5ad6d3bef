internal import TransportCore

/// Why the gateway does not pass a request on: what the client is told.
///
/// The statuses are chosen for what the runtime does with them. Its clients send a request again after 408, 409, 420, 429, 499
/// and every 5xx, within their own time; after any other status the OkHttp one fails the call at once.
package struct GatewayRefusal: Error, Equatable {
    package var status: Int
    /// What is wrong and what to do about it, in a sentence without a full stop.
    package var message: String
    /// When to try again, where that may help.
    package var retryAfter: Duration?
    /// Whether nothing that follows on the connection can be read.
    package var isLast = true
    /// Whether the client is told the message: an answer to `HEAD` has no content (RFC 9110, section 9.3.2).
    var hasContent = true
    /// Whose call it would have been, where only the refusal knows.
    var endpoint: EndpointRecord?

    init(_ status: Int, _ message: String, retryAfter: Duration? = nil, isLast: Bool = true) {
        self.status = status
        self.message = message
        self.retryAfter = retryAfter
        self.isLast = isLast
    }

    // MARK: - What is no request

    static func malformed(_ reason: String) -> GatewayRefusal {
        GatewayRefusal(400, "the request is not sound HTTP/1.1: \(reason)")
    }

    static func headTooLong(_ limit: Int) -> GatewayRefusal {
        GatewayRefusal(431, "the head of the request has more than \(limit) bytes")
    }

    static func tooManyFields(_ limit: Int) -> GatewayRefusal {
        GatewayRefusal(431, "the head of the request has more than \(limit) fields")
    }

    static let method = GatewayRefusal(405, "functions are called with POST only")
    static let lengthRequired = GatewayRefusal(411, "send the body with a Content-Length; bodies in chunks are not taken")
    static let unknownCoding = GatewayRefusal(501, "send the body with a Content-Length and without a transfer coding")
    static let compressed = GatewayRefusal(415, "send the body without a Content-Encoding; functions take it as it is")
    static let unknownExpectation = GatewayRefusal(417, "of expectations, only 100-continue is met")
    static let unknownVersion = GatewayRefusal(505, "send HTTP/1.1")

    static func tooSlow(_ limit: Duration) -> GatewayRefusal {
        GatewayRefusal(408, "the request did not come whole within \(DurationText.format(limit))")
    }

    // MARK: - What is no call

    static func noTarget(_ reason: String) -> GatewayRefusal {
        GatewayRefusal(400, "the body is no ToFunction message with a target: \(reason)", isLast: false)
    }

    static func noEndpoint(_ reason: String) -> GatewayRefusal {
        GatewayRefusal(404, "\(reason); the runtime and the gateway must have the same functions in their module files", isLast: false)
    }

    static func bodyTooLong(_ count: Int, limit: Int, of endpoint: String?) -> GatewayRefusal {
        let whose = endpoint.map { "payload_max_bytes of the endpoint for \($0) allows" } ?? "payload_max_bytes of any endpoint allows"
        return GatewayRefusal(
            413,
            "the message has \(count) bytes, more than the \(whose), \(limit); raise it in the gateway's module file"
        )
    }

    static func bodyAboveRoom(_ count: Int, limit: Int) -> GatewayRefusal {
        GatewayRefusal(
            413,
            "the message has \(count) bytes, more than the gateway holds of all messages together, \(limit); raise --max-buffered-bytes"
        )
    }

    // MARK: - What may be a call later

    static let oneSecond = Duration.seconds(1)

    /// - Parameter limit: how many calls may wait in all.
    static func lineFull(_ endpoint: String, limit: Int) -> GatewayRefusal {
        let reason = limit == 0 ? "too many calls are in flight, and none may wait" : "too many calls wait already"
        return GatewayRefusal(503, "\(reason), so there is no place for one of \(endpoint)", retryAfter: oneSecond, isLast: false)
    }

    static func waitedTooLong(_ endpoint: String, _ limit: Duration) -> GatewayRefusal {
        GatewayRefusal(
            503,
            "the call for \(endpoint) has waited \(DurationText.format(limit)) in line for others to end",
            retryAfter: oneSecond,
            isLast: false
        )
    }

    static let noRoom = GatewayRefusal(
        503,
        "the messages and answers that are being passed on take all the memory allowed",
        retryAfter: oneSecond
    )
    static let replacing = GatewayRefusal(503, "the module file is being replaced", retryAfter: oneSecond)
    static let stopping = GatewayRefusal(503, "the gateway is stopping", retryAfter: oneSecond)
}
