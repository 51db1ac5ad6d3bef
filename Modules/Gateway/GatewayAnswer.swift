internal import NIOCore
internal import TransportCore

/// Writes answers.
enum GatewayAnswer {
    /// Answers up to this size go out in one buffer with their head.
    static let smallBody = 16 << 10

    private static let fields = ByteBuffer(
        staticString: "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: "
    )
    private static let lastFields = ByteBuffer(
        staticString: "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\nconnection: close\r\ncontent-length: "
    )

    /// What is sent for a `FromFunction` message: two buffers where joining them would cost more than sending both.
    /// - Parameter room: of the connection.
    static func parts(of body: ByteBuffer, isLast: Bool, in room: inout MessageRoom) -> (ByteBuffer, ByteBuffer?) {
        let isSmall = body.readableBytes <= smallBody
        let message = room.message(isLast ? lastFields : fields, body: body, carryingIt: isSmall)
        return (message, isSmall ? nil : body)
    }

    /// The whole of an answer that says what is wrong.
    static func bytes(of refusal: GatewayRefusal, isLast: Bool) -> ByteBuffer {
        let text = refusal.message + "\n"
        var head = "HTTP/1.1 \(refusal.status) \(reason(refusal.status))\r\ncontent-type: text/plain; charset=utf-8\r\n"
        head += "content-length: \(text.utf8.count)\r\n"
        if refusal.status == 405 {
            head += "allow: POST\r\n"
        }
        if let pause = refusal.retryAfter {
            // Never 0: OkHttp then asks again at once, without its own pauses.
            let seconds = max(1, (pause.inNanoseconds + 999_999_999) / 1_000_000_000)
            head += "retry-after: \(seconds)\r\n"
        }
        head += isLast ? "connection: close\r\n\r\n" : "\r\n"
        return ByteBuffer(string: refusal.hasContent ? head + text : head)
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Error"
        }
    }
}
