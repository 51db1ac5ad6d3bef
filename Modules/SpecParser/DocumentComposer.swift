internal import TransportCore
internal import Yams

/// Reads the documents of a stream into trees, one at a time, and reports what YAML itself does not allow.
///
/// Scalars stay text as written. Aliases and merge keys (`<<`) are followed, within limits that no honest file meets.
struct DocumentComposer {
    /// How deep lists and keys may be nested.
    static let depthLimit = 100
    /// How many nodes of a file may come from aliases and merge keys.
    static let aliasLimit = 100_000

    let source: ModuleText
    private(set) var diagnostics: [SpecDiagnostic] = []
    /// The aliases and merge keys that were followed.
    private(set) var references: [Located<String>] = []
    /// The merge keys among them, by where the mapping begins that they belong to.
    private(set) var merges: [SourcePosition: Located<String>] = [:]

    /// What the names of the current document's anchors stand for.
    private var anchors: [String: Composed] = [:]
    private var aliasedNodes = 0
    private var hasReportedDepth = false
    private var range = DocumentRange(bytes: 0..<0, firstLine: 1, firstLineShift: 0)
    private var text: MaskedText?

    init(_ source: ModuleText) {
        self.source = source
    }

    /// Reads one document. Returns `nil` where it holds nothing, or is not YAML; the latter is reported.
    mutating func compose(_ range: DocumentRange) -> SpecNode? {
        self.range = range
        anchors = [:]
        hasReportedDepth = false
        reportControlCharacters()
        return parse()
    }

    private var oddities: ArraySlice<Int> {
        let low = source.oddities.partition(before: range.bytes.lowerBound)
        let high = source.oddities.partition(before: range.bytes.upperBound)
        return source.oddities[low..<high]
    }

    private mutating func parse() -> SpecNode? {
        var duplicates: [Int] = []
        // Each duplicate key costs another reading, so there is a limit to how much is read.
        var budget = 4 * range.bytes.count + 2_000_000
        while true {
            guard let text = MaskedText(source.bytes, range.bytes, oddities: oddities, unique: duplicates) else {
                report(
                    .error,
                    at: SourcePosition(line: range.firstLine, column: 1),
                    "the document uses too many characters of the private plane U+100000",
                    remedy: "write them as escapes, such as \"\\U00100000\""
                )
                return nil
            }
            self.text = text
            budget -= range.bytes.count
            do {
                // The parser keeps the anchors of its nodes alive.
                let parser = try Yams.Parser(yaml: text.text, resolver: .basic, encoding: .utf8)
                let root = try parser.nextRoot()
                if root != nil, let next = try parser.nextRoot() {
                    report(
                        .error,
                        at: position(next.mark),
                        "something follows the end of the document",
                        remedy: "begin a document with a line '---'"
                    )
                }
                return withExtendedLifetime(parser) { root.flatMap { compose($0, depth: 0).node.nonNull } }
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                let place = position(context.mark)
                guard budget > 0, let letter = maskableLetter(of: keys.first ?? "", at: place, masked: duplicates) else {
                    report(
                        .error,
                        at: place,
                        "the key '\(text.restore(keys.first ?? ""))' is written twice in the keys that begin here",
                        remedy: "keep one of them; the rest of the document was not read"
                    )
                    return nil
                }
                duplicates.append(letter)
            } catch {
                diagnostics.append(YAMLProblem(source: source, range: range).diagnostic(for: error))
                return nil
            }
        }
    }

    /// The byte of the first letter of the key that is written there.
    private func maskableLetter(of key: String, at place: SourcePosition, masked: [Int]) -> Int? {
        var locator = SourceLocator(source)
        guard var letter = locator.byteOffset(of: place), letter < range.bytes.upperBound else { return nil }
        switch source.bytes[letter] {
        case UInt8(ascii: "&"), UInt8(ascii: "!"):
            return nil
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            letter += 1
            guard letter < range.bytes.upperBound else { return nil }
            switch source.bytes[letter] {
            case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): return nil
            default: break
            }
        default: break
        }
        return key.isEmpty || masked.contains(letter) ? nil : letter
    }

    private mutating func reportControlCharacters() {
        let spots = oddities.filter { isControl($0) }
        guard let first = spots.first else { return }
        let code = String(source.bytes.scalar(at: first).value, radix: 16, uppercase: true)
        let more = spots.count > 1 ? ", and \(spots.count - 1) more like it in this document" : ""
        report(
            .error,
            at: source.position(ofByte: first),
            "there is a control character U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code) here\(more)",
            remedy: "remove it, or write it as an escape in double quotes"
        )
    }

    private func isControl(_ spot: Int) -> Bool {
        switch source.bytes.scalar(at: spot).value {
        case 0x85: false
        case 0..<0x20, 0x7F..<0xA0, 0xFFFE, 0xFFFF: true
        // A byte order mark does no harm inside a text, but becomes a part of what begins a line.
        case 0xFEFF: spot == 0 || source.bytes[spot - 1] == UInt8(ascii: "\n") || source.bytes[spot - 1] == UInt8(ascii: "\r")
        default: false
        }
    }
}

