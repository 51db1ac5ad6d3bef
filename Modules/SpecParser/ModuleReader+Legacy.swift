internal import TransportCore

extension ModuleReader {
    /// Reads the single document of version 3.0, in which all components stand below `module`.
    ///
    /// Its components are those of the current format: an endpoint of kind `http` has the keys of version 1, and the types
    /// of ingresses and egresses become kinds, with the id among the keys of the spec.
    mutating func readLegacy(_ root: SpecNode) {
        guard let version = root["version"] else {
            report(
                .error,
                at: root.position,
                "the document has neither a 'kind' nor a 'version'",
                "add 'version: \"3.0\"' if it is the single document of that version",
                replacement: LegacyReplacement(root).text
            )
            return
        }
        guard version.text == "3.0" else {
            report(
                .error,
                scalar: version.text ?? "",
                at: version.position,
                "documents of version \(version.text.map { "'\($0)'" } ?? version.kindDescription) are not supported",
                "write one document for each component",
                replacement: LegacyReplacement(root).text
            )
            return
        }
        if !isAlone {
            report(
                .warning,
                at: root.position,
                "a document of version 3.0 is alone in its file, or the JVM runtime refuses all of it",
                "remove the others, and a '---' with nothing behind it, or write a document with 'kind' and 'spec' for each component"
            )
        }
        let keys = sort(root, "the document", ["version", "module"], [["module"]])
        guard let module = keys["module"].flatMap({ mapping($0) }) else { return }
        let parts = sort(module, "'module'", ["meta", "spec"], [["spec"]])
        if let type = parts["meta"]?.value["type"] {
            if type.text != "remote" {
                report(.warning, at: type.position, "only remote modules can be called", "write 'type: remote'")
            }
        } else {
            report(.warning, at: module.position, "the module has no type, and the JVM runtime refuses it", "add 'meta: {type: remote}'")
        }
        guard let spec = parts["spec"].flatMap({ mapping($0) }) else { return }
        let lists = sort(spec, "the module's spec", ["endpoints", "ingresses", "egresses"], [])
        for entry in lists["endpoints"].map({ items($0) }) ?? [] {
            readLegacyItem(entry, "endpoint", typeKey: "kind", hasID: false)
        }
        for entry in lists["ingresses"].map({ items($0) }) ?? [] {
            readLegacyItem(entry, "ingress", typeKey: "type", hasID: true)
        }
        for entry in lists["egresses"].map({ items($0) }) ?? [] {
            readLegacyItem(entry, "egress", typeKey: "type", hasID: true)
        }
    }

    /// Reads one item of the lists: `endpoint: {meta: …, spec: …}`.
    private mutating func readLegacyItem(_ item: SpecNode, _ name: String, typeKey: String, hasID: Bool) {
        guard case .mapping = item.content else {
            report(
                .error,
                at: item.position,
                "this item is \(item.kindDescription), not an \(name)",
                "write '- \(name):' with 'meta:' and 'spec:' below"
            )
            return
        }
        let keys = sort(item, "this item", [name], [[name]])
        guard let component = keys[name].flatMap({ mapping($0) }) else { return }
        let parts = sort(component, "the \(name)", ["meta", "spec"], [["meta"], ["spec"]])
        guard let meta = parts["meta"].flatMap({ mapping($0) }), let spec = parts["spec"]?.value else { return }
        let metaKeys = hasID ? [typeKey, "id"] : [typeKey]
        let metaParts = sort(meta, "the \(name)'s meta", metaKeys, metaKeys.map { [$0] })
        guard let type = metaParts[typeKey]?.value else { return }
        guard let legacyKind = type.text, !legacyKind.isEmpty else {
            report(.error, at: type.position, "'\(typeKey)' is \(type.kindDescription)", "write the \(typeKey) of the \(name) as one text")
            return
        }
        let kind = Located(ComponentKind.current(ofLegacy: legacyKind), at: type.position)
        let version = legacyKind == "http" ? .legacy : ComponentKind.endpointVersion(kind.value)
        readComponent(kind, spec: hasID ? spec.identified(by: metaParts["id"]) : spec, version: version, at: item.position)
    }

    private mutating func sort(
        _ node: SpecNode,
        _ owner: String,
        _ known: [String],
        _ required: [[String]]
    ) -> [String: SpecNode.Entry] {
        var table = KeyTable(owner: owner, known: known, required: required)
        table.remarks["routers"] = (
            "routers are not supported", "name the target functions in the 'topics' of a Kafka ingress"
        )
        return table.sort(node, missingAt: node.position, into: &diagnostics)
    }

    private mutating func mapping(_ entry: SpecNode.Entry) -> SpecNode? {
        if case .mapping = entry.value.content { return entry.value }
        report(
            .error,
            at: entry.value.position,
            "'\(entry.key)' must be keys with values, but is \(entry.value.kindDescription)",
            "write its keys below '\(entry.key):', indented"
        )
        return nil
    }

    private mutating func items(_ entry: SpecNode.Entry) -> [SpecNode] {
        switch entry.value.content {
        case .sequence(let items): return items
        case .null: return []
        case .scalar, .mapping:
            report(
                .error,
                at: entry.value.position,
                "'\(entry.key)' must be a list, but is \(entry.value.kindDescription)",
                "begin each item with '- '"
            )
            return []
        }
    }
}

extension SpecNode {
    /// The keys of an ingress or egress with its id as the first of them.
    func identified(by id: SpecNode.Entry?) -> SpecNode {
        switch content {
        case .mapping(let entries): SpecNode(.mapping([id].compactMap { $0 } + entries.filter { $0.key != "id" }), at: position)
        case .null: SpecNode(.mapping([id].compactMap { $0 }), at: position)
        case .scalar, .sequence: self
        }
    }
}
