import Foundation

/// Somebody who takes part in a contest.
protocol Contender: AnyObject {
    var name: String { get }
    /// Works for about so many seconds.
    func window(_ seconds: Double) throws -> Figures
    /// Opens connections and makes whatever else is made once.
    func warmUp() throws
}

extension Contender {
    func warmUp() throws { _ = try window(0.25) }
}

/// This program, in a process of its own.
final class ChildContender: Contender {
    let name: String
    private let child: ChildProgram
    private var allocations: Double?

    /// - Parameters:
    ///   - kind: what `ContenderCommand` calls it.
    ///   - name: what the table calls it.
    init(_ kind: String, name: String? = nil, _ plan: some Encodable) throws {
        self.name = name ?? kind
        let text = String(decoding: try JSONEncoder().encode(plan), as: UTF8.self)
        child = try ChildProgram(ProgramPaths.own, [ContenderCommand.argument, kind, text])
        guard try child.readLine() == "ready" else { throw BenchmarkFailure("\(kind) did not start") }
    }

    func warmUp() throws {
        _ = try ask("0.25")
        // Counting costs a little, so it is not done while time is measured.
        allocations = try ask(Figure.allocations.rawValue)[.allocations]
    }

    func window(_ seconds: Double) throws -> Figures {
        var figures = try ask("\(seconds)")
        figures[.allocations] = allocations
        return figures
    }

    private func ask(_ line: String) throws -> Figures {
        try child.write(line: line)
        let named = try JSONDecoder().decode([String: Double].self, from: Data(try child.readLine().utf8))
        var figures: Figures = [:]
        for (name, value) in named {
            if let figure = Figure(rawValue: name) { figures[figure] = value }
        }
        return figures
    }
}

/// Where the programs of a run are.
enum ProgramPaths {
    /// This program.
    static var own: String { CommandLine.arguments[0] }

    /// A program that was built beside this one.
    /// - Throws: ``BenchmarkFailure`` where it was not.
    static func sibling(_ name: String) throws -> String {
        let path = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name).path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw BenchmarkFailure("\(path) is missing; run scripts/bench, which builds it")
        }
        return path
    }
}
