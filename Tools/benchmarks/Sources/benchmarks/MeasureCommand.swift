import ArgumentParser
import CMeasuring
import Foundation

/// `benchmarks [NAME…]`: what people run.
struct MeasureCommand: AsyncParsableCommand {
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

    @Option(help: "How the result is printed.")
    var format = Format.text

    @Option(help: ArgumentHelp("Write a picture of the ratios to this file.", valueName: "file"))
    var svg: String?

    @Option(
        help: ArgumentHelp(
            "Put the tables into this Markdown file, between its comments `figures: begin` and `figures: end`.",
            valueName: "file"
        )
    )
    var document: String?

    @Option(help: ArgumentHelp("Rounds of a benchmark, an odd number at best.", valueName: "n"))
    var rounds = 3

    @Option(help: ArgumentHelp("Seconds that a contender works in a round.", valueName: "s"))
    var window = 0.6

    @Option(help: ArgumentHelp("The core that callers, the runtime and proxies are kept on.", valueName: "n"))
    var core = 0

    @Option(help: ArgumentHelp("The core that the server, the function and the loader are kept on.", valueName: "n"))
    var serverCore = 1

    @Flag(help: "Run before all other programs of the machine, for one that has other things to do; needs root.")
    var precedence = false

    func validate() throws {
        guard rounds >= 1 else { throw ValidationError("--rounds is a number from 1.") }
        guard window > 0, window <= 60 else { throw ValidationError("--window is a number of seconds up to 60.") }
        for name in names where !Benchmark.all.contains(where: { $0.name == name }) {
            throw ValidationError("There is no benchmark '\(name)'; there is \(Benchmark.all.map(\.name).joined(separator: ", ")).")
        }
    }

    func run() async throws {
        let chosen = names.isEmpty ? Benchmark.all : Benchmark.all.filter { names.contains($0.name) }
        // What would be in vain is found out before minutes have passed.
        let place = try document.map { try ResultDocument(path: $0) }
        if precedence, !measuring_take_precedence() {
            Note.write("error: this process may not run before others; start it as root, or without --precedence")
            throw ExitCode.failure
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
                    print(tables.last?.text ?? "")
                    fflush(nil)
                }
            } catch let failure as BenchmarkFailure {
                Note.write("error: \(benchmark.name): \(failure)")
                throw ExitCode.failure
            }
        }
        try place?.write(tables)
        if let svg {
            do {
                try Data(Picture(rows).svg.utf8).write(to: URL(fileURLWithPath: svg))
            } catch {
                Note.write("error: \(svg) cannot be written: \(error.localizedDescription)")
                throw ExitCode.failure
            }
        }
        if format == .json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            print(String(decoding: try encoder.encode(rows), as: UTF8.self))
        }
    }
}

/// What is said beside the result.
enum Note {
    static func write(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
