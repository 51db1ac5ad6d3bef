import ArgumentParser
import CMeasuring
import Foundation

/// `benchmarks [NAME…]`: what people run.
struct MeasureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmarks",
        abstract: "Measures this package beside the clients that one could use instead.",
        discussion: """
            Names of benchmarks, all of them without any:
            \(Benchmark.all.map { "  \($0.name.padded(to: 10))\($0.summary)" }.joined(separator: "\n"))

            Every contender of a table works in turn, window after window, over the same server; a figure is the median of its \
            rounds, a ratio the median of the ratios of the rounds. The server has one core, its callers another one.
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Argument(help: ArgumentHelp("Which benchmarks to run.", valueName: "name"))
    var names: [String] = []

    @Option(help: "How the result is printed: as tables, or as one JSON object with the rows, the date and the machine.")
    var format = Format.text

    @Option(help: ArgumentHelp("Write a picture of the ratios to this file.", valueName: "file"))
    var svg: String?

    @Option(
        help: ArgumentHelp(
            "Put the tables of all benchmarks into this Markdown file, between its comments `figures: begin` and `figures: end`.",
            valueName: "file"
        )
    )
    var document: String?

    @Option(help: ArgumentHelp("Rounds of a benchmark, an odd number at best.", valueName: "n"))
    var rounds = 3

    @Option(help: ArgumentHelp("Seconds that a contender works in a round.", valueName: "s"))
    var window = 0.4

    @Option(help: ArgumentHelp("The core that callers, the runtime and proxies are kept on.", valueName: "n"))
    var core = 0

    @Option(help: ArgumentHelp("The core that the server, the function and the loader are kept on.", valueName: "n"))
    var serverCore = 1

    @Flag(help: "Measure with the highest priority (nice -20), on a machine that has other things to do; needs root.")
    var precedence = false

    func validate() throws {
        guard rounds >= 1 else { throw ValidationError("--rounds is a number from 1.") }
        guard core != serverCore else { throw ValidationError("--core and --server-core are two different cores.") }
        // It would hold nothing else afterwards.
        guard document == nil || names.isEmpty else { throw ValidationError("--document is for all benchmarks; leave their names out.") }
        guard window > 0, window <= 60 else { throw ValidationError("--window is a number of seconds up to 60.") }
        for name in names where !Benchmark.all.contains(where: { $0.name == name }) {
            throw ValidationError("There is no benchmark '\(name)'; there is \(Benchmark.all.map(\.name).joined(separator: ", ")).")
        }
    }

    func run() throws {
        let watching = Interruption.watch()
        let outcome = Result { try measure() }
        // Only now has all been stopped and removed that was started and made.
        withExtendedLifetime(watching) { Interruption.endThisProgram() }
        do {
            try outcome.get()
        } catch let failure as BenchmarkFailure {
            Note.write("error: \(failure)")
            throw ExitCode.failure
        }
    }

    /// On one thread from beginning to end: what is started ends with the thread that started it.
    private func measure() throws {
        let begin = Date()
        let chosen = names.isEmpty ? Benchmark.all : Benchmark.all.filter { names.contains($0.name) }
        let place = try document.map { try ResultDocument(path: $0) }
        let picture = try svg.map { try ResultFile($0) }
        if precedence, !measuring_take_precedence() {
            throw BenchmarkFailure("this process may not have a higher priority; start it as root, or without --precedence")
        }
        let bench = try Bench(rounds: rounds, window: window, core: core, serverCore: serverCore)
        var rows: [Row] = []
        var tables: [ResultTable] = []
        for benchmark in chosen {
            Note.write("==> \(benchmark.name)")
            do {
                let measured = try benchmark.run(bench)
                rows += measured
                tables.append(ResultTable(benchmark.name, measured))
                if format == .text {
                    try Output.write(tables.last?.text ?? "")
                }
            } catch let failure as BenchmarkFailure {
                throw BenchmarkFailure("\(benchmark.name): \(failure)")
            }
        }
        if format == .json {
            let report = Report(begin: begin, rounds: rounds, window: window, precedence: precedence, rows: rows)
            let encoder = JSONEncoder()
            encoder.dateEncodingStrategy = .iso8601
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try Output.write(String(decoding: try encoder.encode(report), as: UTF8.self))
        }
        // After the result, which is not lost where one of them fails.
        try picture?.write(Picture(rows).svg)
        try place?.write(tables)
    }
}

/// What is said beside the result.
enum Note {
    static func write(_ text: String) {
        // Nothing is to be said where nobody reads it.
        try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
    }
}
