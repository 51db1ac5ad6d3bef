internal import HTTPTypes
public import Logging
public import NIOCore
public import NIOPosix
public import RuntimeCore

/// The ingress of kind `io.statefun.playground.v1/ingress`: takes `PUT` and `POST` of
/// `/{namespace}/{function type}/{id}` over HTTP.
public final class PlaygroundIngress: Ingress {
    private let listener: HTTPListener

    /// - Parameters:
    ///   - spec: what the `module.yaml` says.
    ///   - options: what the program says.
    ///   - loops: where its connections live. Messages take no change of threads where that is the loop of the runtime.
    ///   - logger: told only what no answer can tell.
    ///   - whenShort: called where no connection can be accepted because the process may open no more files, to close others.
    public init(
        _ spec: PlaygroundIngressSpec,
        options: PlaygroundOptions = PlaygroundOptions(),
        loops: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        logger: Logger,
        whenShort: @escaping @Sendable () -> Void = {}
    ) {
        listener = HTTPListener(port: spec.port, options: options, loops: loops, logger: logger, whenShort: whenShort)
    }

    /// Binds the port. To be called once.
    /// - Returns: the URL, with the port that the system chose where the spec says 0.
    public func start(into messages: any MessageAccepting) async throws(ComponentFailure) -> String {
        try await listener.start { call, answer in
            do throws(HTTPRefusal) {
                let message = try Self.message(call)
                messages.begin(message) { refusal in
                    answer(refusal.map { HTTPAnswer(Self.refusal($0)) } ?? .accepted)
                }
                // Whether a key is new has to be found out first, and nothing may overtake its message meanwhile.
                return message.idempotencyKey == nil ? .alongside : .alone
            } catch {
                answer(HTTPAnswer(error))
                return .alongside
            }
        }
    }

    public func stop(drainingFor limit: Duration) async {
        await listener.stop(drainingFor: limit)
    }

    private static func message(_ call: HTTPCall) throws(HTTPRefusal) -> IngressMessage {
        let target = try IngressPath.parse(call.target)
        guard call.method == .put || call.method == .post else {
            throw .method(call.method, allowed: [.put, .post])
        }
        let key = call.head.idempotencyKey
        if let key, let problem = IdempotencyKey.problem(with: key) {
            throw HTTPRefusal(.badRequest, "the \(IdempotencyKey.field) \(problem)")
        }
        let value = try IngressValue(call.head.valueForm, body: call.body.withUnsafeReadableBytes { Array($0) })
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
