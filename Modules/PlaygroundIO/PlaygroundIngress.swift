internal import HTTPTypes
public import Logging
internal import NIOCore
public import RuntimeCore

/// The ingress of kind `io.statefun.playground.v1/ingress`: takes `PUT` and `POST` of
/// `/{namespace}/{function type}/{id}` over HTTP.
public final class PlaygroundIngress: Ingress {
    /// How long the name of a message may be.
    static let longestKey = 256
    /// The field that names it.
    private static let keyField = HTTPField.Name("Idempotency-Key")

    private let options: PlaygroundOptions
    private let listener: HTTPListener

    /// - Parameters:
    ///   - spec: what the `module.yaml` says.
    ///   - options: what the program says.
    ///   - logger: told only what no answer can tell.
    public init(_ spec: PlaygroundIngressSpec, options: PlaygroundOptions = PlaygroundOptions(), logger: Logger) {
        self.options = options
        listener = HTTPListener(port: spec.port, options: options, logger: logger)
    }

    /// Binds the port. To be called once.
    /// - Returns: the URL, with the port that the system chose where the spec says 0.
    public func start(into messages: any MessageAccepting) async throws(ComponentFailure) -> String {
        let compatStatus = options.compatStatus
        return try await listener.start { call in
            let answer = await Self.answer(call, messages)
            return compatStatus ? answer.inCompatibleForm : answer
        }
    }

    public func stop(drainingFor limit: Duration) async {
        await listener.stop(drainingFor: limit)
    }

    private static func answer(_ call: HTTPCall, _ messages: any MessageAccepting) async -> HTTPAnswer {
        do throws(HTTPRefusal) {
            let message = try message(call)
            do throws(IngressRefusal) {
                try await messages.accept(message)
            } catch {
                throw refusal(error)
            }
            return HTTPAnswer(.accepted)
        } catch {
            return HTTPAnswer(error)
        }
    }

    private static func message(_ call: HTTPCall) throws(HTTPRefusal) -> IngressMessage {
        let target = try IngressPath.parse(call.target)
        guard call.method == .put || call.method == .post else {
            throw .method(call.method, allowed: [.put, .post])
        }
        let key = keyField.flatMap { call.fields[$0] }
        if let key, key.isEmpty || key.utf8.count > longestKey {
            throw HTTPRefusal(.badRequest, "the Idempotency-Key has \(key.utf8.count) bytes; write 1 to \(longestKey)")
        }
        let value = try IngressValue(contentType: call.fields[.contentType], body: Array(call.body.readableBytesView))
        return IngressMessage(to: target, typename: value.typename, value.value, idempotencyKey: key)
    }

    private static func refusal(_ refusal: IngressRefusal) -> HTTPRefusal {
        switch refusal.kind {
        case .unknownFunction: HTTPRefusal(.notFound, refusal.message)
        case .malformedValue: HTTPRefusal(.badRequest, refusal.message)
        case .full: .later(.tooManyRequests, refusal.message, after: refusal.retryAfter)
        case .notStored, .shuttingDown: .later(.serviceUnavailable, refusal.message, after: refusal.retryAfter)
        }
    }
}
