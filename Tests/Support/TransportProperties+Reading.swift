public import TransportCore

extension TransportProperties {
    /// Reads properties from a text with the simplest things that YAML has: keys with values, nested by spaces, and lists in
    /// brackets. What a file's author writes under `transport:`, without a parser that is under test itself.
    public static func reading(_ text: String, file: String = "module.yaml") -> TransportProperties {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { SimpleLine($1, number: $0 + 1) }[...]
        lines.removeAll { $0.text.isEmpty }
        return TransportProperties(file: file, node: mapping(&lines, indent: lines.first?.indent ?? 0))
    }

    private static func mapping(_ lines: inout ArraySlice<SimpleLine>, indent: Int) -> SpecNode {
        let start = lines.first.map { SourcePosition(line: $0.number, column: indent + 1) } ?? SourcePosition(line: 1, column: 1)
        var entries: [SpecNode.Entry] = []
        while let line = lines.first, line.indent == indent {
            lines.removeFirst()
            let value: SpecNode
            if let next = lines.first, line.value.isEmpty, next.indent > indent {
                value = mapping(&lines, indent: next.indent)
            } else {
                value = SpecNode(content(line.value), at: SourcePosition(line: line.number, column: line.valueColumn))
            }
            entries.append(
                SpecNode.Entry(key: line.key, keyPosition: SourcePosition(line: line.number, column: indent + 1), value: value)
            )
        }
        return SpecNode(.mapping(entries), at: start)
    }

    private static func content(_ text: String) -> SpecNode.Content {
        if text.isEmpty { return .null }
        guard text.hasPrefix("[") else { return .scalar(text == "\"\"" ? "" : text) }
        let items = text.dropFirst().dropLast().split(separator: ",").map { $0.filter { $0 != " " } }
        return .sequence(items.map { SpecNode(.scalar($0), at: SourcePosition(line: 1, column: 1)) })
    }
}

private struct SimpleLine {
    let number: Int
    let indent: Int
    let text: String
    let key: String
    let value: String
    let valueColumn: Int

    init(_ line: Substring, number: Int) {
        self.number = number
        indent = line.prefix { $0 == " " }.count
        text = String(line.dropFirst(indent))
        key = String(text.prefix { $0 != ":" })
        let rest = text.dropFirst(key.count + 1)
        let spaces = rest.prefix { $0 == " " }.count
        value = String(rest.dropFirst(spaces))
        valueColumn = indent + key.count + 2 + spaces
    }
}
