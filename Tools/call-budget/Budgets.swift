import Foundation

/// What works may cost: a text file with a line for each, its name and its allocations.
struct Budgets {
    struct Entry {
        let name: String
        let allocations: Double
    }

    /// What a comparison found.
    struct Comparison {
        /// A line for each work.
        var lines: [String] = []
        var isWithin = true
    }

    /// How much more than its budget a work may cost, and how much less without a note.
    private static let tolerance = 0.05
    /// What counts may differ by beside that: something that is allocated now and then, such as a table that grows. One allocation more in
    /// each of a few calls is more than that, however small the budget is.
    private static let nowAndThen = 0.1

    private static let head = """
        # What one unit of work may allocate. `scripts/budget` counts and compares; `scripts/budget --update` writes this file.

        """

    let entries: [Entry]

    init(entries: [Entry]) {
        self.entries = entries
    }

    /// - Throws: ``BudgetFailure`` where there is no such file, or a line of it is no budget.
    init(contentsOf file: String) throws {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw BudgetFailure("\(file) cannot be read; make it with scripts/budget --update")
        }
        var entries: [Entry] = []
        for (number, line) in String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(separator: " ")
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            guard words.count == 2, let allocations = Double(words[1]), allocations >= 0 else {
                throw BudgetFailure("\(file):\(number + 1): '\(line)' is no budget; write a name and a number of allocations")
            }
            entries.append(Entry(name: String(first), allocations: allocations))
        }
        self.entries = entries
    }

    func write(to file: String) throws {
        let lines = entries.map { "\($0.name) \(Self.text($0.allocations))\n" }
        do {
            try Data((Self.head + lines.joined()).utf8).write(to: URL(fileURLWithPath: file))
        } catch {
            throw BudgetFailure("\(file) cannot be written: \(error.localizedDescription)")
        }
    }

    func compare(_ counted: [Entry]) -> Comparison {
        var comparison = Comparison()
        for work in counted {
            let count = Self.text(work.allocations)
            guard let budget = entries.first(where: { $0.name == work.name }) else {
                comparison.lines.append("\(work.name): \(count) allocations, but the file has no budget for it")
                comparison.isWithin = false
                continue
            }
            let change = "\(count) allocations, the budget is \(Self.text(budget.allocations))"
            let percent = budget.allocations > 0 ? " (\(Self.text((work.allocations / budget.allocations - 1) * 100)) %)" : ""
            if work.allocations > budget.allocations * (1 + Self.tolerance) + Self.nowAndThen {
                comparison.lines.append("\(work.name): OVER ITS BUDGET: \(change)\(percent)")
                comparison.isWithin = false
            } else if work.allocations < budget.allocations * (1 - Self.tolerance) - Self.nowAndThen {
                comparison.lines.append("\(work.name): cheaper than its budget: \(change)\(percent); run scripts/budget --update")
            } else {
                comparison.lines.append("\(work.name): \(change)")
            }
        }
        for budget in entries where !counted.contains(where: { $0.name == budget.name }) {
            comparison.lines.append("\(budget.name): has a budget, but there is no such work")
            comparison.isWithin = false
        }
        return comparison
    }

    private static func text(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
    }
}

/// Why nothing could be compared.
struct BudgetFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
