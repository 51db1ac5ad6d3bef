import Foundation
import NIOConcurrencyHelpers
import TestSupport

/// `statefun run` in a process of its own, as a user starts it.
final class RunningStatefun: Sendable {
    /// Where messages are taken.
    let ingress: String
    /// Where records are handed out.
    let egress: String
    /// Where health and figures are shown; empty where they are not.
    let admin: String
    let process: ChildProcess
    /// The folder in which it was started.
    private let folder: String

    /// Starts the program and waits until it says that it runs.
    init(_ module: String, _ arguments: [String] = [], in folder: TemporaryDirectory) async throws {
        let lines = NIOLockedValueBox<[String]>([])
        let running = Eventual<Void>()
        let process = try ChildProcess(
            "\(RepositoryLayout.products)/statefun",
            ["run", module] + arguments,
            directory: folder.path
        ) { line in
            lines.withLockedValue { $0.append(line) }
            if line.hasPrefix("running ") {
                running.succeed(())
            }
        }
        let watch = Task {
            let exit = try await process.exit()
            running.fail(PeerFailedToStart(commandLine: process.commandLine, status: exit.status, errors: process.errors))
        }
        defer { watch.cancel() }
        try await running.value("the program to run")
        self.process = process
        let shown = lines.withLockedValue { $0 }
        ingress = Self.url("ingress", in: shown)
        egress = Self.url("egress", in: shown)
        admin = Self.url("admin", in: shown)
        self.folder = folder.path
    }

    /// The URL in the line of a server, without its path.
    private static func url(_ name: String, in lines: [String]) -> String {
        guard let line = lines.first(where: { $0.hasPrefix(name) }), let start = line.range(of: "http://") else { return "" }
        let place = line[start.upperBound...].prefix { $0 != "/" }
        return "http://\(place)"
    }

    /// What an address, such as `com.example/counter/x`, is sent.
    @discardableResult
    func put(_ address: String, _ body: String, type: String = "text/plain", key: String? = nil) async throws -> Int {
        var fields = ["Content-Type": type]
        fields["Idempotency-Key"] = key
        return try await HTTPCall.put("\(ingress)/\(address)", body, fields).status
    }

    /// Takes one record off a topic, waiting for it.
    func take(_ topic: String, waiting: String = "30s") async throws -> String {
        try await HTTPCall.get("\(egress)/\(topic)?wait=\(waiting)").body
    }

    /// Everything that waits in a topic now.
    func takeAll(_ topic: String) async throws -> [String] {
        var all: [String] = []
        while true {
            let call = try await HTTPCall.get("\(egress)/\(topic)?max=1000")
            let records = try JSONDecoder().decode([String].self, from: Data(call.body.utf8))
            guard !records.isEmpty else { return all }
            all += records
        }
    }

    /// Runs another command in the same folder.
    func statefun(_ arguments: String...) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run("\(RepositoryLayout.products)/statefun", arguments, directory: folder)
    }

    /// What another command says about the application in JSON.
    func json(_ arguments: String...) async throws -> [String: Any] {
        let outcome = try await ChildProcess.run(
            "\(RepositoryLayout.products)/statefun",
            arguments + ["--format", "json"],
            directory: folder
        )
        guard outcome.status == 0, let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any] else {
            throw PeerFailedToStart(commandLine: arguments.joined(separator: " "), status: outcome.status, errors: outcome.errors)
        }
        return object
    }

    /// How each address waits, such as `called`.
    func standings() async throws -> [String] {
        let addresses = try await json("pending", "module.yaml")["addresses"] as? [[String: Any]]
        return addresses?.compactMap { $0["standing"] as? String } ?? []
    }

    /// Waits until the program has written something to its standard error.
    func says(_ text: String) async throws {
        try await eventually("'\(text)' among the messages; there are: \(process.errors)") { process.errors.contains(text) }
    }

    /// How often the program has written something to its standard error.
    func count(of text: String) -> Int { process.errors.components(separatedBy: text).count - 1 }

    /// Ends the process as a loss of power would.
    func kill() async throws {
        process.send(signal: SIGKILL)
        _ = try await process.exit()
    }

    /// Asks the process to end, and returns how it did.
    func stop() async throws -> Int32 {
        process.send(signal: SIGTERM)
        return try await process.exit().status
    }
}
