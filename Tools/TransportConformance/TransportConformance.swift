internal import NIOCore
internal import TestSupport
public import TransportCore

/// Takes a transport type through the cases that every one has to stand up to: peers that answer, that answer wrongly, late or
/// never, over real sockets and in real time.
///
/// ```swift
/// for result in await TransportConformance({ MyTransport() }).run() where result.isFailure {
///     print(result)
/// }
/// ```
///
/// Which cases apply follows from the options that the factory reports from `inspect(_:)`: a transport with a `call` limit, be it
/// `call` or `timeouts.call`, is held to it. One that makes no connection at all is held to what does not need any.
public struct TransportConformance: Sendable {
    public typealias MakeFactory = @Sendable () throws -> any RequestReplyClientFactory

    /// Every case, in the order in which they are run.
    public static let cases: [TransportCase] = callCases + answerCases + failureCases + limitCases + connectionCases + tlsCases

    private let options: [String: String]
    private let makeFactory: MakeFactory

    /// - Parameters:
    ///   - options: what the transport needs below `spec.transport` in any case, such as `["region": "local"]`; dots lead
    ///     further down.
    ///   - makeFactory: makes the transport type anew for each case, after which it is shut down.
    public init(options: [String: String] = [:], _ makeFactory: @escaping MakeFactory) {
        self.options = options
        self.makeFactory = makeFactory
    }

    /// Runs the cases one after the other. All of them take some seconds.
    /// - Parameters:
    ///   - isWanted: which cases are run.
    ///   - progress: is told each result as soon as it is there.
    public func run(
        where isWanted: (TransportCase) -> Bool = { _ in true },
        progress: (TransportCaseResult) -> Void = { _ in }
    ) async -> [TransportCaseResult] {
        var results: [TransportCaseResult] = []
        let traits = await traits()
        for transportCase in Self.cases where isWanted(transportCase) {
            let result = await run(transportCase, traits)
            progress(result)
            results.append(result)
        }
        return results
    }

    private func run(_ transportCase: TransportCase, _ traits: Result<TransportTraits, any Error>) async -> TransportCaseResult {
        do {
            let traits = try traits.get()
            if let missing = transportCase.needs.first(where: { !traits.has($0) }) {
                return TransportCaseResult(transportCase, .notApplicable("the transport has no \(missing.description)"))
            }
            let subject = TransportUnderTest(factory: try makeFactory(), traits: traits, options: options)
            do {
                try await transportCase.body(subject)
            } catch {
                subject.found("\(error)")
            }
            await subject.factory.shutdown()
            let findings = subject.findings
            return TransportCaseResult(transportCase, findings.isEmpty ? .passed : .failed(findings))
        } catch {
            return TransportCaseResult(transportCase, .failed(["the transport cannot be made: \(error)"]))
        }
    }

    private func traits() async -> Result<TransportTraits, any Error> {
        do {
            let factory = try makeFactory()
            let properties = TransportUnderTest.properties(options)
            // An option without a default is reported only where it is set.
            let authority = try await TestCertificates.shared().authority
            let trusting = TransportUnderTest.properties(options.merging(["trust_cacerts": authority]) { $1 })
            let server = try await RawServer.start(.tcp, [.readRequest, .sendResult()])
            let url = try EndpointURL(parsing: "http://127.0.0.1:\(server.port)/")
            let client = try factory.makeClient(properties, endpoint: url, metrics: NoMetrics())
            _ = try? await client.call(RequestReplyRequest(functionType: "conformance/probe", id: "1", payload: ByteBuffer()))
            let traits = TransportTraits(
                options: Set((factory.inspect(properties).options + factory.inspect(trusting).options).map(\.name)),
                connects: server.connectionCount > 0,
                knowsUnixSockets: Self.makesUnixClients(factory, properties)
            )
            await factory.shutdown()
            return .success(traits)
        } catch {
            return .failure(error)
        }
    }

    private static func makesUnixClients(_ factory: any RequestReplyClientFactory, _ properties: TransportProperties) -> Bool {
        guard let url = try? EndpointURL(parsing: "http+unix:///conformance.sock/") else { return false }
        return (try? factory.makeClient(properties, endpoint: url, metrics: NoMetrics())) != nil
    }
}
