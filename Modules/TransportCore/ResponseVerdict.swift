public import NIOCore

/// What a response means for its call.
public enum ResponseVerdict: Sendable, Equatable {
    /// The bytes of a `FromFunction` message; none for a result without effects.
    case answered(ByteBuffer)
    case failed(RequestReplyFailure)
    /// The peer points to `location`; `failure` is what that means to a transport that does not go there.
    case redirected(location: String, failure: RequestReplyFailure)
}

extension ExchangeResponse {
    /// The statuses outside 5xx that may be another one next time.
    private static let passingStatuses: Set<Int> = [408, 409, 420, 429, 499]

    /// What this response means: any 2xx with a body of media type `application/octet-stream`, or with none, is an answer.
    public var verdict: ResponseVerdict {
        switch status {
        case 200...299: success
        case 301, 302, 307, 308: redirection
        default: .failed(statusFailure)
        }
    }

    private var success: ResponseVerdict {
        if body.readableBytes == 0 {
            return .answered(body)
        }
        switch mediaType {
        case .octetStream:
            return .answered(body)
        case .missing:
            return .failed(
                RequestReplyFailure(
                    .contentType,
                    "the answer has no Content-Type; a function answers with application/octet-stream",
                    status: status
                )
            )
        case .other(let name):
            return .failed(
                RequestReplyFailure(
                    .contentType,
                    text: "the answer's Content-Type is \(sent: name); a function answers with application/octet-stream",
                    status: status
                )
            )
        }
    }

    private var redirection: ResponseVerdict {
        // A reference to nothing leads back to where it comes from, for ever.
        guard let location, !location.isEmpty else {
            return .failed(
                RequestReplyFailure(.redirect, "the answer is a redirect (\(StatusText.of(status))) without a Location", status: status)
            )
        }
        let failure = RequestReplyFailure(
            .redirect,
            text: "the answer is a redirect (\(StatusText.of(status))) to \(place: location); write that URL into urlPathTemplate",
            status: status
        )
        return .redirected(location: location, failure: failure)
    }

    private var statusFailure: RequestReplyFailure {
        if status == 303 {
            let what = StatusText.of(status)
            let why = "that asks for a GET, which cannot call a function"
            guard let location else {
                return RequestReplyFailure(.redirect, "the answer is a redirect (\(what)) \(why)", status: status)
            }
            return RequestReplyFailure(.redirect, text: "the answer is a redirect (\(what)) to \(place: location) \(why)", status: status)
        }
        let passes = (500...599).contains(status) || Self.passingStatuses.contains(status)
        return RequestReplyFailure(
            passes ? .passingStatus : .finalStatus,
            "the answer has status \(StatusText.of(status))",
            status: status,
            retryAfter: retryAfter.flatMap { RetryAfter.parse($0, date: date) }
        )
    }
}

/// Status codes with their usual names (RFC 9110, section 15).
enum StatusText {
    private static let names: [Int: String] = [
        300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
        307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
        404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict", 410: "Gone",
        411: "Length Required", 413: "Content Too Large", 415: "Unsupported Media Type", 421: "Misdirected Request",
        422: "Unprocessable Content", 429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented",
        502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
    ]

    static func of(_ status: Int) -> String {
        names[status].map { "\(status) \($0)" } ?? "\(status)"
    }
}
