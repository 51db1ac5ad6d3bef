internal import TransportCore

/// Writes components as the text of a `module.yaml` that reads as the same components, positions aside.
public struct ModulePrinter: Sendable {
    /// A printer has no settings.
    public init() {}

    /// The text of a whole file.
    public func print<Target, URL>(_ module: ParsedModule<Target, URL>) -> String {
        print(module.components)
    }

    /// The text of some components, a document each; neighbours of version 3.0 share one.
    ///
    /// Settings that come from a default are left out, so that they stay defaults.
    public func print<Target, URL>(_ components: [ModuleComponent<Target, URL>]) -> String {
        var writer = YAMLWriter(references: .escaped)
        var legacy: [SpecNode] = []
        for component in components {
            if case .endpoint(let endpoint) = component, endpoint.version == .legacy {
                legacy.append(legacyItem(endpoint))
                continue
            }
            write(legacy: &legacy, to: &writer)
            writer.beginDocument()
            switch component {
            case .endpoint(let endpoint):
                writer.write("kind", verbatim: endpoint.version == .v1 ? ComponentKind.endpointV1 : ComponentKind.endpointV2, indent: 0)
                writer.write("spec", spec(of: endpoint), indent: 0)
            case .other(let other):
                writer.write("kind", verbatim: other.kind.value, indent: 0)
                writer.write("spec", other.spec, indent: 0)
            }
        }
        write(legacy: &legacy, to: &writer)
        return writer.text
    }

    private func write(legacy: inout [SpecNode], to writer: inout YAMLWriter) {
        guard !legacy.isEmpty else { return }
        writer.beginDocument()
        writer.write("version", verbatim: "3.0", indent: 0)
        let meta = SpecNode.keys([("type", .text("remote"))])
        writer.write("module", .keys([("meta", meta), ("spec", .keys([("endpoints", .list(legacy))]))]), indent: 0)
        legacy = []
    }

    private func legacyItem<Target, URL>(_ endpoint: HTTPEndpointSpec<Target, URL>) -> SpecNode {
        let meta = SpecNode.keys([("kind", .text("http"))])
        return .keys([("endpoint", .keys([("meta", meta), ("spec", spec(of: endpoint))]))])
    }

    private func spec<Target, URL>(of endpoint: HTTPEndpointSpec<Target, URL>) -> SpecNode {
        var keys: [(String, SpecNode)] = [
            ("functions", .text(endpoint.targets.value.specText)),
            ("urlPathTemplate", .text(endpoint.urlPathTemplate.value.specText)),
        ]
        if endpoint.maxNumBatchRequests.source != .byDefault {
            keys.append(("maxNumBatchRequests", .text(String(endpoint.maxNumBatchRequests.value))))
        }
        switch endpoint.version {
        case .v1, .legacy:
            if let timeouts = endpoint.transport.node["timeouts"] {
                keys.append(("timeouts", timeouts))
            }
        case .v2:
            var transport = endpoint.transport.node.entries.map { ($0.key, $0.value) }
            if case .line = endpoint.transportType.source, endpoint.transport.node["type"] == nil {
                transport.insert(("type", .text(endpoint.transportType.value)), at: 0)
            }
            if !transport.isEmpty {
                keys.append(("transport", .keys(transport)))
            }
        }
        return .keys(keys)
    }
}

/// Trees that come from no file.
extension SpecNode {
    private static let nowhere = SourcePosition(line: 1, column: 1)

    static func text(_ text: String) -> SpecNode {
        SpecNode(.scalar(text), at: nowhere)
    }

    static func list(_ items: [SpecNode]) -> SpecNode {
        SpecNode(.sequence(items), at: nowhere)
    }

    static func keys(_ keys: [(String, SpecNode)]) -> SpecNode {
        SpecNode(.mapping(keys.map { Entry(key: $0.0, keyPosition: nowhere, value: $0.1) }), at: nowhere)
    }
}
