internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

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
    /// - Parameter isLast: whether the connection ends with it.
    func head(isLast: Bool) -> HTTPResponseHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(fields.count + 2)
        for field in fields {
            headers.add(name: field.name.rawName, value: field.value)
        }
        if status != .noContent {
            headers.add(name: "Content-Length", value: String(body.readableBytes))
        }
        if isLast {
            headers.add(name: "Connection", value: "close")
        }
        let status = HTTPResponseStatus(statusCode: status.code, reasonPhrase: status.reasonPhrase)
        return HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    }
}
