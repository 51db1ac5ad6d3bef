import SpecParser
import TransportCore

/// A target as simple as one can be: two parts around a slash.
struct TestTarget: SpecText {
    let specText: String

    init(specText text: String) throws(SpecTextError) {
        guard let slash = text.firstIndex(of: "/") else {
            throw SpecTextError("'\(text)' has no slash", remedy: "write namespace/name", length: text.count)
        }
        let name = text[text.index(after: slash)...]
        if let bad = name.firstIndex(of: "!") {
            throw SpecTextError("a name cannot hold '!'", remedy: "leave it out", offset: text.distance(from: text.startIndex, to: bad))
        }
        self.specText = text
    }
}

/// A URL as simple as one can be: anything with a scheme.
struct TestURL: SpecText {
    let specText: String

    init(specText text: String) throws(SpecTextError) {
        guard text.contains("://") else {
            throw SpecTextError("'\(text)' has no scheme", remedy: "begin it with http://", length: text.count)
        }
        self.specText = text
    }
}

typealias TestModule = ParsedModule<TestTarget, TestURL>
typealias TestParser = ModuleParser<TestTarget, TestURL>

/// Reads a text as the file `module.yaml`.
func parse(_ text: String, environment: [String: String] = [:]) -> TestModule {
    TestParser().parse(text, file: "module.yaml", environment: environment)
}

/// Diagnostics as short lines: `line:column severity message | remedy`.
func lines(_ diagnostics: [SpecDiagnostic]) -> [String] {
    diagnostics.map { diagnostic in
        let place = diagnostic.position.map { "\($0.line):\($0.column)" } ?? "-"
        return "\(place) \(diagnostic.severity.rawValue) \(diagnostic.message) | \(diagnostic.remedy)"
    }
}

// MARK: - Models without positions

private let nowhere = SourcePosition(line: 1, column: 1)

/// A tree in which every node stands at the same place.
func withoutPositions(_ node: SpecNode) -> SpecNode {
    switch node.content {
    case .scalar, .null: SpecNode(node.content, at: nowhere)
    case .sequence(let items): SpecNode(.sequence(items.map(withoutPositions)), at: nowhere)
    case .mapping(let entries):
        SpecNode(
            .mapping(entries.map { SpecNode.Entry(key: $0.key, keyPosition: nowhere, value: withoutPositions($0.value)) }),
            at: nowhere
        )
    }
}

/// A component in which everything stands at the same place.
func withoutPositions(_ component: ModuleComponent<TestTarget, TestURL>) -> ModuleComponent<TestTarget, TestURL> {
    func place<Value>(_ setting: Setting<Value>) -> Setting<Value> {
        guard case .line(let file, _) = setting.source else { return setting }
        return Setting(setting.value, from: .line(file: file, nowhere))
    }
    switch component {
    case .endpoint(var endpoint):
        endpoint.targets = Located(endpoint.targets.value, at: nowhere)
        endpoint.urlPathTemplate = Located(endpoint.urlPathTemplate.value, at: nowhere)
        endpoint.maxNumBatchRequests = place(endpoint.maxNumBatchRequests)
        endpoint.transportType = place(endpoint.transportType)
        endpoint.transport = TransportProperties(file: endpoint.transport.file, node: withoutPositions(endpoint.transport.node))
        endpoint.position = nowhere
        return .endpoint(endpoint)
    case .other(var other):
        other.kind = Located(other.kind.value, at: nowhere)
        other.spec = withoutPositions(other.spec)
        other.position = nowhere
        return .other(other)
    }
}
