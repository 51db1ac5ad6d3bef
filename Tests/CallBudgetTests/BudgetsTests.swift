import Foundation
import TestSupport
import Testing

@testable import call_budget

@Suite struct BudgetsTests {
    /// What comparing a work of so many allocations with a budget of a hundred says.
    struct Verdict: Sendable {
        let counted: Double
        let isWithin: Bool
        let words: String
    }

    @Test(
        "a work may cost 5 % more than its budget, and what is cheaper is named",
        arguments: [
            Verdict(counted: 100, isWithin: true, words: "call: 100.0 allocations, the budget is 100.0"),
            Verdict(counted: 105, isWithin: true, words: "call: 105.0 allocations"),
            Verdict(counted: 105.2, isWithin: false, words: "OVER ITS BUDGET: 105.2 allocations, the budget is 100.0 (5.2 %)"),
            Verdict(counted: 200, isWithin: false, words: "(100.0 %)"),
            Verdict(counted: 95, isWithin: true, words: "call: 95.0 allocations"),
            Verdict(counted: 50, isWithin: true, words: "cheaper than its budget: 50.0 allocations, the budget is 100.0 (-50.0 %)"),
        ]
    )
    func comparing(verdict: Verdict) {
        let budgets = Budgets(entries: [.init(name: "call", allocations: 100)])
        let comparison = budgets.compare([.init(name: "call", allocations: verdict.counted)])
        #expect(comparison.isWithin == verdict.isWithin)
        #expect(comparison.lines.count == 1)
        #expect(comparison.lines[0].contains(verdict.words))
    }

    @Test("one allocation more is noticed however few there were, and one in twenty times is not", arguments: [0.0, 1, 3, 5, 13, 17])
    func few(budget: Double) {
        let budgets = Budgets(entries: [.init(name: "call", allocations: budget)])
        #expect(budgets.compare([.init(name: "call", allocations: budget + 0.05)]).isWithin)
        #expect(!budgets.compare([.init(name: "call", allocations: budget + 1)]).isWithin)
    }

    @Test("works and budgets that do not match are errors")
    func unmatched() {
        let comparison = Budgets(entries: [.init(name: "gone", allocations: 1)]).compare([.init(name: "new", allocations: 1)])
        #expect(!comparison.isWithin)
        #expect(
            comparison.lines == [
                "new: 1.0 allocations, but the file has no budget for it", "gone: has a budget, but there is no such work",
            ]
        )
    }

    @Test("what was written is read as the same")
    func writing() throws {
        let folder = try TemporaryDirectory()
        let file = folder.file("budgets.txt")
        try Budgets(entries: [.init(name: "call", allocations: 16), .init(name: "message", allocations: 177.84)]).write(to: file)
        let entries = try Budgets(contentsOf: file).entries
        #expect(entries.map(\.name) == ["call", "message"])
        #expect(entries.map(\.allocations) == [16, 177.8])
    }

    @Test("a line that is no budget is named by file and line", arguments: ["call", "call many", "call -1", "call 1 2"])
    func malformed(line: String) throws {
        let folder = try TemporaryDirectory()
        let file = try folder.write("# budgets\n\nother 1\n\(line)\n", to: "budgets.txt")
        let failure = #expect(throws: BudgetFailure.self) { try Budgets(contentsOf: file) }
        #expect(failure?.description == "\(file):4: '\(line)' is no budget; write a name and a number of allocations")
    }

    @Test("a missing file says how to make it")
    func missing() {
        let failure = #expect(throws: BudgetFailure.self) { try Budgets(contentsOf: "/nonexistent/budgets.txt") }
        #expect(failure?.description == "/nonexistent/budgets.txt cannot be read; make it with scripts/budget --update")
    }

    @Test("the budgets of this package are readable")
    func own() throws {
        let entries = try Budgets(contentsOf: RepositoryLayout.path("Tools/call-budget/budgets.txt")).entries
        #expect(Set(entries.map(\.name)).count == entries.count)
        #expect(!entries.isEmpty)
    }

    @Test("the amount of work is read", arguments: [("call=20", "call", 20), ("a-b=1", "a-b", 1)])
    func workCount(text: String, name: String, count: Int) throws {
        let work = try #require(WorkCount(argument: text))
        #expect(work.name == name)
        #expect(work.count == count)
    }

    @Test("what is no amount of work is refused", arguments: ["", "call", "call=", "call=0", "call=x", "=5"])
    func noWorkCount(text: String) {
        #expect(WorkCount(argument: text) == nil)
    }
}
