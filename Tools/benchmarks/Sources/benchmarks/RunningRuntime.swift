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
    private let admin: Int
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
            ["run", file, "--data-dir", data, "--admin", "0"] + (storage == .inMemory ? ["--in-memory"] : []),
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
        guard let ingress = ports["ingress"], let egress = ports["egress"], let admin = ports["admin"] else {
            throw BenchmarkFailure("statefun run did not say where its ingress, its egress and its admin server listen")
        }
        self.ingress = ingress
        self.egress = egress
        self.admin = admin
    }

    func reading() throws -> ProcessReading { try ProcessReading(child.processID) }

    /// How often it has called functions so far, and how many messages it has handed to them.
    func calls() throws -> CallCount { try CallCount(metricsOf: "http://127.0.0.1:\(admin)/metrics") }

    func stop() { child.end() }
}
