internal import HTTPTypes
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import RuntimeCore

/// Answers the requests of an egress, without a task: where its connections live on the loop that hands out the records, a request
/// takes no change of threads.
struct EgressAnswering: Sendable {
    let source: any EgressTopics
    /// Those that there are by now.
    let topics: NIOLockedValueBox<[String]>
    let options: PlaygroundOptions

    /// Answers a request when there is something to answer.
    func begin(_ call: HTTPCall, _ answered: @escaping @Sendable (HTTPAnswer) -> Void) {
        do throws(HTTPRefusal) {
            let parts = call.target.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
            let topic = try topic(parts[0])
            guard call.method == .get else { throw .method(call.method, allowed: [.get]) }
            let query = try EgressQuery(
                parts.count > 1 ? Substring(parts[1]) : "",
                longestWait: options.longestWait,
                mostRecords: options.mostRecords
            )
            take(topic, query, for: call.presence, answered)
        } catch {
            answered(HTTPAnswer(error))
        }
    }

    private func topic(_ path: Substring.UTF8View) throws(HTTPRefusal) -> String {
        let topics = topics.withLockedValue { $0 }
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
        for presence: ClientPresence,
        _ answered: @escaping @Sendable (HTTPAnswer) -> Void
    ) {
        let taking = source.begin(takingFrom: topic, atMost: query.max ?? 1, waiting: query.wait) { result in
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
