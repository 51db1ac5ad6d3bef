internal import HTTPTypes
internal import NIOCore

/// A whole answer to a request.
struct HTTPAnswer: Sendable {
    var status: HTTPResponse.Status
    var fields: HTTPFields = [:]
    var body = ByteBuffer()
    /// What is done where the client does not get the answer.
    var whenLost: (@Sendable () async -> Void)?

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

    /// The head that goes before the body.
    var head: HTTPResponse {
        var head = HTTPResponse(status: status, headerFields: fields)
        if status != .noContent {
            head.headerFields[.contentLength] = String(body.readableBytes)
        }
        return head
    }
}
