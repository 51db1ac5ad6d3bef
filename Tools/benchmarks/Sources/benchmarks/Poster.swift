import Foundation

/// Posts one message again and again, with a program in C on the core of the server.
final class Poster {
    /// Where it posts to.
    enum Place {
        /// Of 127.0.0.1.
        case port(Int)
        case socket(String)
    }

    /// What came of it.
    struct Outcome {
        let calls: Int
        let seconds: Double
        /// Latencies in microseconds.
        let median: Double
        let ninth: Double
        let ninetyNinth: Double
    }

    private let child: ChildProgram

    var processID: Int32 { child.processID }

    /// Connects.
    /// - Parameters:
    ///   - body: the file of the message.
    ///   - connections: how many requests are under way at any moment, each on its own connection.
    /// - Throws: ``BenchmarkFailure`` where nobody listens there.
    init(to place: Place, body: String, connections: Int, core: Int) throws {
        let address =
            switch place {
            case .port(let port): ["--port", "\(port)"]
            case .socket(let path): ["--unix", path]
            }
        child = try ChildProgram(
            try ProgramPaths.sibling("benchmark-poster"),
            address + ["--body", body, "--connections", "\(connections)", "--core", "\(core)"]
        )
        guard try child.readLine() == "ready" else { throw BenchmarkFailure("the poster did not start") }
    }

    /// Posts for so long, and waits for the answers.
    func post(for seconds: Double) throws -> Outcome {
        try child.write(line: "\(seconds)")
        let line = try child.readLine()
        let values = line.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard values.count == 5, values[0] > 0, values[1] > 0 else { throw BenchmarkFailure("the poster printed no result: \(line)") }
        return Outcome(calls: Int(values[0]), seconds: values[1], median: values[2], ninth: values[3], ninetyNinth: values[4])
    }

    func stop() { child.end() }
}
