import ConformanceKit
import Foundation
import TestSupport
import Testing

/// `Documentation/Conformance.md` says which fixture stands for which statement.
@Suite struct ConformanceTableTests {
    private struct Row {
        let statement: String
        let fixtures: [String]
        let elsewhere: String
    }

    private static func rows() throws -> [Row] {
        let text = try String(contentsOfFile: RepositoryLayout.path("Documentation/Conformance.md"), encoding: .utf8)
        return text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 5, cells[0].isEmpty, cells[1] != "statement", !cells[1].hasPrefix("-") else { return nil }
            return Row(statement: cells[1], fixtures: quoted(in: cells[2]), elsewhere: cells[3])
        }
    }

    private static func quoted(in cell: String) -> [String] {
        cell.matches(of: #/`([^`]+)`/#).map { String($0.output.1) }
    }

    @Test("every fixture in the table exists")
    func namesExist() throws {
        let known = try Set(ConformanceFixture.all().map(\.name))
        for row in try Self.rows() {
            for fixture in row.fixtures {
                #expect(known.contains(fixture), "\(row.statement)")
            }
        }
    }

    @Test("every fixture is in the table")
    func fixturesNamed() throws {
        let named = try Set(Self.rows().flatMap(\.fixtures))
        for fixture in try ConformanceFixture.all() {
            #expect(named.contains(fixture.name))
        }
    }

    @Test("every statement has a fixture, or tests elsewhere, or a reason")
    func covered() throws {
        let rows = try Self.rows()
        #expect(rows.count > 40)
        for row in rows {
            #expect(!row.fixtures.isEmpty || !row.elsewhere.isEmpty, "\(row.statement)")
        }
    }

    @Test("the suites that the table names exist")
    func suitesExist() throws {
        let files = try FileManager.default.subpathsOfDirectory(atPath: RepositoryLayout.path("Tests"))
        for row in try Self.rows() {
            for suite in Self.quoted(in: row.elsewhere) where suite.hasSuffix("Tests") {
                #expect(files.contains { $0.hasSuffix("/\(suite).swift") }, "\(suite)")
            }
        }
    }
}
