internal import TransportCore

/// Puts the values of an environment where the values of a spec say `${NAME}` or `${NAME:-default}`.
///
/// Keys stay as they are. What is put in is not read again, so a value may hold `$`, `\`, `:` or quotes. `:-` counts for a
/// name that is missing or empty, as in a shell; `${:-text}` names nothing and always means its default, which is how a
/// spec writes `${` itself: `${:-$}{NAME}`. Every other `$` means itself.
struct Substitution {
    /// How many bytes the values of one file may add up to.
    static let sizeLimit = 16_000_000
    /// How many problems of one value are reported.
    static let problemLimit = 20

    let environment: [String: String]
    private(set) var diagnostics: [SpecDiagnostic] = []
    private var locator: SourceLocator
    private var size = 0

    init(_ environment: [String: String], source: ModuleText) {
        self.environment = environment
        self.locator = SourceLocator(source)
    }

    /// The tree with every value put in. What cannot be put in is reported, and the value with it left out of the tree, so
    /// that nobody complains of it a second time.
    mutating func apply(to node: SpecNode) -> SpecNode {
        resolve(node) ?? SpecNode(.null, at: node.position)
    }

    private mutating func resolve(_ node: SpecNode) -> SpecNode? {
        switch node.content {
        case .null:
            return node
        case .scalar(let text):
            guard text.utf8.contains(UInt8(ascii: "$")) else { return node }
            return resolve(text, at: node.position).map { SpecNode(.scalar($0), at: node.position) }
        case .sequence(let items):
            var resolved: [SpecNode] = []
            for item in items {
                if let item = resolve(item) { resolved.append(item) }
            }
            return SpecNode(.sequence(resolved), at: node.position)
        case .mapping(let entries):
            var resolved: [SpecNode.Entry] = []
            for entry in entries {
                if let value = resolve(entry.value) {
                    resolved.append(SpecNode.Entry(key: entry.key, keyPosition: entry.keyPosition, value: value))
                }
            }
            return SpecNode(.mapping(resolved), at: node.position)
        }
    }

    private mutating func resolve(_ text: String, at position: SourcePosition) -> String? {
        var result = ""
        var rest = text[...]
        var problems = 0
        while let opening = rest.utf8.firstRange(of: "${".utf8) {
            result += rest[..<opening.lowerBound]
            guard let closing = rest.utf8[opening.upperBound...].firstIndex(of: UInt8(ascii: "}")) else {
                report(
                    rest[opening.lowerBound...],
                    of: text,
                    at: position,
                    "'${' is not closed",
                    "write '}' after the name, or ${:-$}{ for the characters '${' themselves"
                )
                return nil
            }
            let reference = rest[opening.lowerBound..<rest.utf8.index(after: closing)]
            if let value = value(rest[opening.upperBound..<closing], reference, of: text, at: position) {
                result += value
            } else {
                problems += 1
                guard problems < Self.problemLimit else { return nil }
            }
            rest = rest[rest.utf8.index(after: closing)...]
        }
        return problems == 0 ? result + rest : nil
    }

    private mutating func value(
        _ inside: Substring,
        _ reference: Substring,
        of text: String,
        at position: SourcePosition
    ) -> String? {
        let separator = inside.utf8.firstRange(of: ":-".utf8)
        let name = inside[..<(separator?.lowerBound ?? inside.endIndex)]
        let fallback = separator.map { inside[$0.upperBound...] }
        if fallback?.utf8.firstRange(of: "${".utf8) != nil {
            report(reference, of: text, at: position, "a default cannot hold another '${'", "write the default as plain text")
            return nil
        }
        let found: Substring
        if let value = environment[String(name)], !name.isEmpty, fallback == nil || !value.isEmpty {
            found = value[...]
        } else if name.isEmpty || isName(name), let fallback {
            found = fallback
        } else if isName(name) {
            report(
                reference,
                of: text,
                at: position,
                "the environment has no value for '\(name)'",
                "set the variable \(name), or write a default such as ${\(name):-value}"
            )
            return nil
        } else {
            report(
                reference,
                of: text,
                at: position,
                "'\(name)' is not the name of a variable",
                "write letters, digits and '_' between the braces, as in ${NAME} or ${NAME:-default}"
            )
            return nil
        }
        size += found.utf8.count
        guard size <= Self.sizeLimit else {
            report(
                reference,
                of: text,
                at: position,
                "the values put into this file add up to more than \(Self.sizeLimit) bytes",
                "use shorter values"
            )
            return nil
        }
        return String(found)
    }

    private func isName(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
        return text.utf8.allSatisfy { $0.isAnchorCharacter && $0 != UInt8(ascii: "-") }
    }

    private mutating func report(
        _ part: Substring,
        of text: String,
        at position: SourcePosition,
        _ message: String,
        _ remedy: String
    ) {
        let offset = text[..<part.startIndex].unicodeScalars.count
        let (place, length) = locator.place(of: offset, length: part.unicodeScalars.count, in: text, at: position)
        diagnostics.append(SpecDiagnostic(.error, at: place, length: length, message, remedy: remedy))
    }
}