// MARK: - Nodes

/// A tree with what it counts towards the limits.
private struct Composed {
    var node: SpecNode
    var size = 1
    var height = 0
}

extension DocumentComposer {
    private mutating func compose(_ node: Yams.Node, depth: Int) -> Composed {
        let place = position(node.mark)
        guard depth <= Self.depthLimit else {
            return tooDeep(at: place)
        }
        switch node {
        case .scalar(let scalar):
            return composeScalar(scalar, at: place, depth: depth)
        case .sequence(let sequence):
            check(tag: sequence.tag, at: place)
            var all = Composed(node: SpecNode(.null, at: place))
            var items: [SpecNode] = []
            for item in sequence {
                items.append(all.take(compose(item, depth: depth + 1)))
            }
            all.node = SpecNode(.sequence(items), at: place)
            return register(all, anchor: sequence.anchor)
        case .mapping(let mapping):
            check(tag: mapping.tag, at: place)
            return register(composeMapping(mapping, at: place, depth: depth), anchor: mapping.anchor)
        case .alias:
            return Composed(node: SpecNode(.null, at: place))
        }
    }

    private mutating func composeScalar(_ scalar: Yams.Node.Scalar, at place: SourcePosition, depth: Int) -> Composed {
        let text = restore(scalar.string)
        if scalar.style == .plain, text.hasPrefix("*") {
            return follow(alias: String(text.dropFirst()), at: place, depth: depth)
        }
        check(tag: scalar.tag, at: place)
        let isNull =
            switch scalar.tag.rawValue {
            case Tag.Name.implicit.rawValue: scalar.style == .plain && isNull(text)
            case Tag.Name.null.rawValue: true
            default: false
            }
        return register(Composed(node: SpecNode(isNull ? .null : .scalar(text), at: place)), anchor: scalar.anchor)
    }

    private func isNull(_ text: String) -> Bool {
        switch text {
        case "", "~", "null", "Null", "NULL": true
        default: false
        }
    }

    private mutating func composeMapping(_ mapping: Yams.Node.Mapping, at place: SourcePosition, depth: Int) -> Composed {
        var all = Composed(node: SpecNode(.null, at: place))
        var entries: [SpecNode.Entry] = []
        var places: [String: SourcePosition] = [:]
        var merged: [SpecNode.Entry] = []
        for (key, value) in mapping {
            let keyPlace = position(key.mark)
            guard case .scalar(let scalar) = key else {
                report(.error, at: keyPlace, "a key must be text", remedy: "write a name before the ':'")
                continue
            }
            let name = restore(scalar.string)
            if scalar.style == .plain, name == "<<" {
                let reference = Located(name, at: keyPlace)
                references.append(reference)
                merges[place] = reference
                merged += entriesToMerge(compose(value, depth: depth + 1), into: &all)
                continue
            }
            if scalar.style == .plain, name.hasPrefix("*") {
                report(
                    .error,
                    at: keyPlace,
                    length: name.unicodeScalars.count,
                    "an alias cannot stand for a key",
                    remedy: "write the key itself"
                )
                continue
            }
            _ = register(Composed(node: SpecNode(.scalar(name), at: keyPlace)), anchor: scalar.anchor)
            if let first = places[name] {
                report(
                    .error,
                    at: keyPlace,
                    length: name.unicodeScalars.count,
                    "the key '\(name)' is written twice, at \(first.line):\(first.column) and here",
                    remedy: "keep one of the two"
                )
                continue
            }
            places[name] = keyPlace
            entries.append(SpecNode.Entry(key: name, keyPosition: keyPlace, value: all.take(compose(value, depth: depth + 1))))
        }
        for entry in merged where places[entry.key] == nil {
            places[entry.key] = entry.keyPosition
            entries.append(entry)
        }
        all.node = SpecNode(.mapping(entries), at: place)
        return all
    }

