public import NIOCore

/// One call to a function: who is called, and the bytes of the `ToFunction` message.
public struct RequestReplyRequest: Sendable {
    /// The function type as `namespace/name`; for messages, logs and metrics, never sent.
    public var functionType: String
    /// The id of the address; for messages and logs, never sent.
    public var id: String
    /// The encoded `ToFunction`.
    public var payload: ByteBuffer

    public init(functionType: String, id: String, payload: ByteBuffer) {
        self.functionType = functionType
        self.id = id
        self.payload = payload
    }
}

/// Carries calls to one URL. This is the whole of what a transport must do.
public protocol RequestReplyClient: Sendable {
    /// Sends the bytes of a `ToFunction` message and returns those of the `FromFunction` message that came back.
    ///
    /// An empty answer means a result without effects. The call ends within the transport's own `call` limit, retries
    /// and pauses included, and promptly when the calling task is cancelled.
    /// - Throws: ``RequestReplyFailure`` when the call as a whole has failed; no retry is left to the caller's side of
    ///   the seam, though the same invocations may be sent again in a later call.
    nonisolated(nonsending) func call(_ request: RequestReplyRequest) async throws(RequestReplyFailure) -> ByteBuffer

    /// Makes the same call for a caller that waits in no task, such as a server on an event loop.
    ///
    /// `completion` is called once, on any thread, possibly before this returns. A client need not implement it: without, each
    /// call gets a task.
    func begin(
        _ request: RequestReplyRequest,
        _ completion: @escaping @Sendable (Result<ByteBuffer, RequestReplyFailure>) -> Void
    ) -> any CallInFlight
}

/// Makes the clients of one transport type, such as `io.statefun.transports.v1/async`.
public protocol RequestReplyClientFactory: Sendable {
    /// What `spec.transport.type` says to choose this factory.
    var transportType: String { get }

    /// Makes a client that calls `endpoint`. Called once for each URL that a template resolves to; what clients share,
    /// such as connections, belongs to the factory.
    /// - Throws: ``SpecDiagnostic`` when the properties do not make sense; the same one that ``inspect(_:)`` reports.
    func makeClient(
        _ properties: TransportProperties,
        endpoint: EndpointURL,
        metrics: any RemoteInvocationMetrics
    ) throws -> any RequestReplyClient

    /// Reads the properties without connecting anywhere: every effective option and every problem, in one pass.
    ///
    /// Called when a `module.yaml` is loaded, so that nothing is left to be found out by the first message. A factory
    /// that does not implement it shows its keys as they are written and reports no problems.
    func inspect(_ properties: TransportProperties) -> TransportInspection

    /// Refuses further calls as ``RequestReplyFailure/Kind/shutDown``, gives those in flight `limit` to end, without
    /// another attempt, ends the others so, closes every connection, and returns when nothing is left. Called again
    /// meanwhile with a shorter limit, it ends sooner. A factory that keeps nothing open need not implement it.
    func shutdown(drainingFor limit: Duration) async
}

/// What a factory makes of some properties.
public struct TransportInspection: Sendable, Hashable {
    /// Every option of the transport in the order of its documentation, defaults included.
    public var options: [EffectiveOption]
    /// Everything that is wrong, in the order of the file.
    public var problems: [SpecDiagnostic]

    public init(options: [EffectiveOption] = [], problems: [SpecDiagnostic] = []) {
        self.options = options
        self.problems = problems
    }

    /// The first problem that keeps a client from being made.
    public var firstError: SpecDiagnostic? {
        problems.first { $0.severity == .error }
    }
}

extension RequestReplyClientFactory {
    public func inspect(_ properties: TransportProperties) -> TransportInspection {
        let options = properties.node.entries.filter { $0.key != "type" }.map { entry in
            EffectiveOption(
                entry.key,
                entry.value.text ?? entry.value.kindDescription,
                from: .line(file: properties.file, entry.keyPosition)
            )
        }
        return TransportInspection(options: options)
    }

    public func shutdown(drainingFor limit: Duration) async {}

    /// Ends the calls in flight at once, and closes every connection.
    public func shutdown() async {
        await shutdown(drainingFor: .zero)
    }
}

/// The transport types that a program knows. A value: whoever holds a copy is not affected by what others add.
public struct TransportRegistry: Sendable {
    private var factories: [String: any RequestReplyClientFactory] = [:]

    public init(_ factories: [any RequestReplyClientFactory] = []) {
        for factory in factories {
            add(factory)
        }
    }

    /// Adds a transport type; one of the same name is replaced.
    public mutating func add(_ factory: any RequestReplyClientFactory) {
        factories[factory.transportType] = factory
    }

    /// The factory for a transport type.
    public subscript(transportType: String) -> (any RequestReplyClientFactory)? {
        factories[transportType]
    }

    /// Every known transport type, in alphabetical order.
    public var transportTypes: [String] { factories.keys.sorted() }

    /// Every factory, in the order of ``transportTypes``.
    public var all: [any RequestReplyClientFactory] {
        transportTypes.compactMap { factories[$0] }
    }
}

/// The transport types of the documentation.
public enum KnownTransport {
    /// Blocking, the documented default.
    public static let okHttp = "io.statefun.transports.v1/okhttp"
    /// Non-blocking.
    public static let async = "io.statefun.transports.v1/async"
}
