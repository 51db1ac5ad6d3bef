import AsyncTransport
import DocumentationExamples
import HTTPFunctionEndpoint
import NIOCore
import Testing
import TransportConformance
import TransportCore

@Suite struct TransportConformanceTests {
    private func outcomes(_ results: [TransportCaseResult]) -> [String: TransportCaseResult.Outcome] {
        Dictionary(uniqueKeysWithValues: results.map { ($0.name, $0.outcome) })
    }

    @Test("the blocking transport stands up to every case")
    func blocking() async {
        let results = await TransportConformance({ StandardTransports().blocking }).run()
        for result in results {
            #expect(!result.isFailure, "\(result)")
        }
        let skipped = results.filter { $0.outcome != .passed }.map(\.name)
        #expect(skipped == ["connection.line"])
    }

    @Test("the asynchronous transport stands up to every case")
    func async() async {
        let results = await TransportConformance({ StandardTransports().async }).run()
        for result in results {
            #expect(!result.isFailure, "\(result)")
        }
        let skipped = results.filter { $0.outcome != .passed }.map(\.name)
        #expect(skipped == ["limits.read", "limits.write"])
    }

    @Test("the transport of the documentation, which makes no connection, is held to what needs none")
    func documented() async {
        let results = await ConformanceExample.transport()
        for result in results {
            #expect(!result.isFailure, "\(result)")
        }
        #expect(results.filter { $0.outcome == .passed }.map(\.name) == ["call.too-large", "call.cancelled"])
    }

    @Test("a transport that changes what it sends is found out")
    func changedRequest() async {
        let results = await TransportConformance({ Altering(request: { $0 + [0] }) }).run { $0.name.hasPrefix("call.") }
        #expect(results.filter(\.isFailure).map(\.name) == ["call.request", "call.large", "call.many"])
        #expect(results.filter(\.isFailure).allSatisfy { "\($0)".contains("FAILED") })
    }

    @Test("a transport that changes what it gets is found out")
    func changedAnswer() async {
        let results = await TransportConformance({ Altering(answer: { $0.dropLast() }) }).run { $0.name.hasPrefix("answer.") }
        #expect(outcomes(results)["answer.empty"] == .passed)
        #expect(results.filter(\.isFailure).count == results.count - 1)
    }

    @Test("a transport that does not heed its options is found out")
    func deaf() async {
        let results = await TransportConformance({ Altering(heedsOptions: false) }).run { $0.name.hasSuffix("too-large") }
        #expect(results.map(\.isFailure) == [true, true])
    }

    @Test("a transport that cannot be made fails every case and says why")
    func impossible() async {
        struct Impossible: Error {}
        let results = await TransportConformance({ throw Impossible() }).run()
        #expect(results.count == TransportConformance.cases.count)
        #expect(results.allSatisfy { $0.isFailure && "\($0)".contains("Impossible") })
    }

    @Test("every case has a name of its own, and progress is told as it comes")
    func names() async {
        #expect(Set(TransportConformance.cases.map(\.name)).count == TransportConformance.cases.count)
        var told: [String] = []
        let results = await TransportConformance({ StandardTransports().async }).run {
            $0.name.hasPrefix("answer.")
        } progress: {
            told.append($0.name)
        }
        #expect(told == results.map(\.name))
    }
}

/// The asynchronous transport with something wrong.
private struct Altering: RequestReplyClientFactory {
    let transports = StandardTransports()
    var request: @Sendable ([UInt8]) -> [UInt8] = { $0 }
    var answer: @Sendable ([UInt8]) -> [UInt8] = { $0 }
    var heedsOptions = true

    var transportType: String { "test/altering" }

    func inspect(_ properties: TransportProperties) -> TransportInspection { transports.async.inspect(properties) }

    func shutdown(drainingFor limit: Duration) async { await transports.async.shutdown(drainingFor: limit) }

    func makeClient(
        _ properties: TransportProperties,
        endpoint: EndpointURL,
        metrics: any RemoteInvocationMetrics
    ) throws -> any RequestReplyClient {
        Client(
            client: try transports.async.makeClient(heedsOptions ? properties : .none, endpoint: endpoint, metrics: metrics),
            altering: self
        )
    }

    private struct Client: RequestReplyClient {
        let client: any RequestReplyClient
        let altering: Altering

        func call(_ request: RequestReplyRequest) async throws(RequestReplyFailure) -> ByteBuffer {
            var request = request
            request.payload = ByteBuffer(bytes: altering.request(Array(request.payload.readableBytesView)))
            return ByteBuffer(bytes: altering.answer(Array(try await client.call(request).readableBytesView)))
        }
    }
}
