import Foundation
import TransportCore

/// One statement of the documentation as a file: a `module.yaml` and what must come of it.
///
/// `NAME.yaml` is the module, `NAME.expected.yaml` beside it the expectation. `Documentation/Conformance.md` says what can
/// stand there.
public struct ConformanceFixture: Sendable {
    /// The name of the files without their endings.
    public let name: String
    /// What the fixture shows, in a sentence.
    public let shows: String
    let modulePath: String
    var expectation: FixtureValue

    private static let known: Set = [
        "shows", "environment", "default-transport", "diagnostics", "endpoints", "others", "functions", "settings", "transports",
        "serve", "calls", "together", "connections",
    ]

    /// Reads a fixture.
    /// - Parameters:
    ///   - name: the name of the files without their endings.
    ///   - folder: the folder that holds them.
    /// - Throws: an error where one of the two files cannot be read.
    public init(_ name: String, in folder: String = Self.documentedFolder) throws {
        self.name = name
        modulePath = "\(folder)/\(name).yaml"
        let text = try String(contentsOfFile: "\(folder)/\(name).expected.yaml", encoding: .utf8)
        do {
            expectation = try FixtureValue(yaml: text)
        } catch {
            throw FixtureProblem("\(name).expected.yaml: \(error)")
        }
        guard case .keys(let entries) = expectation, case .text(let shows)? = expectation["shows"] else {
            throw FixtureProblem("\(name).expected.yaml does not say what it 'shows'")
        }
        self.shows = shows
        if let unknown = entries.first(where: { !Self.known.contains($0.key) }) {
            throw FixtureProblem("\(name).expected.yaml: '\(unknown.key)' means nothing; write one of \(Self.known.sorted())")
        }
    }

    /// Every fixture of a folder, in alphabetical order.
    /// - Throws: an error where one cannot be read, and where a file of the folder belongs to none.
    public static func all(in folder: String = documentedFolder) throws -> [ConformanceFixture] {
        let files = try Set(FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") })
        let names = files.filter { $0.hasSuffix(expectedEnding) }.map { String($0.dropLast(expectedEnding.count)) }.sorted()
        let used = names.flatMap { ["\($0).yaml", $0 + expectedEnding] }
        if let stray = files.subtracting(used).min() {
            throw FixtureProblem("\(folder)/\(stray) belongs to no fixture")
        }
        return try names.map { try ConformanceFixture($0, in: folder) }
    }

    /// The fixtures of the documentation, where this package was built.
    public static let documentedFolder =
        String(#filePath.dropLast("ConformanceKit/ConformanceFixture.swift".count)) + "conformance/fixtures"

    private static let expectedEnding = ".expected.yaml"

    /// Whether functions are called, over sockets.
    public var hasCalls: Bool { expectation["calls"] != nil }

    /// Whether the fixture says something about a transport type. One that names none is for all of them.
    public func appliesTo(transportType: String) -> Bool {
        guard case .list(let types)? = expectation["transports"] else { return true }
        return types.contains(.text(transportType))
    }

    /// The values of `${NAME}` in the module.
    var environment: [String: String] {
        get throws {
            guard let value = expectation["environment"] else { return [:] }
            guard case .keys(let entries) = value else { throw FixtureProblem("'environment' must be names with values") }
            return try Dictionary(uniqueKeysWithValues: entries.map { ($0.key, try $0.value.text("a value of 'environment'")) })
        }
    }

    /// The transport type of endpoints that name none.
    var defaultTransport: Setting<String>? {
        get throws {
            guard let value = expectation["default-transport"] else { return nil }
            return Setting(try value.text("'default-transport'"), from: .program("default-transport"))
        }
    }
}

extension FixtureValue {
    /// The text that stands here.
    func text(_ what: String) throws -> String {
        guard case .text(let text) = self else { throw FixtureProblem("\(what) must be text") }
        return text
    }

    /// The items that stand here.
    func items(_ what: String) throws -> [FixtureValue] {
        guard case .list(let items) = self else { throw FixtureProblem("\(what) must be a list") }
        return items
    }

    /// The value of a key, where only some keys may stand.
    func entries(_ what: String, allowing keys: Set<String>) throws -> [Entry] {
        guard case .keys(let entries) = self else { throw FixtureProblem("\(what) must have keys") }
        if let unknown = entries.first(where: { !keys.contains($0.key) }) {
            throw FixtureProblem("\(what): '\(unknown.key)' means nothing; write one of \(keys.sorted())")
        }
        return entries
    }
}
