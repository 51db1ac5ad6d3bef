internal import HTTPTypes
public import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
public import RuntimeCore

/// The egress of kind `io.statefun.playground.v1/egress`: hands out records with `GET /{topic}` over HTTP.
///
/// A record is taken once: by the first answer that holds it and that the client's socket has taken.
public final class PlaygroundEgress: Egress {
    public let egressType = "io.statefun.playground/egress"

    private let options: PlaygroundOptions
    private let listener: HTTPListener
    private let declared: NIOLockedValueBox<[String]>

    /// - Parameters:
    ///   - spec: what the `module.yaml` says.
    ///   - options: what the program says.
    ///   - logger: told only what no answer can tell.
    public init(_ spec: PlaygroundEgressSpec, options: PlaygroundOptions = PlaygroundOptions(), logger: Logger) {
        self.options = options
        declared = NIOLockedValueBox(spec.topics)
        listener = HTTPListener(port: spec.port, options: options, logger: logger)
    }

    /// What records may be about, in the order of the `module.yaml`. May be replaced at any time, also while clients wait:
    /// they go on waiting for the topic that they asked for.
    public var topics: [String] {
        get { declared.withLockedValue { $0 } }
        set { declared.withLockedValue { $0 = newValue } }
    }

    /// Reads the JSON text of a value of type `io.statefun.playground/EgressRecord`.
    public func content(typename: String, value: [UInt8]) throws(EgressFault) -> EgressContent {
        let content = try EgressRecordText.read(typename: typename, value: value)
        guard topics.contains(where: { $0.utf8.elementsEqual(content.topic.utf8) }) else {
            throw EgressFault("the egress has no topic '\(content.topic.prefix(200))'; it has \(topics.joined(separator: ", "))")
        }
        return content
    }

    /// Binds the port. To be called once.
    /// - Returns: the URL, with the port that the system chose where the spec says 0.
    public func start(from topics: any EgressTopics) async throws(ComponentFailure) -> String {
        let compatStatus = options.compatStatus
        return try await listener.start { [self] call in
            let answer = await answer(call, topics)
            return compatStatus ? answer.inCompatibleForm : answer
        }
    }

    public func stop(drainingFor limit: Duration) async {
        await listener.stop(drainingFor: limit)
    }

    // MARK: - Answers

    private func answer(_ call: HTTPCall, _ source: any EgressTopics) async -> HTTPAnswer {
        do throws(HTTPRefusal) {
            let parts = call.target.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
            let topic = try topic(parts[0])
            guard call.method == .get else { throw .method(call.method, allowed: [.get]) }
            let query = try EgressQuery(
                parts.count > 1 ? Substring(parts[1]) : "",
                longestWait: options.longestWait,
                mostRecords: options.mostRecords
            )
            let records = try await take(topic, query, for: call, source)
            return Self.answer(records, asList: query.max != nil, source)
        } catch {
            return HTTPAnswer(error)
        }
    }

    private func topic(_ path: Substring.UTF8View) throws(HTTPRefusal) -> String {
        let topics = topics
        if path.first == UInt8(ascii: "/"), let text = PercentEncoding.decode(path.dropFirst()),
            !path.dropFirst().contains(UInt8(ascii: "/")), let topic = topics.first(where: { $0.utf8.elementsEqual(text.utf8) })
        {
            return topic
        }
        throw HTTPRefusal(.notFound, "there is no topic at this path; there is \(topics.map { "/\($0)" }.joined(separator: ", "))")
    }

    private func take(
        _ topic: String,
        _ query: EgressQuery,
        for call: HTTPCall,
        _ source: any EgressTopics
    ) async throws(HTTPRefusal) -> [EgressRecord] {
        // Without a connection there is nobody to take anything.
        guard let presence = try? await call.presence() else { return [] }
        let limit = query.max ?? 1
        let taking = Task { () -> Result<[EgressRecord], StoreFailure> in
            do throws(StoreFailure) {
                return .success(try await source.take(from: topic, atMost: limit, waiting: query.wait))
            } catch {
                return .failure(error)
            }
        }
        if query.wait > .zero {
            presence.whenInterrupted { taking.cancel() }
        }
        let result = await withTaskCancellationHandler {
            await taking.value
        } onCancel: {
            taking.cancel()
        }
        presence.endWaiting()
        switch result {
        case .success(let records):
            guard presence.isGone, !records.isEmpty else { return records }
            await source.putBack(records)
            return []
        case .failure(let failure):
            throw .later(.serviceUnavailable, failure.message, after: nil)
        }
    }

    private static func answer(_ records: [EgressRecord], asList: Bool, _ source: any EgressTopics) -> HTTPAnswer {
        var answer: HTTPAnswer
        if asList {
            answer = HTTPAnswer(.ok, type: "application/json", body: ByteBuffer(bytes: PayloadText.list(records.map(\.payload))))
        } else if let record = records.first {
            answer = HTTPAnswer(.ok, type: PayloadText.contentType(of: record.payload), body: ByteBuffer(bytes: record.payload))
        } else {
            return HTTPAnswer(.noContent)
        }
        if !records.isEmpty {
            answer.whenLost = { await source.putBack(records) }
        }
        return answer
    }
}
