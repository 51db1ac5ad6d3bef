internal import HTTPTypes
internal import NIOCore
internal import TransportCore

/// A whole answer to a request.
struct HTTPAnswer: Sendable {
    var status: HTTPResponse.Status
    var fields: HTTPFields = [:]
    var body = ByteBuffer()
    /// What is done where the client does not get the answer.
    var whenLost: (@Sendable () async -> Void)?

    /// A message was taken.
    static let accepted = HTTPAnswer(.accepted)
    static let plainText = "text/plain; charset=utf-8"

    init(_ status: HTTPResponse.Status, type: String? = nil, body: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.body = body
        fields[.contentType] = type
    }

    init(_ refusal: HTTPRefusal) {
        status = refusal.status
        fields = refusal.fields
        fields[.contentType] = Self.plainText
        body = ByteBuffer(string: refusal.message + "\n")
    }

    /// The answer as the original playground gives it: it has one status only, and puts what it means into a field.
    var inCompatibleForm: HTTPAnswer {
        var answer = self
        switch status {
        case .accepted, .noContent:
            answer.status = .ok
        case .notFound, .methodNotAllowed:
            if let name = Self.meantStatus {
                answer.fields[name] = String(status.code)
            }
            answer.status = .ok
        default:
            break
        }
        return answer
    }

    private static let meantStatus = HTTPField.Name("Status")

    /// Writes the answer as it is sent (RFC 9112, section 4). Its fields were checked when they were made.
    /// - Parameter isLast: whether the connection ends with it.
    func write(to bytes: inout ByteBuffer, isLast: Bool, withBody: Bool) {
        if status == .accepted, !isLast, fields.isEmpty, body.readableBytes == 0 {
            // What nearly every message of an ingress is answered with.
            bytes.writeStaticString("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
            return
        }
        bytes.reserveCapacity(minimumWritableBytes: 256 + (withBody ? body.readableBytes : 0))
        bytes.writeStaticString("HTTP/1.1 ")
        bytes.write(decimal: status.code)
        bytes.writeStaticString(" ")
        bytes.writeString(status.reasonPhrase)
        for field in fields {
            bytes.writeStaticString("\r\n")
            bytes.writeString(field.name.rawName)
            bytes.writeStaticString(": ")
            bytes.writeString(field.value)
        }
        if status != .noContent {
            bytes.writeStaticString("\r\nContent-Length: ")
            bytes.write(decimal: body.readableBytes)
        }
        bytes.writeStaticString(isLast ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n")
        if withBody {
            bytes.writeImmutableBuffer(body)
        }
    }
}
