import Foundation
import NIOConcurrencyHelpers

/// A program that runs beside this one and is spoken to line by line. `benchmark-child` sees to it that none is left behind however
/// this program ends.
final class ChildProgram {
    private let name: String
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var pending = Data()
    private let stopSignal: Int32?
    private let said = NIOLockedValueBox(Data())

    var processID: Int32 { process.processIdentifier }

    /// - Parameters:
    ///   - stopSignal: what ends a program that does not look at its standard input.
    ///   - isQuiet: whether what it says beside its output is shown only when it ends early.
    /// - Throws: ``BenchmarkFailure`` where the program cannot be started.
    init(_ path: String, _ arguments: [String], stopSignal: Int32? = nil, isQuiet: Bool = false) throws {
        self.stopSignal = stopSignal
        name = URL(fileURLWithPath: path).lastPathComponent
        process.standardInput = input
        process.standardOutput = output
        if isQuiet {
            let errors = Pipe()
            process.standardError = errors
            let said = said
            errors.fileHandleForReading.readabilityHandler = { handle in
                let bytes = handle.availableData
                if bytes.isEmpty { handle.readabilityHandler = nil }
                // What a program goes on about is told by its first lines.
                said.withLockedValue { if $0.count < 4_096 { $0.append(bytes) } }
            }
        } else {
            process.standardError = FileHandle.standardError
        }
        try Self.start(process, path, arguments)
        // The end of the output is seen only when nobody else holds its other side.
        try? output.fileHandleForWriting.close()
        try? input.fileHandleForReading.close()
    }

    deinit { end() }

    func write(line: String) throws {
        do {
            try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
        } catch {
            throw BenchmarkFailure("\(name) has ended early")
        }
    }

    /// The next line of its output.
    /// - Throws: ``BenchmarkFailure`` where it ends instead.
    func readLine() throws -> String {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: pending[pending.startIndex..<end], as: UTF8.self)
                pending = Data(pending[(end + 1)...])
                return line
            }
            let bytes = output.fileHandleForReading.availableData
            guard !bytes.isEmpty else {
                waitUntilExit()
                let said = String(decoding: said.withLockedValue { $0 }, as: UTF8.self)
                throw BenchmarkFailure("\(name) ended with status \(process.terminationStatus)\(said.isEmpty ? "" : ": ")\(said)")
            }
            pending.append(bytes)
        }
    }

    /// Ends its input and waits for its end.
    func end() {
        try? input.fileHandleForWriting.close()
        if let stopSignal, process.isRunning {
            kill(process.processIdentifier, stopSignal)
        }
        waitUntilExit()
    }

    private func waitUntilExit() {
        let child = process.processIdentifier
        guard child > 0 else { return }
        // A program that hangs does not hold up all others.
        let last = DispatchWorkItem { kill(child, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(10), execute: last)
        process.waitUntilExit()
        last.cancel()
        Interruption.ended(child)
    }

    /// Has `benchmark-child` become the program. It ends when the calling thread does, so that has to be the one that measures.
    private static func start(_ process: Process, _ path: String, _ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: try ProgramPaths.sibling("benchmark-child"))
        process.arguments = ["\(getpid())", path] + arguments
        try Interruption.begin {
            do {
                try process.run()
            } catch {
                throw BenchmarkFailure("\(path) cannot be started: \(error.localizedDescription)")
            }
            return process.processIdentifier
        }
    }

    /// Runs a program to its end.
    /// - Returns: its standard output.
    /// - Throws: ``BenchmarkFailure`` where it cannot be started or fails.
    static func run(_ path: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        let errors = Pipe()
        process.standardError = errors
        try start(process, path, arguments)
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        let said = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        Interruption.ended(process.processIdentifier)
        guard process.terminationStatus == 0 else {
            let text = String(decoding: said, as: UTF8.self)
            throw BenchmarkFailure("\(path) ended with status \(process.terminationStatus): \(text)")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Where a program is installed; `nil` where it is not.
    static func find(_ name: String) -> String? {
        let folders = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return folders.split(separator: ":").map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

/// Why nothing could be measured.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
