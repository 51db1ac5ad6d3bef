import Foundation
import NIOConcurrencyHelpers
import TestSupport

/// `statefun gateway` in a process of its own.
final class RunningGateway: Sendable {
    let process: ChildProcess
    /// Where it takes requests, in the order of its options.
    let urls: [String]
    /// Where it tells its figures; empty without `--admin`.
    let admin: String

    /// Starts the program and waits until it says that it passes messages on.
    init(_ module: String, _ arguments: [String], in folder: TemporaryDirectory) async throws {
        let lines = NIOLockedValueBox<[String]>([])
        let running = Eventual<Void>()
        let process = try ChildProcess(
            "\(RepositoryLayout.products)/statefun",
            ["gateway", module] + arguments,
            directory: folder.path
        ) { line in
            lines.withLockedValue { $0.append(line) }
            if line.hasPrefix("passing on") {
                running.succeed(())
            }
        }
        let watch = Task {
            let exit = try await process.exit()
            running.fail(PeerFailedToStart(commandLine: process.commandLine, status: exit.status, errors: process.errors))
        }
        defer { watch.cancel() }
        try await running.value("the gateway to run")
        self.process = process
        func values(_ name: String) -> [String] {
            lines.withLockedValue { $0 }.filter { $0.hasPrefix(name + " ") }.map { String($0.split(separator: " ").last ?? "") }
        }
        urls = values("gateway")
        admin = values("admin").first ?? ""
    }

    /// Asks the process to end, and returns how it did.
    func stop() async throws -> Int32 {
        process.send(signal: SIGTERM)
        return try await process.exit().status
    }
}
