internal import TransportCore

/// Reads the keys of a component one by one and collects every problem on the way, so that a file's author sees all of them
/// at once.
struct ComponentSpecReader {
    /// In the order of the file.
    var diagnostics: [SpecDiagnostic] {
        found.sorted { ($0.position ?? spec.position) < ($1.position ?? spec.position) }
    }

    private var found: [SpecDiagnostic] = []
    private var entries: [String: SpecNode.Entry] = [:]
    private let spec: SpecNode
    private let owner: String
    private let file: String

    /// - Parameters:
    ///   - owner: what has the spec, as a sentence names it.
    ///   - keys: what it must say. A key that is none of them is an error where it stands for a missing one, and otherwise a
    ///     warning.
    init(_ spec: SpecNode, of owner: String, keys: [String], file: String) {
        self.spec = spec
        self.owner = owner
        self.file = file
        guard case .mapping = spec.content else {
            report(at: spec.position, "the spec of \(owner) is \(spec.kindDescription)", "write \(Self.list(keys)) below 'spec:', indented")
            return
        }
        sort(keys)
    }

    /// Reads a port.
    mutating func port(_ key: String, example: Int) -> Int? {
        guard let node = entries[key]?.value else { return nil }
        let remedy = "write a number from 0 to 65535, such as \(example); 0 lets the system choose"
        guard let text = node.text else {
            report(at: node.position, "'\(key)' must be a number, not \(node.kindDescription)", remedy)
            return nil
        }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), (0...65535).contains(number) else {
            report(at: node.position, length: text.unicodeScalars.count, "'\(text)' is not a port", remedy)
            return nil
        }
        return number
    }

    /// Reads a list of texts that differ.
    /// - Parameter noun: what one of them is.
    mutating func names(_ key: String, each noun: String, example: String) -> [String]? {
        guard let entry = entries[key] else { return nil }
        let node = entry.value
        guard case .sequence(let items) = node.content else {
            report(
                at: node.position,
                "'\(key)' must be a list, not \(node.kindDescription)",
                "write one '- \(example)' a line, or [\(example)]"
            )
            return nil
        }
        guard !items.isEmpty else {
            report(at: node.position, "'\(key)' is empty", "write at least one \(noun), such as [\(example)]")
            return nil
        }
        let before = found.count
        var places: [[UInt8]: Int] = [:]
        for item in items {
            guard let text = item.text, !text.isEmpty else {
                report(
                    at: item.position,
                    "a \(noun) must be a text, not \(item.text.map { _ in "an empty one" } ?? item.kindDescription)",
                    "write a name, such as \(example)"
                )
                continue
            }
            // Compared by bytes, as the records are that name them.
            if let line = places.updateValue(item.position.line, forKey: Array(text.utf8)) {
                report(
                    at: item.position,
                    length: text.unicodeScalars.count,
                    "the \(noun) '\(text)' stands on line \(line) already",
                    "remove one of the two"
                )
            }
        }
        return found.count == before ? items.compactMap(\.text) : nil
    }

    private mutating func sort(_ keys: [String]) {
        for entry in spec.entries where keys.contains(entry.key) && entries[entry.key] == nil {
            entries[entry.key] = entry
        }
        var missing = keys.filter { entries[$0] == nil }
        for entry in spec.entries where !keys.contains(entry.key) {
            let length = entry.key.unicodeScalars.count
            let nearest = NearestName.of(entry.key, among: keys)
            if let nearest, let index = missing.firstIndex(of: nearest) {
                missing.remove(at: index)
                entries[nearest] = entry
                report(at: entry.keyPosition, length: length, "'\(entry.key)' is not a key of \(owner)", "write '\(nearest)'")
            } else {
                report(
                    .warning,
                    at: entry.keyPosition,
                    length: length,
                    "'\(entry.key)' is not a key of \(owner) and has no effect",
                    nearest.map { "write '\($0)'" } ?? "remove it, or use \(Self.list(keys))"
                )
            }
        }
        for key in missing {
            report(at: spec.position, "\(owner) has no '\(key)'", "add '\(key): …'")
        }
    }

    private static func list(_ keys: [String]) -> String {
        keys.map { "'\($0)'" }.joined(separator: " and ")
    }

    private mutating func report(
        _ severity: SpecDiagnostic.Severity = .error,
        at position: SourcePosition,
        length: Int = 1,
        _ message: String,
        _ remedy: String
    ) {
        found.append(SpecDiagnostic(severity, at: position, length: length, message, remedy: remedy, file: file))
    }
}
