internal import HTTPTypes
public import Logging
internal import NIOConcurrencyHelpers
public import NIOCore
public import NIOPosix
public import RuntimeCore
internal import TransportCore

/// The egress of kind `io.statefun.playground.v1/egress`: hands out records with `GET /{topic}` over HTTP.
///
/// A record is taken once: by the first answer that holds it and that the client's socket has taken.
public final class PlaygroundEgress: Egress {
    public let egressType = "io.statefun.playground/egress"

    private let options: PlaygroundOptions
    private let listener: HTTPListener
    private let declared: NIOLockedValueBox<EgressAnswering.Declared>

    /// - Parameters:
    ///   - spec: what the `module.yaml` says.
    ///   - options: what the program says.
    ///   - loops: where its connections live. Records take no change of threads where that is the loop of the runtime.
    ///   - logger: told only what no answer can tell.
    ///   - whenShort: called where no connection can be accepted because the process may open no more files, to close others.
    public init(
        _ spec: PlaygroundEgressSpec,
        options: PlaygroundOptions = PlaygroundOptions(),
        loops: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        logger: Logger,
        whenShort: @escaping @Sendable () -> Void = {}
    ) {
        self.options = options
        declared = NIOLockedValueBox(EgressAnswering.Declared(topics: spec.topics))
        listener = HTTPListener(port: spec.port, options: options, loops: loops, logger: logger, whenShort: whenShort)
    }

    /// What records may be about, in the order of the `module.yaml`. May be replaced at any time, also while clients wait:
    /// they go on waiting for the topic that they asked for.
    public var topics: [String] {
        get { declared.withLockedValue { $0.topics } }
        set { declared.withLockedValue { $0 = EgressAnswering.Declared(topics: newValue) } }
    }

    /// Reads the JSON text of a value of type `io.statefun.playground/EgressRecord`.
    public func content(typename: String, value: [UInt8]) throws(EgressFault) -> EgressContent {
        let content = try EgressRecordText.read(typename: typename, value: value)
        guard topics.contains(where: { $0.hasSameBytes(as: content.topic) }) else {
            throw EgressFault("the egress has no topic '\(content.topic.prefix(200))'; it has \(topics.joined(separator: ", "))")
        }
        return content
    }

    /// Binds the port. To be called once.
    /// - Returns: the URL, with the port that the system chose where the spec says 0.
    public func start(from topics: any EgressTopics) async throws(ComponentFailure) -> String {
        let answering = EgressAnswering(source: topics, declared: declared, options: options)
        return try await listener.start { call, answered in
            answering.begin(call, answered)
            return .alone
        }
    }

    public func stop(drainingFor limit: Duration) async {
        await listener.stop(drainingFor: limit)
    }
}
