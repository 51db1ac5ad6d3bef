public import Foundation
import NIOConcurrencyHelpers

/// A program that a test runs. It ends with the test process at the latest, however that ends.
public final class ChildProcess: Sendable {
    /// How a program ended.
    public struct Exit: Sendable, Equatable {
        /// The exit status, or the negated number of the signal that ended the program.
        public let status: Int32
    }

    /// Everything that a program that ended left behind.
    public struct Outcome: Sendable {
        public let status: Int32
        public let output: String
        public let errors: String
    }

    private struct State {
        var output = Data()
        var errors = Data()
        var openStreams = 2
        var exit: Exit?
        var isInputOpen = true
    }

    private struct LineSplitter {
        var unfinished = Data()

        /// Returns the lines that `bytes` complete.
        mutating func add(_ bytes: Data) -> [String] {
            var pieces = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            pieces[0] = unfinished + pieces[0]
            unfinished = pieces.removeLast()
            return pieces.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// The program and its arguments, for messages.
    public let commandLine: String
    public let processID: Int32
    private let ended = Eventual<Exit>()
    private let state = NIOLockedValueBox(State())
    private let input: FileHandle

    /// Starts a program.
    /// - Parameters:
    ///   - environment: is added to that of the tests.
    ///   - onLine: is called with every complete line of the standard output, from any thread.
    /// - Throws: an error of the system when the program cannot be started.
    public init(
        _ executable: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        directory: String? = nil,
        onLine: (@Sendable (String) -> Void)? = nil
    ) throws {
        _ = Self.processWideSetUp
        commandLine = ([executable] + arguments).joined(separator: " ")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let directory {
            process.currentDirectoryURL = URL(fileURLWithPath: directory)
        }
        let state = state
        let ended = ended
        process.terminationHandler = { process in
            let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
            Self.running.withLockedValue { _ = $0.remove(process.processIdentifier) }
            Self.update(state, ended) { $0.exit = Exit(status: status) }
        }
        let pipes = try Self.spawning.withLock { try Self.run(process) }
        input = pipes.input
        let lines = NIOLockedValueBox(LineSplitter())
        Self.read(pipes.output, into: \.output, of: state, ended) { bytes in
            guard let onLine else { return }
            lines.withLockedValue { $0.add(bytes) }.forEach(onLine)
        }
        Self.read(pipes.errors, into: \.errors, of: state, ended) { _ in }
        processID = process.processIdentifier
        Self.running.withLockedValue { _ = $0.insert(process.processIdentifier) }
        // It may have ended before it was listed.
        if state.withLockedValue({ $0.exit != nil }) {
            Self.running.withLockedValue { _ = $0.remove(process.processIdentifier) }
        }
    }

    deinit {
        send(signal: SIGKILL)
    }

    /// Runs a program to its end.
    /// - Throws: an error of the system when it cannot be started, ``WaitedTooLong`` when it does not end.
    public static func run(
        _ executable: String,
        _ arguments: [String] = [],
        input: Data = Data(),
        environment: [String: String] = [:],
        directory: String? = nil,
        within limit: Duration = .seconds(120)
    ) async throws -> Outcome {
        let child = try ChildProcess(executable, arguments, environment: environment, directory: directory)
        child.write(input)
        child.closeInput()
        let exit = try await child.exit(within: limit)
        return Outcome(status: exit.status, output: child.output, errors: child.errors)
    }

    /// What the program has written to its standard output so far.
    public var output: String { String(decoding: state.withLockedValue { $0.output }, as: UTF8.self) }

    /// What the program has written to its standard error so far.
    public var errors: String { String(decoding: state.withLockedValue { $0.errors }, as: UTF8.self) }

    /// Writes to the standard input. A program that does not read any more misses it.
    public func write(_ bytes: Data) {
        try? input.write(contentsOf: bytes)
    }

    /// Ends the standard input.
    public func closeInput() {
        let wasOpen = state.withLockedValue { state in
            defer { state.isInputOpen = false }
            return state.isInputOpen
        }
        if wasOpen {
            try? input.close()
        }
    }

    /// Sends a signal, as long as the program runs.
    public func send(signal number: Int32) {
        state.withLockedValue { state in
            // The lock keeps the process from being taken for another one that got its number later.
            if state.exit == nil {
                kill(processID, number)
            }
        }
    }

    /// Waits until the program has ended and its output has been read.
    public func exit(within limit: Duration = .seconds(60)) async throws -> Exit {
        try await ended.value("the end of \(commandLine)", within: limit)
    }

    /// Asks the program to end, and ends it if it has not done so after `grace`.
    public func stop(grace: Duration = .seconds(10)) async {
        send(signal: SIGTERM)
        if (try? await exit(within: grace)) == nil {
            send(signal: SIGKILL)
            _ = try? await exit(within: grace)
        }
    }

    /// Held while a program is started, so that none inherits the pipes of another one: it would keep them open.
    private static let spawning = NIOLock()

    private static func run(_ process: Process) throws -> (input: FileHandle, output: FileHandle, errors: FileHandle) {
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        for pipe in [input, output, errors] {
            for handle in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
                _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
            }
        }
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        // The threads that run tests block signals, and a program inherits that: it would never hear that it shall end.
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
        return (input.fileHandleForWriting, output.fileHandleForReading, errors.fileHandleForReading)
    }

    private static let running = NIOLockedValueBox<Set<Int32>>([])

    private static let processWideSetUp: Void = {
        // Writing to a program that has ended is an error like others.
        signal(SIGPIPE, SIG_IGN)
        atexit {
            for processID in ChildProcess.running.withLockedValue({ $0 }) {
                kill(processID, SIGKILL)
            }
        }
    }()

    private static func read(
        _ handle: FileHandle,
        into stream: any WritableKeyPath<State, Data> & Sendable,
        of state: NIOLockedValueBox<State>,
        _ ended: Eventual<Exit>,
        onBytes: @escaping @Sendable (Data) -> Void
    ) {
        // A thread of its own: `readabilityHandler` loses the end of a stream now and then.
        Thread.detachNewThread {
            while true {
                let bytes = handle.availableData
                guard !bytes.isEmpty else { break }
                state.withLockedValue { $0[keyPath: stream].append(bytes) }
                onBytes(bytes)
            }
            update(state, ended) { $0.openStreams -= 1 }
        }
    }

    private static func update(_ state: NIOLockedValueBox<State>, _ ended: Eventual<Exit>, _ change: (inout State) -> Void) {
        let exit = state.withLockedValue { state in
            change(&state)
            return state.openStreams == 0 ? state.exit : nil
        }
        if let exit {
            ended.succeed(exit)
        }
    }
}
