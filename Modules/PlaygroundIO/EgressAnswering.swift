internal import HTTPTypes
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import RuntimeCore
internal import TransportCore

/// Answers the requests of an egress, without a task: where its connections live on the loop that hands out the records, a request
/// takes no change of threads.
struct EgressAnswering: Sendable {
    /// The topics that there are by now.
    struct Declared {
        let topics: [String]
        /// The last one of the requests for them: takers ask for the same again and again.
        var lastAsked: Asked?
    }

    /// What a request asks for.
    struct Asked {
        let target: String
        let topic: String
        let query: EgressQuery
    }

    let source: any EgressTopics
    let declared: NIOLockedValueBox<Declared>
    let options: PlaygroundOptions

    /// Answers a request when there is something to answer.
    func begin(_ call: HTTPCall, _ answered: @escaping @Sendable (HTTPAnswer) -> Void) {
        do throws(HTTPRefusal) {
            take(try asked(by: call), for: call.presence, answered)
        } catch {
            answered(HTTPAnswer(error))
        }
    }

    private func asked(by call: HTTPCall) throws(HTTPRefusal) -> Asked {
        let declared = self.declared.withLockedValue { $0 }
        if call.method == .get, let last = declared.lastAsked, last.target.hasSameBytes(as: call.target) { return last }
        let parts = call.target.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        let topic = try topic(parts[0], among: declared.topics)
        guard call.method == .get else { throw .method(call.method, allowed: [.get]) }
        let query = try EgressQuery(
            parts.count > 1 ? Substring(parts[1]) : "",
            longestWait: options.longestWait,
            mostRecords: options.mostRecords
        )
        let asked = Asked(target: call.target, topic: topic, query: query)
        self.declared.withLockedValue { current in
            // They may have been replaced meanwhile.
            if current.topics.elementsEqual(declared.topics, by: { $0.hasSameBytes(as: $1) }) {
                current.lastAsked = asked
            }
        }
        return asked
    }

    private func topic(_ path: Substring.UTF8View, among topics: [String]) throws(HTTPRefusal) -> String {
        if path.first == UInt8(ascii: "/"), let text = PercentEncoding.decode(path.dropFirst()),
            !path.dropFirst().contains(UInt8(ascii: "/")), let topic = topics.first(where: { $0.utf8.elementsEqual(text.utf8) })
        {
            return topic
        }
        throw HTTPRefusal(.notFound, "there is no topic at this path; there is \(topics.map { "/\($0)" }.joined(separator: ", "))")
    }

    private func take(
        _ asked: Asked,
        for presence: ClientPresence,
        _ answered: @escaping @Sendable (HTTPAnswer) -> Void
    ) {
        let query = asked.query
        let taking = source.begin(takingFrom: asked.topic, atMost: query.max ?? 1, waiting: query.wait) { result in
            presence.endWaiting()
            switch result {
            case .success(let records) where presence.isGone && !records.isEmpty:
                Task {
                    await source.putBack(records)
                    answered(HTTPAnswer(.noContent))
                }
            case .success(let records):
                answered(answer(records, asList: query.max != nil))
            case .failure(let failure):
                answered(HTTPAnswer(.later(.serviceUnavailable, failure.message, after: nil)))
            }
        }
        if query.wait > .zero {
            presence.whenInterrupted { taking.cancel() }
        }
    }

    private func answer(_ records: [EgressRecord], asList: Bool) -> HTTPAnswer {
        var answer: HTTPAnswer
        if asList {
            answer = HTTPAnswer(.ok, type: "application/json", body: ByteBuffer(bytes: PayloadText.list(records.map(\.payload))))
        } else if let record = records.first {
            answer = HTTPAnswer(.ok, type: PayloadText.contentType(of: record.payload), body: ByteBuffer(bytes: record.payload))
        } else {
            return HTTPAnswer(.noContent)
        }
        if !records.isEmpty {
            answer.whenLost = { [source] in await source.putBack(records) }
        }
        return answer
    }
}
