import ArgumentParser

/// How a command prints what it has found.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    /// For people.
    case text
    /// For programs.
    case json
}

/// What every command understands that prints results.
struct OutputOptions: ParsableArguments {
    @Option(help: "How to print results: text for people, json for programs.")
    var format = OutputFormat.text
}
