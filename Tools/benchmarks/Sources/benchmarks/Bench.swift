import CMeasuring
import Foundation

/// What all benchmarks of a run share.
final class Bench {
    let rounds: Int
    let window: Double
    let serverCore: Int
    let folder: TemporaryFolder
    private var startedServer: BenchmarkServer?
    private var dataFolders = 0

    /// - Throws: ``BenchmarkFailure`` where this system has no such cores.
    init(rounds: Int, window: Double, core: Int, serverCore: Int) throws {
        self.rounds = rounds
        self.window = window
        self.serverCore = serverCore
        folder = try TemporaryFolder()
        if measuring_is_in_memory(folder.path) {
            Note.write("note: \(folder.path) is in memory, so figures called durable are too good; set TMPDIR to a folder on a disk")
        }
        // That of the server is only tried. Everything that is started later inherits the last one, but for what
        // chooses another core.
        for (option, core) in [("--server-core", serverCore), ("--core", core)] where !measuring_pin(Int32(clamping: core)) {
            throw BenchmarkFailure("no program can be kept on core \(core); choose another one with \(option)")
        }
    }

    /// The server that callers call.
    func server() throws -> BenchmarkServer {
        if let startedServer { return startedServer }
        let server = try BenchmarkServer(in: folder, core: serverCore)
        startedServer = server
        return server
    }

    /// Where a runtime can keep a store that nobody else uses.
    func newDataFolder() -> String {
        dataFolders += 1
        return folder.file("data-\(dataFolders)")
    }

    /// - Returns: for each contender the figures of its rounds.
    private func contest(_ contenders: [any Contender], rounds: Int) throws -> [[Figures]] {
        for contender in contenders {
            try contender.warmUp()
        }
        var results = contenders.map { _ in [Figures]() }
        for _ in 0..<rounds {
            for (place, contender) in contenders.enumerated() {
                results[place].append(try contender.window(window))
            }
        }
        return results
    }

    /// Lets everybody work in turn, after one short window each to warm up.
    /// - Parameters:
    ///   - plain: the name of the contender that ``Figure/ofPlain`` relates the others to.
    ///   - rounds: `nil` for as many as the user wants.
    /// - Returns: a row for each, with the ratios to peers that take part.
    func rows(
        _ benchmark: String,
        _ setup: String,
        _ contenders: [any Contender],
        plain: String? = nil,
        rounds: Int? = nil
    ) throws -> [Row] {
        var results = try contest(contenders, rounds: rounds ?? self.rounds)
        for ratio in Ratio.all(plain: plain) {
            ratio.add(to: &results, of: contenders.map(\.name))
        }
        return zip(contenders, results).map { contender, results in
            var figures = results.medians
            if let peak = results.compactMap({ $0[.peakMemory] }).max() {
                figures[.peakMemory] = peak
            }
            return Row(benchmark, setup, contender.name, figures)
        }
    }
}
