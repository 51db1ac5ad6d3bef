internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import RuntimeCore

/// Answers the requests of an ``AdminServer``.
struct AdminResponder: Sendable {
    /// How long a question of a tool may be.
    static let longestQuestion = 64 << 20

    private enum Path: String, CaseIterable {
        case health = "/healthz"
        case readiness = "/readyz"
        case figures = "/metrics"
        case control = "/control"

        var method: HTTPRequest.Method {
            switch self {
            case .health, .readiness, .figures: .get
            case .control: .post
            }
        }
    }

    let runtime: any RuntimeAdministration
    /// Whether tools may change what the runtime keeps: only where the system knows who connects.
    let servesControl: Bool

    func answer(_ request: Request) async -> Response {
        let target = request.head.path ?? ""
        guard let path = Path(rawValue: String(target.prefix { $0 != "?" })), path != .control || servesControl else {
            let known = Path.allCases.filter { $0 != .control || servesControl }.map(\.rawValue)
            return Self.text(.notFound, "there is nothing at this path; there is \(known.joined(separator: ", "))")
        }
        guard request.method == path.method || request.method == .head && path.method == .get else {
            var response = Self.text(.methodNotAllowed, "\(request.method.rawValue) is not taken here; use \(path.method.rawValue)")
            response.headers[.allow] = path.method.rawValue
            return response
        }
        switch path {
        case .health:
            return Self.text(.ok, "ok")
        case .readiness:
            switch await runtime.readiness() {
            case .ready: return Self.text(.ok, "ready")
            case .notReady(let reason): return Self.text(.serviceUnavailable, reason)
            }
        case .figures:
            return Self.response(.ok, type: "text/plain; version=0.0.4; charset=utf-8", ByteBuffer(string: await runtime.figures()))
        case .control:
            return await control(request)
        }
    }

    private func control(_ request: Request) async -> Response {
        let question: ByteBuffer
        do {
            question = try await request.body.collect(upTo: Self.longestQuestion)
        } catch {
            return Self.text(.contentTooLarge, "the question did not come whole, or is longer than \(Self.longestQuestion) bytes")
        }
        let answer = await runtime.answer(Array(question.readableBytesView))
        // Not the type of JSON: the clients of this package ask as they ask functions, and take no other type from those.
        return Self.response(.ok, type: "application/octet-stream", ByteBuffer(bytes: answer))
    }

    private static func text(_ status: HTTPResponse.Status, _ sentence: String) -> Response {
        response(status, type: "text/plain; charset=utf-8", ByteBuffer(string: sentence + "\n"))
    }

    private static func response(_ status: HTTPResponse.Status, type: String, _ body: ByteBuffer) -> Response {
        Response(status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: body))
    }
}
