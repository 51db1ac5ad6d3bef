public import TransportCore

/// Gives HTTP endpoints of a `module.yaml` another URL and other transport options, in its text: every other byte, comments
/// included, stays what it is. Options that are left out become comments.
///
/// Keys on lines of their own, values in quotes or not, `{…}` on one line, anchors and aliases are understood. What is written
/// in yet another way is refused with its place. Whoever uses the text reads it once more and compares.
///
/// The text is for the JVM runtime, whose reader of YAML takes an alias for a text and a merge key (`<<`) for a key: values that are
/// set are written out, and where another alias or merge key would stay, the text is refused.
public struct ModuleEditor {
    /// What a key is set to.
    public indirect enum Value: Hashable, Sendable {
        /// A text without characters that mean something in YAML.
        case text(String)
        case keys([Key])
    }

    /// A key with what it is set to.
    public struct Key: Hashable, Sendable {
        public var name: String
        /// What the file may call it instead; it has its name afterwards.
        public var otherName: String?
        public var value: Value

        public init(_ name: String, or otherName: String? = nil, _ value: Value) {
            self.name = name
            self.otherName = otherName
            self.value = value
        }
    }

    private struct Edit: Hashable {
        let range: Range<Int>
        let text: String
    }

    private let text: ModuleText
    private let documents: [SpecNode]
    private let references: [Located<String>]
    private let merges: [SourcePosition: Located<String>]
    private var locator: SourceLocator
    private var edits: Set<Edit> = []
    /// Where the specs begin that were set.
    private var specs: Set<SourcePosition> = []

    /// An editor for a text that parses without an error.
    public init(_ text: ModuleText) {
        self.text = text
        locator = SourceLocator(text)
        var composer = DocumentComposer(text)
        documents = text.documents().compactMap { composer.compose($0) }
        references = composer.references
        merges = composer.merges
    }

    /// Sets the keys of the spec of an endpoint.
    /// - Parameters:
    ///   - position: where the endpoint begins, as its `HTTPEndpointSpec` says.
    ///   - keys: what the spec is to hold; keys beside them stay as they are, and so do values that say that already. Keys of a key
    ///     are all that it holds afterwards.
    /// - Throws: ``TransportCore/SpecDiagnostic`` where the file writes something in a way that cannot be changed.
    public mutating func setSpec(ofEndpointAt position: SourcePosition, to keys: [Key]) throws(SpecDiagnostic) {
        guard let spec = documents.lazy.compactMap({ $0.endpointSpec(at: position) }).first else {
            throw refusal(at: position, "the endpoint that begins here cannot be found again")
        }
        specs.insert(spec.position)
        try set(keys, in: spec, isComplete: false, after: spec.entry("urlPathTemplate"))
    }

    /// The values that hold `${` and stay as they are, since they are in none of the specs that were set.
    public var unsetPlaceholders: [Located<String>] { documents.flatMap { placeholders(in: $0) } }

    private func placeholders(in node: SpecNode) -> [Located<String>] {
        guard !specs.contains(node.position) else { return [] }
        switch node.content {
        case .scalar(let text): return text.contains("${") ? [Located(text, at: node.position)] : []
        case .mapping(let entries): return entries.flatMap { placeholders(in: $0.value) }
        case .sequence(let items): return items.flatMap { placeholders(in: $0) }
        case .null: return []
        }
    }

    /// The text with everything that was set.
    /// - Throws: ``TransportCore/SpecDiagnostic`` where a place of the file would have to say two things, for two endpoints that
    ///   share it, and where an alias or a merge key would stay.
    public func edited() throws(SpecDiagnostic) -> String {
        let edited = try put()
        guard !references.isEmpty else { return edited }
        let result = ModuleText(file: text.file, edited)
        var composer = DocumentComposer(result)
        for range in result.documents() { _ = composer.compose(range) }
        if let left = composer.references.first {
            let places = references.filter { $0.value == left.value }
            throw refusal(ofReference: places.first { !isReplaced($0.position) } ?? places.first ?? left)
        }
        return edited
    }

    private func refusal(ofReference reference: Located<String>) -> SpecDiagnostic {
        refusal(
            at: reference.position,
            length: reference.value.unicodeScalars.count,
            "'\(reference.value)' would stay in the file, and the JVM runtime's reader knows neither aliases nor '<<'",
            remedy: "write what it stands for"
        )
    }

    /// Whether what stands there will not be in the text.
    private func isReplaced(_ position: SourcePosition) -> Bool {
        var locator = locator
        guard let place = locator.byteOffset(of: position) else { return false }
        return edits.contains { $0.range.contains(place) }
    }

    private func put() throws(SpecDiagnostic) -> String {
        var bytes: [UInt8] = []
        var copied = 0
        for edit in edits.sorted(by: {
            ($0.range.lowerBound, $0.range.upperBound, $0.text) < ($1.range.lowerBound, $1.range.upperBound, $1.text)
        }) {
            guard edit.range.lowerBound >= copied else {
                throw refusal(
                    at: text.position(ofByte: edit.range.lowerBound),
                    "endpoints share what stands here, and need different values"
                )
            }
            bytes += text.bytes[copied..<edit.range.lowerBound]
            bytes += edit.text.utf8
            copied = edit.range.upperBound
        }
        bytes += text.bytes[copied...]
        return String(decoding: bytes, as: UTF8.self)
    }

