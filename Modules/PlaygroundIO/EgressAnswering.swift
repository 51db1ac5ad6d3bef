internal import HTTPTypes
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import RuntimeCore

/// Answers the requests of an egress, on a loop: where the records are handed out there as well, a request takes no change of
/// threads.
actor EgressAnswering {
    private nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    private let source: any EgressTopics
    private let options: PlaygroundOptions
    private let topics: NIOLockedValueBox<[String]>

    /// - Parameter topics: those that there are by now.
    init(_ source: any EgressTopics, _ topics: NIOLockedValueBox<[String]>, _ options: PlaygroundOptions, on loop: any EventLoop) {
        self.source = source
        self.topics = topics
        self.options = options
        self.loop = loop
    }

    /// Answers a request when there is something to answer.
    nonisolated func begin(_ call: HTTPCall, _ answered: @escaping @Sendable (HTTPAnswer) -> Void) -> Task<Void, Never> {
        guard loop.inEventLoop else { return Task { answered(await answer(call)) } }
        // A task that is made here begins here.
        return assumeIsolated { answering in Task { answered(await answering.answer(call)) } }
    }

    func answer(_ call: HTTPCall) async -> HTTPAnswer {
        do throws(HTTPRefusal) {
            let parts = call.target.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
            let topic = try topic(parts[0])
            guard call.method == .get else { throw .method(call.method, allowed: [.get]) }
            let query = try EgressQuery(
                parts.count > 1 ? Substring(parts[1]) : "",
                longestWait: options.longestWait,
                mostRecords: options.mostRecords
            )
            let records = try await take(topic, query, for: call)
            return answer(records, asList: query.max != nil)
        } catch {
            return HTTPAnswer(error)
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
        for call: HTTPCall
    ) async throws(HTTPRefusal) -> [EgressRecord] {
        let presence = call.presence
        let limit = query.max ?? 1
        let taking = Task { () -> Result<[EgressRecord], StoreFailure> in
            do throws(StoreFailure) {
                return .success(try await self.source.take(from: topic, atMost: limit, waiting: query.wait))
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
