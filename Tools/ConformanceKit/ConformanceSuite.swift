public import TransportCore

/// Holds transports to the documentation: runs fixtures and says which statements are not met.
///
/// With nothing handed in it runs every fixture, those with calls once for each documented transport. With a factory it runs
/// those fixtures with calls that hold for any transport, against clients of that factory:
///
/// ```swift
/// let failures = try await ConformanceSuite(factory: MyTransport()).run().filter { !$0.passed }
/// ```
///
/// A transport under test finds nothing under `transport` but its type, so its options need defaults. Of its requests
/// the request line, `host`, `content-type`, `content-length` and the body are compared; those of the documented transports
/// are compared byte by byte.
public struct ConformanceSuite: Sendable {
    private let fixtures: [ConformanceFixture]?
    private let transportTypes: [String]
    private let factory: (any RequestReplyClientFactory)?

    /// - Parameters:
    ///   - fixtures: `nil` for those of the documentation.
    ///   - transportTypes: the documented transports that fixtures with calls are run with.
    public init(
        fixtures: [ConformanceFixture]? = nil,
        transportTypes: [String] = [KnownTransport.okHttp, KnownTransport.async]
    ) {
        self.fixtures = fixtures
        self.transportTypes = transportTypes
        factory = nil
    }

    /// - Parameters:
    ///   - factory: a transport of your own. It is shut down after the last fixture.
    ///   - fixtures: `nil` for those of the documentation.
    public init(factory: any RequestReplyClientFactory, fixtures: [ConformanceFixture]? = nil) {
        self.fixtures = fixtures
        self.factory = factory
        transportTypes = [factory.transportType]
    }

    /// Runs every fixture, one after the other.
    /// - Parameter report: is told of each result as soon as there is one.
    /// - Throws: an error where the fixtures of the documentation cannot be read.
    @discardableResult
    public func run(_ report: (ConformanceResult) -> Void = { _ in }) async throws -> [ConformanceResult] {
        var results: [ConformanceResult] = []
        for fixture in try fixtures ?? ConformanceFixture.all() {
            for transportType in transports(for: fixture) {
                let run = FixtureRun(fixture: fixture, transportType: transportType, factory: factory)
                let result = ConformanceResult(fixture: fixture, transportType: transportType, problems: await run.problems())
                report(result)
                results.append(result)
            }
        }
        await factory?.shutdown()
        return results
    }

    private func transports(for fixture: ConformanceFixture) -> [String?] {
        guard fixture.hasCalls else { return factory == nil ? [nil] : [] }
        return transportTypes.filter { fixture.appliesTo(transportType: $0) }
    }
}

/// What a fixture has found out.
public struct ConformanceResult: Sendable {
    public let fixture: ConformanceFixture
    /// The transport that calls were made with; `nil` for a fixture without calls.
    public let transportType: String?
    /// What is not as the documentation says.
    public let problems: [String]

    public var passed: Bool { problems.isEmpty }
}

extension ConformanceResult: CustomStringConvertible {
    /// The fixture and the transport, and the problems on lines of their own.
    public var description: String {
        let transport = transportType.map { " with \($0)" } ?? ""
        return (["\(passed ? "ok    " : "FAILED")  \(fixture.name)\(transport)"] + problems.map { "  \($0)" }).joined(separator: "\n")
    }
}