    private func refusal(
        at position: SourcePosition?,
        length: Int = 1,
        _ message: String,
        remedy: String = "write each key of the endpoint on a line of its own, without aliases"
    ) -> SpecDiagnostic {
        SpecDiagnostic(.error, at: position, length: length, message, remedy: remedy, file: text.file)
    }

    // MARK: - Keys with values

    /// - Parameters:
    ///   - isComplete: whether other keys become comments.
    ///   - anchor: the entry that new ones follow; without, they come first.
    private mutating func set(_ keys: [Key], in node: SpecNode, isComplete: Bool, after anchor: SpecNode.Entry?) throws(SpecDiagnostic) {
        guard let first = node.entries.first, let start = locator.byteOffset(of: node.position) else {
            throw refusal(at: node.position, "there are no keys here")
        }
        // What is merged in stands elsewhere, perhaps for others as well.
        if let merge = merges[node.position] { throw refusal(ofReference: merge) }
        let isFlow = text.bytes[text.skippingProperties(from: start)] == UInt8(ascii: "{")
        var missing: [Key] = []
        for key in keys {
            guard let entry = node.entry(key.name) ?? key.otherName.flatMap({ node.entry($0) }) else {
                missing.append(key)
                continue
            }
            if entry.key != key.name {
                let range = try range(ofKeyOf: entry)
                // Between quotes, in JSON for instance, a key has to stay.
                add(text.bytes[range.lowerBound].isQuote ? range.lowerBound + 1..<range.upperBound - 1 : range, key.name)
            }
            try set(entry, to: key.value, isFlow: isFlow)
        }
        if isFlow {
            // Only the spec itself gets here; what is below it is written anew as a whole.
            guard let anchor, !missing.isEmpty else { return }
            let end = try valueRange(of: anchor, isFlow: true).upperBound
            add(end..<end, missing.map { ", \($0.name): \(Self.flow($0.value))" }.joined())
            return
        }
        if isComplete {
            for (index, entry) in node.entries.enumerated() where !keys.contains(where: { $0.name == entry.key }) {
                let next = index + 1 < node.entries.count ? node.entries[index + 1].keyPosition : nil
                try comment(entry, until: next)
            }
        }
        guard !missing.isEmpty else { return }
        // Behind a key that stays, so that comments before the first one stay with it.
        let known = anchor ?? node.entries.first { entry in keys.contains { $0.name == entry.key } && entry.value.text != nil }
        let line = known.map { $0.value.position.line + 1 } ?? first.keyPosition.line
        let place = line <= text.lineStarts.count ? text.lineStarts[line - 1] : text.bytes.count
        let indent = (known ?? first).keyPosition.column - 1
        var lines = missing.map { Self.block($0, indent: indent) }.joined()
        if place == text.bytes.count, text.bytes.last != UInt8(ascii: "\n") {
            lines = "\n" + lines.dropLast()
        }
        add(place..<place, text.usesCarriageReturns ? lines.replacing("\n", with: "\r\n") : lines)
    }

    private mutating func set(_ entry: SpecNode.Entry, to value: Value, isFlow: Bool) throws(SpecDiagnostic) {
        if case .text(let text) = value, entry.value.text == text, !isAlias(entry) { return }
        if !isFlow, case .keys(let keys) = value, try isBlock(entry) {
            return try set(keys, in: entry.value, isComplete: true, after: nil)
        }
        let range = try valueRange(of: entry, isFlow: isFlow)
        // A value that is not there yet, or follows as in JSON, needs a space before it.
        let space = text.bytes[range.lowerBound - 1] == UInt8(ascii: ":") ? " " : ""
        add(range, space + (isFlow || { if case .keys = value { true } else { false } }() ? Self.flow(value) : Self.plain(value)))
    }

    /// Whether an alias stands for the value of an entry, on the line of its key.
    private mutating func isAlias(_ entry: SpecNode.Entry) -> Bool {
        guard let colon = try? afterColon(of: entry) else { return false }
        let start = text.skippingProperties(from: colon)
        return start < text.bytes.count && text.bytes[start] == UInt8(ascii: "*")
    }

    /// Whether the value of an entry is keys on lines of their own.
    private mutating func isBlock(_ entry: SpecNode.Entry) throws(SpecDiagnostic) -> Bool {
        guard case .mapping = entry.value.content else { return false }
        let start = text.skippingProperties(from: try afterColon(of: entry))
        return start == text.bytes.count || text.bytes[start].endsLine || text.bytes[start] == UInt8(ascii: "#")
    }

