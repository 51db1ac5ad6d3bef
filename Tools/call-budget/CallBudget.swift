import ArgumentParser
import CMeasuring
import Foundation

/// The program. `scripts/budget` builds and runs it.
@main
struct CallBudget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call-budget",
        abstract: "Counts what one unit of work allocates and compares it with its budget.",
        discussion: """
            Counts do not depend on how busy the machine is. The check fails where one is more than 5 % over its budget; \
            what has become cheaper is named, so that the budget can follow.
            """
    )

    @Argument(help: ArgumentHelp("The file of the budgets.", valueName: "file"))
    var file: String

    @Flag(help: "Write what is counted into the file, as the budgets from now on.")
    var update = false

    @Option(help: ArgumentHelp("Only do this work so many times and count nothing, for a profiler.", valueName: "name=count"))
    var work: WorkCount?

    func run() async throws {
        let works = try await Work.all()
        if let work {
            guard let chosen = works.first(where: { $0.name == work.name }) else {
                throw ValidationError("There is no work '\(work.name)'; there is \(works.map(\.name).joined(separator: ", ")).")
            }
            try await chosen.perform(work.count)
            return
        }
        guard measuring_counts_allocations() else {
            print("allocations cannot be counted on this system, so no budget was checked")
            return
        }
        var counted: [Budgets.Entry] = []
        for work in works {
            counted.append(Budgets.Entry(name: work.name, allocations: try await work.allocations()))
        }
        if update {
            try Budgets(entries: counted).write(to: file)
            print("\(file) has the budgets of \(counted.count) works now")
            return
        }
        let comparison = try Budgets(contentsOf: file).compare(counted)
        for line in comparison.lines {
            print(line)
        }
        guard comparison.isWithin else {
            print(
                "a budget is exceeded: make the work cheaper, or say in the commit message what the cost buys and run scripts/budget --update"
            )
            throw ExitCode.failure
        }
    }
}

/// `name=count`
struct WorkCount: ExpressibleByArgument {
    let name: String
    let count: Int

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let count = Int(parts[1]), count > 0 else { return nil }
        name = String(parts[0])
        self.count = count
    }
}
