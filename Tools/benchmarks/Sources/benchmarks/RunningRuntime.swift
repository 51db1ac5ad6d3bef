import Foundation

/// `statefun run` with one counter function, its ingress and its egress, in a process of its own.
final class RunningRuntime {
    /// Where state and messages are kept.
    enum Storage: String {
        case durable
        case inMemory = "in memory"
    }

    let ingress: Int
    let egress: Int
    /// From starting the program until it said that it was running.
    let millisecondsToStart: Double
    private let child: ChildProgram

    /// - Parameters:
    ///   - functionURL: where the function is called.
    ///   - data: the folder of the store; it may hold one.
    /// - Throws: ``BenchmarkFailure`` where it does not start.
    init(_ storage: Storage, functionURL: String, function: String = "example/counter", data: String, in folder: TemporaryFolder) throws {
        let module = """
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: \(function)
              urlPathTemplate: \(functionURL)
              transport:
                type: io.statefun.transports.v1/async
            ---
            kind: io.statefun.playground.v1/ingress
            spec:
              port: 0
            ---
            kind: io.statefun.playground.v1/egress
            spec:
              port: 0
              topics:
                - counts
            """
        let file = try folder.write(Array(module.utf8), "module.yaml")
        let begin = ContinuousClock.now
        child = try ChildProgram(
            try ProgramPaths.sibling("statefun"),
            ["run", file, "--data-dir", data] + (storage == .inMemory ? ["--in-memory"] : []),
            stopSignal: SIGTERM,
            isQuiet: true
        )
        var ports: [String: Int] = [:]
        while true {
            let line = try child.readLine()
            if line.hasPrefix("running") { break }
            let words = line.split(separator: " ")
            guard words.count > 1, let url = URL(string: String(words[1])), let port = url.port else { continue }
            ports[String(words[0])] = port
        }
        millisecondsToStart = begin.duration(to: .now) / .milliseconds(1)
        guard let ingress = ports["ingress"], let egress = ports["egress"] else {
            throw BenchmarkFailure("statefun run did not say where its ingress and egress listen")
        }
        self.ingress = ingress
        self.egress = egress
    }

    func reading() throws -> ProcessReading { try ProcessReading(child.processID) }

    func stop() { child.end() }
}

/// Sends messages to a runtime and takes its records, with a program in C beside the function.
struct Loader {
    var function = "example/counter"
    var ids = 1_000
    /// Bytes of a message.
    var bytes = 100
    var connections = 128
    /// Messages that a connection sends at a time.
    var burst = 8
    let core: Int

    /// What came of it.
    struct Outcome {
        let accepted: Int
        let refused: Int
        let seconds: Double
        let median: Double
        let ninth: Double
        let ninetyNinth: Double
    }

    /// - Parameter rate: messages in a second; 0 for as many as are accepted.
    func send(_ messages: Int, to runtime: RunningRuntime, rate: Int = 0) throws -> Outcome {
        let output = try ChildProgram.run(
            try ProgramPaths.sibling("benchmark-loader"),
            [
                "--ingress", "\(runtime.ingress)", "--egress", "\(runtime.egress)", "--messages", "\(messages)",
                "--function", function, "--ids", "\(ids)", "--bytes", "\(bytes)", "--connections", "\(connections)",
                "--burst", "\(burst)", "--core", "\(core)",
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

    /// Sends messages and says what each one cost.
    func measure(_ messages: Int, to runtime: RunningRuntime, rate: Int = 0) throws -> Figures {
        let before = try runtime.reading()
        let outcome = try send(messages, to: runtime, rate: rate)
        let after = try runtime.reading()
        guard outcome.accepted > 0 else { throw BenchmarkFailure("the ingress refused all \(messages) messages") }
        let count = Double(outcome.accepted)
        let busy = after.user - before.user + after.system - before.system
        return [
            .rate: count / outcome.seconds,
            .median: outcome.median,
            .ninth: outcome.ninth,
            .ninetyNinth: outcome.ninetyNinth,
            .user: (after.user - before.user) * 1_000_000 / count,
            .system: (after.system - before.system) * 1_000_000 / count,
            .coreShare: busy / outcome.seconds * 100,
            .peakMemory: after.peakResident / 1_000_000,
        ]
    }
}

/// A runtime that works as fast as it can. Messages are counted when their egress records have been taken.
final class RuntimeContender: Contender {
    let name: String
    private let runtime: RunningRuntime
    private let loader: Loader
    private var rate = 5_000.0

    init(_ name: String, _ runtime: RunningRuntime, _ loader: Loader) {
        self.name = name
        self.runtime = runtime
        self.loader = loader
    }

    func window(_ seconds: Double) throws -> Figures {
        let figures = try loader.measure(max(1_000, Int(rate * seconds)), to: runtime)
        rate = figures[.rate] ?? rate
        return figures.filter { ![Figure.median, .ninth, .ninetyNinth].contains($0.key) }
    }
}

/// A runtime that is sent messages at a fixed rate.
final class PacedRuntimeContender: Contender {
    let name: String
    private let runtime: RunningRuntime
    private let loader: Loader
    private let rate: Int

    init(_ name: String, _ runtime: RunningRuntime, _ loader: Loader, rate: Int) {
        self.name = name
        self.runtime = runtime
        self.loader = loader
        self.rate = rate
    }

    func window(_ seconds: Double) throws -> Figures {
        try loader.measure(max(100, Int(Double(rate) * seconds)), to: runtime, rate: rate)
    }
}
