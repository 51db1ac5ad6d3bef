import CMeasuring
import Foundation

/// Sends messages to a runtime and takes its records, with a program in C beside the function.
struct Loader {
    var function: String
    var ids = 1_000
    /// Bytes of a message.
    var bytes = 100
    var connections: Int
    /// Messages that a connection sends at a time.
    var burst: Int
    /// How many records come of a message that is sent.
    var each = 1
    let core: Int
    /// The process that the function runs in.
    let server: Int32

    /// What came of it.
    struct Outcome {
        let accepted: Int
        let refused: Int
        let seconds: Double
        let median: Double
        let ninth: Double
        let ninetyNinth: Double
    }

    /// - Parameters:
    ///   - messages: how many go to the ingress.
    ///   - rate: messages in a second; 0 for as many as are accepted.
    func send(_ messages: Int, to runtime: RunningRuntime, rate: Int = 0) throws -> Outcome {
        let output = try ChildProgram.run(
            try ProgramPaths.sibling("benchmark-loader"),
            [
                "--ingress", "\(runtime.ingress)", "--egress", "\(runtime.egress)", "--messages", "\(messages)",
                "--function", function, "--ids", "\(ids)", "--bytes", "\(bytes)", "--connections", "\(connections)",
                "--burst", "\(burst)", "--core", "\(core)", "--each", "\(each)",
            ] + (rate > 0 ? ["--rate", "\(rate)"] : [])
        )
        let values = output.split(whereSeparator: { $0 == " " || $0 == "\n" }).dropFirst().compactMap { Double($0) }
        guard values.count == 6, values[2] > 0 else { throw BenchmarkFailure("the loader printed no result: \(output)") }
        return Outcome(
            accepted: Int(values[0]),
            refused: Int(values[1]),
            seconds: values[2],
            median: values[3],
            ninth: values[4],
            ninetyNinth: values[5]
        )
    }

    /// Has messages made and says what each one cost.
    /// - Parameter messages: how many records come of them.
    func measure(_ messages: Int, to runtime: RunningRuntime, rate: Int = 0) throws -> Figures {
        let callsBefore = try runtime.calls()
        let (before, loadBefore) = (try runtime.reading(), try loadTime())
        let outcome = try send(max(1, messages / each), to: runtime, rate: rate)
        let (after, loadAfter) = (try runtime.reading(), try loadTime())
        let callsAfter = try runtime.calls()
        guard outcome.accepted > 0 else { throw BenchmarkFailure("the ingress refused all \(messages) messages") }
        let count = Double(outcome.accepted * each)
        let busy = after.user - before.user + after.system - before.system
        return [
            .rate: count / outcome.seconds,
            .median: outcome.median,
            .ninth: outcome.ninth,
            .ninetyNinth: outcome.ninetyNinth,
            .user: (after.user - before.user) * 1_000_000 / count,
            .system: (after.system - before.system) * 1_000_000 / count,
            .coreShare: busy / outcome.seconds * 100,
            .loadShare: (loadAfter - loadBefore) / outcome.seconds * 100,
            .peakMemory: after.peakResident / 1_000_000,
            .messagesEachCall: (callsAfter.messages - callsBefore.messages) / max(1, callsAfter.calls - callsBefore.calls),
        ]
    }
}

extension Loader {
    /// The seconds of processor time that the server, and loaders that have ended, have used so far.
    private func loadTime() throws -> Double {
        let server = try ProcessReading(server)
        let loaders = measuring_children_time()
        return server.user + server.system + Double(loaders.user + loaders.system) / 1_000_000_000
    }
}
