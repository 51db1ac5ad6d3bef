import Foundation

/// A Markdown document that holds the figures of a run between two comments.
struct ResultDocument {
    private static let begin = "<!-- figures: begin -->"
    private static let end = "<!-- figures: end -->"

    private let file: ResultFile
    private let before: Substring
    private let after: Substring

    /// - Throws: ``BenchmarkFailure`` where it cannot be read or written, or has no such comments.
    init(path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else { throw BenchmarkFailure("\(path) cannot be read") }
        let text = String(decoding: data, as: UTF8.self)
        guard let begin = text.range(of: Self.begin), let end = text.range(of: Self.end), begin.upperBound <= end.lowerBound else {
            throw BenchmarkFailure("\(path) has no place for figures; write '\(Self.begin)' and below it '\(Self.end)'")
        }
        file = try ResultFile(path)
        before = text[..<begin.upperBound]
        after = text[end.lowerBound...]
    }

    /// Replaces the figures.
    func write(_ tables: [ResultTable]) throws {
        try file.write(before + "\n\n" + Machine.own.description + "\n\n" + tables.map(\.markdown).joined(separator: "\n") + "\n" + after)
    }
}
