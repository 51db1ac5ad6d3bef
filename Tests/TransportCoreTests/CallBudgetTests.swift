import Testing
import TransportCore

@Suite struct CallBudgetTests {
    private static let limit = Setting(Duration.seconds(2), from: .line(file: "module.yaml", SourcePosition(line: 7, column: 11)))
    private static let start = TransportInstant(nanoseconds: 5_000_000_000)
    private static let budget = CallBudget(start: start, limit: limit)

    @Test("the deadline counts from the beginning of the call")
    func deadline() {
        #expect(Self.budget.deadline == TransportInstant(nanoseconds: 7_000_000_000))
        #expect(Self.budget.elapsed(at: TransportInstant(nanoseconds: 5_250_000_000)) == .milliseconds(250))
    }

    @Test(
        "less than 1 ms is as good as nothing",
        arguments: [
            (0, false), (1_998_999_999, false), (1_999_000_000, false), (1_999_000_001, true), (2_000_000_000, true), (9_000_000_000, true),
        ]
    )
    func spent(nanoseconds: Int64, isSpent: Bool) {
        #expect(Self.budget.isSpent(at: Self.start.advanced(byNanoseconds: nanoseconds)) == isSpent)
    }

    @Test("a limit beyond the end of time is never spent")
    func endless() {
        let budget = CallBudget(start: Self.start, limit: Setting(.nanoseconds(Int64.max), from: .byDefault))
        #expect(budget.deadline == .distantFuture)
        #expect(!budget.isSpent(at: Self.start))
    }

    @Test("the failure names the limit, who set it, and what went on")
    func failure() {
        let failure = CallBudget.spentFailure(Self.limit, while: "the answer was awaited")
        #expect(failure.kind == .budgetSpent)
        #expect(failure.message == "the call limit of 2 s (module.yaml:7:11) passed while the answer was awaited")
    }
}
