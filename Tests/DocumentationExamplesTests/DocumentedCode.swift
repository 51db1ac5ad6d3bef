import Foundation
import TestSupport

/// A block of code in a Markdown text, and the file that is compiled or read in its place.
///
/// The line before such a block says which one: `<!-- compiled: PATH -->` where the block is the whole file,
/// `<!-- compiled: PATH#NAME -->` where it is the part between the lines `// begin NAME` and `// end NAME`, after imports that
/// the file has as well. `read` instead of `compiled` is for what tests read, such as YAML. `<!-- not compiled: WHY -->` says
/// that there is no such file.
struct DocumentedCode: Sendable {
    let document: String
    /// Of the block's first line, counted from 1.
    let line: Int
    let language: String
    let code: String
    /// What the comment before the block says.
    let mark: Mark?

    enum Mark: Equatable, Sendable {
        case file(String, region: String?)
        case excused(String)
    }

    /// Every block of a text.
    static func all(in text: String, of document: String) -> [DocumentedCode] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var found: [DocumentedCode] = []
        var index = 0
        while index < lines.count {
            defer { index += 1 }
            guard lines[index].hasPrefix("```") else { continue }
            let opening = index
            let body = lines[(opening + 1)...].prefix { !$0.hasPrefix("```") }
            index = body.endIndex
            found.append(
                DocumentedCode(
                    document: document,
                    line: opening + 2,
                    language: String(lines[opening].dropFirst(3)),
                    code: body.map { "\($0)\n" }.joined(),
                    mark: opening > 0 ? mark(lines[opening - 1]) : nil
                )
            )
        }
        return found
    }

    /// Every block of the README and of `Documentation/`.
    static func all() throws -> [DocumentedCode] {
        let folder = RepositoryLayout.path("Documentation")
        let pages = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".md") }.sorted()
        return try (["README.md"] + pages.map { "Documentation/\($0)" }).flatMap { document in
            all(in: try String(contentsOfFile: RepositoryLayout.path(document), encoding: .utf8), of: document)
        }
    }

    private static func mark(_ line: String) -> Mark? {
        if let excuse = line.wholeMatch(of: #/<!-- not compiled: (.+) -->/#) { return .excused(String(excuse.output.1)) }
        guard let match = line.wholeMatch(of: #/<!-- (?:compiled|read): ([^#\s]+)(?:#(\S+))? -->/#) else { return nil }
        return .file(String(match.output.1), region: match.output.2.map(String.init))
    }

    /// What is different in the file that stands for this block; `nil` where nothing is.
    func difference(from source: String) -> String? {
        guard case .file(let path, let region?) = mark else {
            return source == code ? nil : "\(place) differs from its file"
        }
        guard let part = Self.region(region, of: source) else { return "\(path) has no lines 'begin \(region)' and 'end \(region)'" }
        let lines = code.split(separator: "\n", omittingEmptySubsequences: false)
        let imports = lines.prefix { $0.hasPrefix("import ") }
        for line in imports where !source.split(separator: "\n").contains(where: { $0 == line }) {
            return "\(place): \(path) lacks '\(line)'"
        }
        let rest = lines.dropFirst(imports.count).drop { imports.count > 0 && $0.isEmpty }.joined(separator: "\n")
        return rest == part ? nil : "\(place) differs from the part '\(region)' of \(path)"
    }

    var place: String { "\(document):\(line)" }

    /// The lines between `// begin NAME` and `// end NAME`, moved to the left edge.
    static func region(_ name: String, of source: String) -> String? {
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        func place(_ mark: String) -> Int? { lines.firstIndex { $0.drop { $0 == " " } == "// \(mark) \(name)" } }
        guard let begin = place("begin"), let end = place("end"), begin < end else { return nil }
        let body = lines[(begin + 1)..<end]
        let indent = body.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        return body.map { "\($0.dropFirst(indent))\n" }.joined()
    }

    /// What the block says that it prints: the comments behind its calls of `print`.
    var promisedOutput: [String] {
        code.split(separator: "\n").compactMap { line in
            guard line.contains("print("), let comment = line.firstRange(of: "  // ") else { return nil }
            return String(line[comment.upperBound...])
        }
    }
}
