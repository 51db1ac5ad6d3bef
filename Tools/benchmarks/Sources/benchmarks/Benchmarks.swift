import ArgumentParser

/// The program. `scripts/bench` builds and runs it.
@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmarks",
        abstract: "Measures this package beside the clients that one could use instead.",
        subcommands: [MeasureCommand.self, ContenderCommand.self],
        defaultSubcommand: MeasureCommand.self
    )
}
