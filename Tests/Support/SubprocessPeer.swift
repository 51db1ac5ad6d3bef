/// A server that runs as a program of its own and says on its standard output when it can be called.
public final class SubprocessPeer: Sendable {
    /// What the server said after the word `ready`.
    public let readyText: String
    public let process: ChildProcess

    /// Starts the server and waits for its line `ready …`.
    /// - Throws: ``PeerFailedToStart`` when the server ends before it says so, ``WaitedTooLong`` when it says nothing.
    public init(
        _ executable: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        within limit: Duration = .seconds(60)
    ) async throws {
        let ready = Eventual<String>()
        let process = try ChildProcess(executable, arguments, environment: environment) { line in
            if line.hasPrefix("ready ") {
                ready.succeed(String(line.dropFirst("ready ".count)))
            }
        }
        let watch = Task {
            let exit = try await process.exit(within: limit)
            ready.fail(PeerFailedToStart(commandLine: process.commandLine, status: exit.status, errors: process.errors))
        }
        defer { watch.cancel() }
        self.process = process
        readyText = try await ready.value("the ready line of \(process.commandLine)", within: limit)
    }

    /// Ends the server.
    public func stop() async {
        await process.stop()
    }
}

/// A server ended before it could be called.
public struct PeerFailedToStart: Error, CustomStringConvertible {
    public let commandLine: String
    public let status: Int32
    /// What it wrote to its standard error.
    public let errors: String

    public init(commandLine: String, status: Int32, errors: String) {
        self.commandLine = commandLine
        self.status = status
        self.errors = errors
    }

    public var description: String { "\(commandLine) ended with status \(status): \(errors)" }
}