    /// What a merge key brings in: the keys of a mapping, or of several, of which the earlier ones win.
    private mutating func entriesToMerge(_ value: Composed, into all: inout Composed) -> [SpecNode.Entry] {
        let node = all.take(value)
        switch node.content {
        case .mapping(let entries):
            return entries
        case .sequence(let items) where items.allSatisfy({ if case .mapping = $0.content { true } else { false } }):
            return items.flatMap(\.entries)
        case .sequence, .scalar, .null:
            report(
                .error,
                at: node.position,
                "'<<' takes in keys with values, not \(node.kindDescription)",
                remedy: "write an alias, such as *defaults"
            )
            return []
        }
    }

    private mutating func follow(alias name: String, at place: SourcePosition, depth: Int) -> Composed {
        let nothing = Composed(node: SpecNode(.null, at: place))
        let length = name.unicodeScalars.count + 1
        guard name.utf8.allSatisfy(\.isAnchorCharacter) else {
            report(
                .error,
                at: place,
                length: length,
                "a text cannot begin with '*', which stands for an alias",
                remedy: "put it into quotes"
            )
            return nothing
        }
        guard let target = anchors[name] else {
            let known = NearestName.of(name, among: anchors.keys.sorted()).map { "write *\($0), or define" } ?? "define"
            report(
                .error,
                at: place,
                length: length,
                "the alias *\(name) has no anchor before it in this document",
                remedy: "\(known) &\(name) first; put a text that begins with '*' into quotes"
            )
            return nothing
        }
        references.append(Located("*\(name)", at: place))
        guard depth + target.height <= Self.depthLimit else {
            return tooDeep(at: place)
        }
        let before = aliasedNodes
        aliasedNodes += target.size
        guard aliasedNodes <= Self.aliasLimit else {
            if before <= Self.aliasLimit {
                report(
                    .error,
                    at: place,
                    length: length,
                    "the aliases of this file stand for more than \(Self.aliasLimit) values",
                    remedy: "write the values themselves, or use fewer aliases"
                )
            }
            return nothing
        }
        return target
    }

    private mutating func register(_ composed: Composed, anchor: Anchor?) -> Composed {
        if let anchor {
            anchors[anchor.rawValue] = composed
        }
        return composed
    }

    private mutating func tooDeep(at place: SourcePosition) -> Composed {
        if !hasReportedDepth {
            report(.error, at: place, "this is nested more than \(Self.depthLimit) levels deep", remedy: "write it flatter")
            hasReportedDepth = true
        }
        return Composed(node: SpecNode(.null, at: place))
    }

    private mutating func check(tag: Tag, at place: SourcePosition) {
        let name = tag.rawValue
        guard !name.isEmpty, name != "!", !name.hasPrefix("tag:yaml.org,2002:") else { return }
        report(.warning, at: place, "the tag '\(name)' has no meaning here", remedy: "remove it")
    }

    private func restore(_ piece: String) -> String {
        text?.restore(piece) ?? piece
    }

    private func position(_ mark: Mark?) -> SourcePosition {
        range.position(line: mark?.line ?? 1, column: mark?.column ?? 1)
    }

    private mutating func report(
        _ severity: SpecDiagnostic.Severity,
        at place: SourcePosition,
        length: Int = 1,
        _ message: String,
        remedy: String
    ) {
        diagnostics.append(SpecDiagnostic(severity, at: place, length: length, message, remedy: remedy))
    }
}

extension Composed {
    /// Counts a part towards the limits and returns its tree.
    fileprivate mutating func take(_ part: Composed) -> SpecNode {
        size += part.size
        height = max(height, part.height + 1)
        return part.node
    }
}

extension DocumentRange {
    /// The place in the file for a place in this document.
    func position(line: Int, column: Int) -> SourcePosition {
        SourcePosition(line: firstLine + line - 1, column: column + (line == 1 ? firstLineShift : 0))
    }
}

extension SpecNode {
    /// The node, or nothing where it holds nothing.
    fileprivate var nonNull: SpecNode? { content == .null ? nil : self }
}

extension [Int] {
    /// How many of the numbers, which ascend, are less than `bound`.
    fileprivate func partition(before bound: Int) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < bound { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
