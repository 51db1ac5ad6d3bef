import Yams

/// What a fixture's expectation says, and what really is: text, a list, or keys with values. Both are brought into this
/// form, so that one comparison serves for everything.
indirect enum FixtureValue: Equatable, Sendable {
    case text(String)
    case list([FixtureValue])
    /// Keys in the order of the file.
    case keys([Entry])

    struct Entry: Equatable, Sendable {
        var key: String
        var value: FixtureValue

        init(_ key: String, _ value: FixtureValue) {
            self.key = key
            self.value = value
        }

        init(_ key: String, _ text: String) {
            self.init(key, .text(text))
        }
    }

    /// Reads a YAML document. Numbers and booleans stay text.
    /// - Throws: an error of Yams where it is none, ``FixtureProblem`` where it holds something that no fixture needs.
    init(yaml: String) throws {
        guard let node = try Yams.compose(yaml: yaml) else { throw FixtureProblem("the file is empty") }
        try self.init(node)
    }

    private init(_ node: Node) throws {
        switch node {
        case .scalar(let scalar):
            self = .text(scalar.string)
        case .sequence(let items):
            self = .list(try items.map { try FixtureValue($0) })
        case .mapping(let pairs):
            self = .keys(
                try pairs.map { key, value in
                    guard let name = key.string else { throw FixtureProblem("a key is not text") }
                    return Entry(name, try FixtureValue(value))
                }
            )
        case .alias:
            throw FixtureProblem("aliases are not read")
        }
    }

    /// The value of a key; `nil` where it is not there.
    subscript(key: String) -> FixtureValue? {
        guard case .keys(let entries) = self else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// Every text with the values of some names put in where it says `${NAME}`.
    func replacing(_ variables: [String: String]) -> FixtureValue {
        switch self {
        case .text(let text):
            .text(variables.reduce(text) { $0.replacing("${\($1.key)}", with: $1.value) })
        case .list(let items):
            .list(items.map { $0.replacing(variables) })
        case .keys(let entries):
            .keys(entries.map { Entry($0.key, $0.value.replacing(variables)) })
        }
    }

    /// Where this, as an expectation, is not met. Keys that it does not name are not looked at; a list is met as a whole.
    func differences(from actual: FixtureValue?, at path: String) -> [String] {
        guard let actual else { return ["\(path) is expected, but there is no such thing"] }
        switch (self, actual) {
        case (.text(let expected), .text(let found)):
            return expected == found ? [] : ["\(path):\n    expected \(expected.shown)\n    found    \(found.shown)"]
        case (.list(let expected), .list(let found)):
            guard expected.count == found.count else {
                return ["\(path): expected \(expected.count), found \(found.count): \(actual.summary)"]
            }
            return zip(expected, found).enumerated().flatMap { index, pair in
                pair.0.differences(from: pair.1, at: "\(path)[\(index)]")
            }
        case (.keys(let expected), .keys):
            return expected.flatMap { $0.value.differences(from: actual[$0.key], at: path.isEmpty ? $0.key : "\(path).\($0.key)") }
        case (.text, _), (.list, _), (.keys, _):
            return ["\(path): expected \(summary), found \(actual.summary)"]
        }
    }

    private var summary: String {
        switch self {
        case .text(let text): text.shown
        case .list(let items): "[\(items.map(\.summary).joined(separator: ", "))]"
        case .keys(let entries): "{\(entries.map { "\($0.key): \($0.value.summary)" }.joined(separator: ", "))}"
        }
    }
}

extension String {
    /// The text in quotes, as a fixture writes it: line ends, control characters and bytes that are no ASCII in a visible form.
    var shown: String {
        var result = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\"", "\\": result += "\\\(scalar)"
            case " "..."~", "\u{100}"...: result.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\x\(digits.count < 2 ? "0" : "")\(digits)"
            }
        }
        return result + "\""
    }
}

/// A fixture that cannot be understood.
struct FixtureProblem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
