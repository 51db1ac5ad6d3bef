internal import NIOConcurrencyHelpers
internal import NIOCore
internal import TestSupport
internal import TransportCore

/// The transport during one case, and what was found about it.
final class TransportUnderTest: Sendable {
    typealias Outcome = Result<[UInt8], RequestReplyFailure>

    /// How much longer than it should something may take on a busy machine. What takes longer has not ended at all.
    static let patience = Duration.seconds(20)

    let factory: any RequestReplyClientFactory
    private let traits: TransportTraits
    private let options: [String: String]
    private let found = NIOLockedValueBox<[String]>([])

    init(factory: any RequestReplyClientFactory, traits: TransportTraits, options: [String: String]) {
        self.factory = factory
        self.traits = traits
        self.options = options
    }

    var findings: [String] { found.withLockedValue { $0 } }

    // MARK: Calling

    /// A client with some options beside those that it always has. An option that the transport does not have is left out.
    func client(_ url: String, _ more: [String: String] = [:]) throws -> any RequestReplyClient {
        var all = options
        for (name, value) in more {
            if let path = traits.path(of: name) { all[path] = value }
        }
        return try factory.makeClient(Self.properties(all), endpoint: EndpointURL(parsing: url), metrics: NoMetrics())
    }

    func client(_ server: RawServer, path: String = "/function", _ more: [String: String] = [:]) throws -> any RequestReplyClient {
        try client("http://127.0.0.1:\(server.port)\(path)", more)
    }

    /// Makes a call, which must end by itself.
    /// - Throws: ``WaitedTooLong`` when it does not.
    func call(_ client: any RequestReplyClient, _ body: [UInt8] = Array("request".utf8)) async throws -> Outcome {
        let ended = Eventual<Outcome>()
        let call = begin(client, body)
        Task { ended.succeed(await call.value) }
        do {
            return try await ended.value("the end of the call", within: Self.patience + .seconds(20))
        } catch {
            call.cancel()
            throw error
        }
    }

    /// Begins a call.
    func begin(_ client: any RequestReplyClient, _ body: [UInt8] = Array("request".utf8)) -> Task<Outcome, Never> {
        Task {
            do throws(RequestReplyFailure) {
                let request = RequestReplyRequest(functionType: "conformance/function", id: "1", payload: ByteBuffer(bytes: body))
                return .success(Array(try await client.call(request).readableBytesView))
            } catch {
                return .failure(error)
            }
        }
    }

    // MARK: Finding

    func found(_ finding: String) {
        found.withLockedValue { $0.append(finding) }
    }

    func expect(_ condition: Bool, _ finding: @autoclosure () -> String) {
        if !condition { found(finding()) }
    }

    func expect(_ outcome: Outcome, answers bytes: [UInt8]) {
        switch outcome {
        case .success(let answer): expect(answer == bytes, "the answer is \(Self.shown(answer)) instead of \(Self.shown(bytes))")
        case .failure(let failure): found("the call failed: \(failure)")
        }
    }

    /// A failure of one of these kinds; any, where none is named.
    func expect(_ outcome: Outcome, fails kinds: RequestReplyFailure.Kind...) {
        switch outcome {
        case .success(let answer): found("the call was answered with \(Self.shown(answer)) instead of failing")
        case .failure(let failure):
            let wanted = kinds.map(\.description).joined(separator: " or ")
            expect(
                kinds.isEmpty || kinds.contains(failure.kind),
                "the failure is '\(failure.kind)' (\(failure.message)) instead of '\(wanted)'"
            )
        }
    }

    /// That `body` takes at least `least` and ends soon after `most`.
    func expect<Value>(_ what: String, from least: Duration, to most: Duration, _ body: () async throws -> Value) async rethrows -> Value {
        let clock = ContinuousClock()
        let start = clock.now
        let value = try await body()
        let elapsed = start.duration(to: clock.now)
        expect(elapsed >= least, "\(what) took \(elapsed), less than \(least)")
        expect(elapsed <= most + Self.patience, "\(what) took \(elapsed); it has to end after \(most)")
        return value
    }

    private static func shown(_ bytes: [UInt8]) -> String {
        bytes.count > 32 ? "\(bytes.count) bytes" : "\(bytes)"
    }

    // MARK: Options

    /// The tree of `spec.transport` with these values; dots in a name lead further down.
    static func properties(_ options: [String: String]) -> TransportProperties {
        let position = SourcePosition(line: 1, column: 1)
        let names = options.map { (path: $0.key.split(separator: "."), value: $0.value) }
        func mapping(_ entries: [(path: [Substring].SubSequence, value: String)]) -> SpecNode {
            let groups = Dictionary(grouping: entries) { $0.path.first ?? "" }
            let nodes = groups.sorted { $0.key < $1.key }.map { key, group in
                let isLeaf = group.count == 1 && group[0].path.count == 1
                let node = isLeaf ? SpecNode(.scalar(group[0].value), at: position) : mapping(group.map { ($0.path.dropFirst(), $0.value) })
                return SpecNode.Entry(key: String(key), keyPosition: position, value: node)
            }
            return SpecNode(.mapping(nodes), at: position)
        }
        return TransportProperties(file: "conformance.yaml", node: mapping(names.map { ($0.path[...], $0.value) }))
    }
}
