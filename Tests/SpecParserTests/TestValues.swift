import SpecParser
import TransportCore

/// A target as simple as one can be: two parts around a slash.
struct TestTarget: SpecText {
    let specText: String

    init(specText text: String) throws(SpecTextError) {
        guard let slash = text.firstIndex(of: "/") else {
            throw SpecTextError("'\(text)' has no slash", remedy: "write namespace/name", length: text.count)
        }
        let name = text[text.index(after: slash)...]
        if let bad = name.firstIndex(of: "!") {
            throw SpecTextError("a name cannot hold '!'", remedy: "leave it out", offset: text.distance(from: text.startIndex, to: bad))
        }
        self.specText = text
    }
}

/// A URL as simple as one can be: anything with a scheme.
struct TestURL: SpecText {
    let specText: String

    init(specText text: String) throws(SpecTextError) {
        guard text.contains("://") else {
            throw SpecTextError("'\(text)' has no scheme", remedy: "begin it with http://", length: text.count)
        }
        self.specText = text
    }
}

typealias TestModule = ParsedModule<TestTarget, TestURL>
typealias TestParser = ModuleParser<TestTarget, TestURL>

/// Reads a text as the file `module.yaml`.
func parse(_ text: String, environment: [String: String] = [:]) -> TestModule {
    TestParser().parse(text, file: "module.yaml", environment: environment)
}

/// Diagnostics as short lines: `line:column severity message | remedy`.
func lines(_ diagnostics: [SpecDiagnostic]) -> [String] {
    diagnostics.map { diagnostic in
        let place = diagnostic.position.map { "\($0.line):\($0.column)" } ?? "-"
        return "\(place) \(diagnostic.severity.rawValue) \(diagnostic.message) | \(diagnostic.remedy)"
    }
}

// MARK: - Models without positions
