internal import TransportCore

/// The current form of a single document of another version: a document for each component, made of what it says.
struct LegacyReplacement {
    /// How many components are written out.
    static let limit = 40

    private let root: SpecNode

    init(_ root: SpecNode) {
        self.root = root
    }

    /// The documents, without a line break at the end.
    var text: String {
        var writer = YAMLWriter(references: .kept)
        let spec = root["module"]?["spec"]
        let components =
            functions(spec) + endpoints(spec) + connectors(spec, "ingresses", "ingress") + connectors(spec, "egresses", "egress")
        for component in components.prefix(Self.limit) {
            writer.beginDocument()
            component.comments.forEach { writer.comment($0) }
            writer.write("kind", verbatim: component.kind, indent: 0)
            writer.write("spec", component.spec, indent: 0)
        }
        if components.isEmpty {
            let example = [("functions", "com.example/*"), ("urlPathTemplate", "https://example.com/{function.name}")]
            writer.write("kind", verbatim: ComponentKind.endpointV2, indent: 0)
            writer.write("spec", .keys(example.map { ($0.0, .text($0.1)) }), indent: 0)
        }
        if components.count > Self.limit {
            writer.comment("and so on for \(components.count - Self.limit) more components")
        }
        for type in unreachableFunctions(spec).prefix(Self.limit) {
            writer.comment("\(type): only functions that are served over HTTP can be called")
        }
        if spec?["routers"] != nil {
            writer.comment("routers have no current form: name the functions in the 'topics' of a Kafka ingress")
        }
        return String(writer.text.dropLast())
    }

    private struct Component {
        var comments: [String] = []
        var kind: String
        var spec: SpecNode
    }

    /// The functions of versions 1.0 and 2.0, each with an endpoint of its own.
    private func functions(_ spec: SpecNode?) -> [Component] {
        items(spec, "functions", "function").filter { isServedOverHTTP($0) }.map { function in
            let type = function["meta"]?["type"]?.text ?? "com.example/function"
            let old = function["spec"]
            var keys: [(String, SpecNode)] = [("functions", .text(type))]
            keys.append(("urlPathTemplate", old?["endpoint"] ?? .text("https://example.com/{function.name}")))
            if let limit = old?["maxNumBatchRequests"] {
                keys.append(("maxNumBatchRequests", limit))
            }
            let names = [("timeout", "call"), ("connectTimeout", "connect"), ("readTimeout", "read"), ("writeTimeout", "write")]
            let timeouts = names.compactMap { name in old?[name.0].map { (name.1, $0) } }
            if !timeouts.isEmpty {
                keys.append(("transport", .keys([("timeouts", .keys(timeouts))])))
            }
            let comments = old?["states"] == nil ? [] : ["the states move into the code of the function"]
            return Component(comments: comments, kind: ComponentKind.endpointV2, spec: .keys(keys))
        }
    }

    private func isServedOverHTTP(_ function: SpecNode) -> Bool {
        function["meta"]?["kind"]?.text == "http"
    }

    /// The types of the functions that have no current form.
    private func unreachableFunctions(_ spec: SpecNode?) -> [String] {
        items(spec, "functions", "function").filter { !isServedOverHTTP($0) }.compactMap {
            $0["meta"]?["type"]?.text.map { String($0.map { $0.isNewline ? " " : $0 }) }
        }
    }

    /// The endpoints of versions 3.0 and 3.1.
    private func endpoints(_ spec: SpecNode?) -> [Component] {
        items(spec, "endpoints", "endpoint").map { endpoint in
            let kind = endpoint["meta"]?["kind"]?.text ?? "http"
            guard kind == "http" else {
                return Component(kind: ComponentKind.current(ofLegacy: kind), spec: endpoint["spec"] ?? .keys([]))
            }
            var keys = (endpoint["spec"]?.entries ?? []).filter { $0.key != "timeouts" }.map { ($0.key, $0.value) }
            if let timeouts = endpoint["spec"]?.entry("timeouts"), endpoint["spec"]?["transport"] == nil {
                keys.append(("transport", .keys([(timeouts.key, timeouts.value)])))
            }
            return Component(kind: ComponentKind.endpointV2, spec: .keys(keys))
        }
    }

    private func connectors(_ spec: SpecNode?, _ list: String, _ name: String) -> [Component] {
        items(spec, list, name).map { connector in
            let meta = connector["meta"]
            return Component(
                kind: ComponentKind.current(ofLegacy: meta?["type"]?.text ?? "com.example/\(name)"),
                spec: (connector["spec"] ?? .keys([])).identified(by: meta?.entry("id"))
            )
        }
    }

    private func items(_ spec: SpecNode?, _ list: String, _ name: String) -> [SpecNode] {
        spec?[list]?.items.compactMap { $0[name] } ?? []
    }
}
