import ArgumentParser
import CMeasuring
import Foundation

/// `benchmarks contend KIND PLAN`: what `benchmarks` starts for each contender, so that peaks of memory do not mix.
struct ContenderCommand: AsyncParsableCommand {
    /// What such a command line begins with.
    static let argument = "contend"

    static let configuration = CommandConfiguration(
        commandName: "benchmarks contend",
        abstract: "Measures one contender, window by window, as its standard input says."
    )

    @Argument var kind: String
    @Argument var plan: String

    func run() async throws {
        let contender = try makeContender()
        print("ready")
        fflush(nil)
        // Each line says how many seconds to work, or what to count.
        while let line = readLine() {
            var figures: Figures = [:]
            if line == Figure.allocations.rawValue {
                figures[.allocations] = try await contender.allocations()
            } else if let seconds = Double(line) {
                figures = try await contender.window(seconds)
            } else {
                throw BenchmarkFailure("'\(line)' is neither a number of seconds nor something to count")
            }
            let named = Dictionary(uniqueKeysWithValues: figures.map { ($0.key.rawValue, $0.value) })
            print(String(decoding: try JSONEncoder().encode(named), as: UTF8.self))
            fflush(nil)
        }
        try await contender.finish()
    }

    private func makeContender() throws -> any Measured {
        if let kind = CallingContender.Kind(rawValue: kind) {
            return try CallingContender(kind, try JSONDecoder().decode(CallPlan.self, from: Data(plan.utf8)))
        }
        if kind == "start store" {
            return StoreContender(path: try JSONDecoder().decode(String.self, from: Data(plan.utf8)), addresses: 1_000_000)
        }
        if kind == "run sync" {
            return try SyncContender(path: try JSONDecoder().decode(String.self, from: Data(plan.utf8)))
        }
        if let contender = try Benchmark.valueContender(kind) {
            return contender
        }
        throw ValidationError("There is no contender '\(kind)'.")
    }
}
