internal import TransportCore

extension ModuleReader {
    /// Reads the spec of an HTTP function endpoint (HTTP Function Endpoint, "Full Spec Options").
    mutating func readEndpoint(_ spec: SpecNode, version: EndpointVersion, at position: SourcePosition) {
        guard case .mapping = spec.content else {
            report(
                .error,
                at: spec.position,
                "the spec of the endpoint is \(spec.kindDescription)",
                "write 'functions' and 'urlPathTemplate' below 'spec:', indented"
            )
            return
        }
        let keys = keyTable(version).sort(spec, missingAt: spec.position, into: &diagnostics)
        // Keys are sorted before and values read after the substitution, which leaves out what it could not put in.
        let resolved = substitution.apply(to: spec)
        func value(_ key: String) -> SpecNode? {
            keys[key].flatMap { resolved[$0.key] }
        }
        if let plural = keys["functions"], let singular = keys["function"] {
            let (first, second) = plural.keyPosition < singular.keyPosition ? (plural, singular) : (singular, plural)
            report(
                .error,
                at: second.keyPosition,
                length: second.key.unicodeScalars.count,
                "the endpoint has both '\(first.key)' on line \(first.keyPosition.line) and '\(second.key)' here",
                "keep one of the two, and write one endpoint for each target"
            )
        }
        let targets: Located<Target>? = (value("functions") ?? value("function")).flatMap {
            read($0, "the target functions", "write a target, such as com.example/* or com.example/greeter")
        }
        let template = value("urlPathTemplate").flatMap { readTemplate($0) }
        let limit = value("maxNumBatchRequests").flatMap { readBatchLimit($0) } ?? EndpointDefaults.maxNumBatchRequests
        guard let (type, transport) = readTransport(keys, value, version: version, at: spec.position) else { return }
        if let targets, let template {
            components.append(
                .endpoint(
                    HTTPEndpointSpec(
                        version: version,
                        targets: targets,
                        urlPathTemplate: template,
                        maxNumBatchRequests: limit,
                        transportType: type,
                        transport: transport,
                        position: position
                    )
                )
            )
        } else {
            partialEndpoints.append(PartialEndpoint(version: version, transportType: type, transport: transport, position: position))
        }
    }

    private func keyTable(_ version: EndpointVersion) -> KeyTable {
        var table = KeyTable(
            owner: "the endpoint's spec",
            known: ["functions", "function", "urlPathTemplate", "maxNumBatchRequests"],
            required: [["functions", "function"], ["urlPathTemplate"]]
        )
        switch version {
        case .v2:
            table.known.append("transport")
            table.remarks["timeouts"] = (
                "'timeouts' has no effect here in version 2 of endpoints", "move it below 'transport:'"
            )
        case .v1, .legacy:
            table.known.append("timeouts")
            table.remarks["transport"] = (
                "'transport' has no effect in version 1 of endpoints, which always use OkHttp",
                "write the kind as \(ComponentKind.endpointV2), and 'timeouts' below 'transport:'"
            )
        }
        return table
    }

    /// Reads a value that is one text.
    private mutating func read<Value: SpecText>(_ node: SpecNode, _ what: String, _ remedy: String) -> Located<Value>? {
        guard let text = node.text else {
            report(.error, at: node.position, "\(what) must be one text, not \(node.kindDescription)", remedy)
            return nil
        }
        do throws(SpecTextError) {
            return Located(try Value(specText: text), at: node.position)
        } catch {
            report(error, in: text, at: node.position)
            return nil
        }
    }

    /// Reads a template, once for all endpoints that have the same: where there are thousands, a few servers have all of them.
    private mutating func readTemplate(_ node: SpecNode) -> Located<URL>? {
        // Other bytes can be the same text for a dictionary.
        if let text = node.text, let known = templates[text], known.specText.utf8.elementsEqual(text.utf8) {
            return Located(known, at: node.position)
        }
        let template: Located<URL>? = read(node, "the urlPathTemplate", "write a URL, such as https://example.com/{function.name}")
        if let template {
            templates[template.value.specText] = template.value
        }
        return template
    }

    /// Reads `maxNumBatchRequests` (HTTP Function Endpoint, "Max Batch Requests").
    private mutating func readBatchLimit(_ node: SpecNode) -> Setting<Int>? {
        let remedy = "write a whole number, such as 1000"
        guard let written = node.text else {
            report(.error, at: node.position, "maxNumBatchRequests must be a whole number, not \(node.kindDescription)", remedy)
            return nil
        }
        guard let number = Int(written) else {
            report(.error, scalar: written, at: node.position, "maxNumBatchRequests must be a whole number, not '\(written)'", remedy)
            return nil
        }
        if number <= 0 {
            report(
                .warning,
                scalar: written,
                at: node.position,
                "\(number) lets any number of requests wait for an address",
                "write a number above 0 unless no limit is meant"
            )
        }
        return Setting(number, from: .line(file: text.file, node.position))
    }

    /// The transport and everything that configures it (HTTP Function Endpoint, "Transport").
    /// - Returns: `nil` where it cannot be known which transport is meant.
    private mutating func readTransport(
        _ keys: [String: SpecNode.Entry],
        _ value: (String) -> SpecNode?,
        version: EndpointVersion,
        at position: SourcePosition
    ) -> (Setting<String>, TransportProperties)? {
        let node: SpecNode
        var type: Setting<String>
        switch version {
        case .v1, .legacy:
            // Version 1 has no 'transport'; its 'timeouts' are those of OkHttp.
            type = EndpointDefaults.transportType
            let timeouts = keys["timeouts"].flatMap { entry in
                value("timeouts").map { SpecNode.Entry(key: "timeouts", keyPosition: entry.keyPosition, value: $0) }
            }
            node = SpecNode(.mapping([timeouts].compactMap { $0 }), at: timeouts?.keyPosition ?? position)
        case .v2:
            type = defaultTransport
            if let entry = keys["transport"] {
                guard let written = value("transport") else { return nil }
                switch written.content {
                case .mapping: node = written
                case .null: node = SpecNode(.mapping([]), at: written.position)
                case .scalar, .sequence:
                    report(
                        .error,
                        at: written.position,
                        "the transport is \(written.kindDescription)",
                        "write keys with values below 'transport:', such as 'type: \(written.text ?? KnownTransport.async)'"
                    )
                    return nil
                }
                if entry.value["type"] != nil {
                    guard let written = written["type"] else { return nil }
                    guard let name = written.text, !name.isEmpty else {
                        report(
                            .error,
                            at: written.position,
                            "the type of the transport is \(written.kindDescription)",
                            "write a type name, such as \(KnownTransport.async)"
                        )
                        return nil
                    }
                    type = Setting(name, from: .line(file: text.file, written.position))
                }
            } else {
                node = SpecNode(.mapping([]), at: position)
            }
        }
        return (type, TransportProperties(file: text.file, node: node))
    }
}
