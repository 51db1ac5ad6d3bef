import AsyncTransport
import HTTPFunctionEndpoint
import NIOCore
import Testing
import TransportCore

@testable import ConformanceKit

@Suite struct ConformanceSuiteTests {
    static let fixtures = (try? ConformanceFixture.all().map(\.name)) ?? []

    @Test("the fixture holds", arguments: fixtures)
    func fixture(name: String) async throws {
        let results = try await ConformanceSuite(fixtures: [try ConformanceFixture(name)]).run()
        #expect(!results.isEmpty)
        for result in results {
            #expect(result.passed, "\(result)")
        }
    }

    @Test("there are fixtures, and all of them can be read")
    func reading() throws {
        #expect(try ConformanceFixture.all().count > 90)
    }

    @Test("whatever is changed in what a fixture expects is noticed", arguments: fixtures)
    func wrongExpectation(name: String) async throws {
        let fixture = try ConformanceFixture(name)
        let mutants = fixture.expectation.mutants()
        // A fixture that expects nothing but the absence of problems has nothing to be changed.
        #expect(!mutants.isEmpty || fixture.expectation["diagnostics"] == nil)
        for mutant in mutants {
            var wrong = fixture
            wrong.expectation = mutant.value
            for result in try await ConformanceSuite(fixtures: [wrong], transportTypes: [transport(for: fixture)]).run() {
                #expect(!result.passed, "changing \(mutant.path) of \(name) went unnoticed")
            }
        }
    }

    private func transport(for fixture: ConformanceFixture) -> String {
        fixture.appliesTo(transportType: KnownTransport.async) ? KnownTransport.async : KnownTransport.okHttp
    }

    @Test("a fixture without diagnostics expects none")
    func silentDiagnostics() async throws {
        var fixture = try ConformanceFixture("v2.timeouts.warning")
        guard case .keys(let entries) = fixture.expectation else { return }
        fixture.expectation = .keys(entries.filter { $0.key != "diagnostics" })
        let results = try await ConformanceSuite(fixtures: [fixture]).run()
        #expect(results.map(\.passed) == [false])
    }

    // MARK: - Transports of others

    @Test("a sound transport of somebody else passes every fixture that holds for any transport")
    func otherTransport() async throws {
        let results = try await ConformanceSuite(factory: RenamedTransport()).run()
        #expect(results.count >= 5)
        for result in results {
            #expect(result.passed, "\(result)")
            #expect(result.transportType == "com.example.transports/renamed")
        }
    }

    @Test(
        "a transport that does not do as it should is found out",
        arguments: [
            RenamedTransport(spoilsRequest: true),
            RenamedTransport(spoilsAnswer: true),
            RenamedTransport(path: "/elsewhere"),
        ]
    )
    func faultyTransport(factory: RenamedTransport) async throws {
        let fixture = try ConformanceFixture("call.http")
        let results = try await ConformanceSuite(factory: factory, fixtures: [fixture]).run()
        #expect(results.map(\.passed) == [false])
    }
}

/// The asynchronous transport under a name of its own, with faults.
struct RenamedTransport: RequestReplyClientFactory, CustomTestStringConvertible {
    var spoilsRequest = false
    var spoilsAnswer = false
    var path: String?
    private let transports = StandardTransports()

    var testDescription: String { "request \(spoilsRequest), answer \(spoilsAnswer), path \(path ?? "kept")" }

    let transportType = "com.example.transports/renamed"

    init(spoilsRequest: Bool = false, spoilsAnswer: Bool = false, path: String? = nil) {
        self.spoilsRequest = spoilsRequest
        self.spoilsAnswer = spoilsAnswer
        self.path = path
    }

    func makeClient(
        _ properties: TransportProperties,
        endpoint: EndpointURL,
        metrics: any RemoteInvocationMetrics
    ) throws -> any RequestReplyClient {
        var endpoint = endpoint
        if let path {
            endpoint = try EndpointURL(parsing: "http://\(endpoint.hostHeader)\(path)")
        }
        let client = try transports.async.makeClient(properties, endpoint: endpoint, metrics: metrics)
        return Client(client: client, spoilsRequest: spoilsRequest, spoilsAnswer: spoilsAnswer)
    }

    func shutdown(drainingFor limit: Duration) async {
        await transports.async.shutdown(drainingFor: limit)
    }

    private struct Client: RequestReplyClient {
        let client: any RequestReplyClient
        let spoilsRequest: Bool
        let spoilsAnswer: Bool

        func call(_ request: RequestReplyRequest) async throws(RequestReplyFailure) -> ByteBuffer {
            var request = request
            if spoilsRequest {
                request.payload.writeString("x")
            }
            let answer = try await client.call(request)
            return spoilsAnswer ? ByteBuffer() : answer
        }
    }
}