    /// Makes comments of the lines of an entry.
    private mutating func comment(_ entry: SpecNode.Entry, until next: SourcePosition?) throws(SpecDiagnostic) {
        let column = entry.keyPosition.column - 1
        var line = entry.keyPosition.line
        repeat {
            let range = text.byteRange(ofLine: line)
            let indent = text.bytes[range].prefix { $0 == UInt8(ascii: " ") }.count
            if !text.isBlankOrComment(range) {
                let isOwn = line == entry.keyPosition.line
                let continuesList = indent == column && text.bytes[range.lowerBound + indent] == UInt8(ascii: "-")
                guard isOwn || indent > column || continuesList else { return }
                guard !isOwn || indent == column else {
                    throw refusal(at: entry.keyPosition, "'\(entry.key)' does not stand on a line of its own")
                }
                add(range.lowerBound + indent..<range.lowerBound + indent, "# ")
            }
            line += 1
        } while line <= text.lineCount && next.map { line < $0.line || $0.line <= entry.keyPosition.line } ?? true
    }

    // MARK: - Places

    /// Where the key of an entry stands, with its quotes.
    private mutating func range(ofKeyOf entry: SpecNode.Entry) throws(SpecDiagnostic) -> Range<Int> {
        guard let place = locator.byteOffset(of: entry.keyPosition), place < text.bytes.count else {
            throw refusal(at: entry.keyPosition, "'\(entry.key)' cannot be found again")
        }
        let start = text.skippingProperties(from: place)
        return start..<(text.bytes[start].isQuote ? text.endOfQuoted(from: start) : start + entry.key.utf8.count)
    }

    private mutating func afterColon(of entry: SpecNode.Entry) throws(SpecDiagnostic) -> Int {
        var index = try range(ofKeyOf: entry).upperBound
        while index < text.bytes.count, text.bytes[index].isBlank { index += 1 }
        guard index < text.bytes.count, text.bytes[index] == UInt8(ascii: ":") else {
            throw refusal(at: entry.keyPosition, "the value of '\(entry.key)' cannot be found")
        }
        return index + 1
    }

    /// Where the value of an entry stands, its anchor left out. Empty where there is none.
    private mutating func valueRange(of entry: SpecNode.Entry, isFlow: Bool) throws(SpecDiagnostic) -> Range<Int> {
        let colon = try afterColon(of: entry)
        var start = text.skippingProperties(from: colon)
        guard start < text.bytes.count else { return colon..<colon }
        if text.bytes[start].endsLine || text.bytes[start] == UInt8(ascii: "#") {
            guard entry.value.content != .null else { return colon..<colon }
            guard let place = locator.byteOffset(of: entry.value.position), place > start else {
                throw refusal(at: entry.keyPosition, "the value of '\(entry.key)' cannot be found")
            }
            start = text.skippingProperties(from: place)
        }
        switch text.bytes[start] {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            let range = start..<text.endOfQuoted(from: start)
            guard !text.bytes[range].contains(where: \.endsLine) else {
                throw refusal(at: entry.keyPosition, "the value of '\(entry.key)' takes several lines")
            }
            return range
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard let end = text.endOfFlow(from: start) else {
                throw refusal(at: entry.keyPosition, "the value of '\(entry.key)' takes several lines")
            }
            return start..<end
        case UInt8(ascii: "|"), UInt8(ascii: ">"):
            throw refusal(at: entry.keyPosition, "the value of '\(entry.key)' takes several lines")
        default:
            return start..<text.endOfPlain(from: start, isFlow: isFlow)
        }
    }

    private mutating func add(_ range: Range<Int>, _ replacement: String) {
        edits.insert(Edit(range: range, text: replacement))
    }

    // MARK: - Text

    private static func plain(_ value: Value) -> String {
        switch value {
        case .text(let text):
            text.utf8.allSatisfy { !"[]{},#&*!|>'\"%@`\\".utf8.contains($0) && $0 > 0x20 && $0 < 0x7F || $0 == 0x20 }
                ? text : "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
        case .keys: flow(value)
        }
    }

    private static func flow(_ value: Value) -> String {
        switch value {
        case .text: plain(value)
        case .keys(let keys): "{" + keys.map { "\($0.name): \(flow($0.value))" }.joined(separator: ", ") + "}"
        }
    }

    private static func block(_ key: Key, indent: Int) -> String {
        let spaces = String(repeating: " ", count: indent)
        switch key.value {
        case .text: return "\(spaces)\(key.name): \(plain(key.value))\n"
        case .keys(let keys): return "\(spaces)\(key.name):\n" + keys.map { block($0, indent: indent + 2) }.joined()
        }
    }
}

extension SpecNode {
    /// The spec of the endpoint that begins there: of this document, or of one of those in a document of version 3.0.
    fileprivate func endpointSpec(at position: SourcePosition) -> SpecNode? {
        if self["kind"] != nil {
            return self.position == position ? self["spec"] : nil
        }
        let items = self["module"]?["spec"]?["endpoints"]?.items ?? []
        return items.first { $0.position == position }?["endpoint"]?["spec"]
    }
}
