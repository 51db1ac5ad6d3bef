import Foundation
import NIOConcurrencyHelpers
import TestSupport
import Testing
import TransportCore

/// The program is killed at moments that nobody chose, and what comes out must be what a model says.
@Suite struct KillTests {
    /// The seeds of CI; `scripts/torture` names others.
    private static let seeds: [UInt64] = {
        let named = ProcessInfo.processInfo.environment["STATEFUN_SEEDS"].map { $0.split(separator: " ").compactMap { UInt64($0) } }
        return named ?? [1, 2, 3, 4, 5]
    }()

    private static let messageCount = 300

    @Test("killed at any moment, it loses nothing and does nothing twice", arguments: seeds)
    func kills(seed: UInt64) async throws {
        let functions = try await SDKFunctions.start([.http])
        let folder = try TemporaryDirectory()
        let module = try ModuleFile.write(functions[.http], in: folder)
        let script = try CommandScript(seed: seed, messages: Self.messageCount)
        var random = SeededRandom(seed: seed &+ 1_000)
        let current = CurrentProcess(try await RunningStatefun(module, in: folder))
        let sender = Task {
            for message in script.messages {
                try await current.put(message)
            }
        }
        for _ in 0..<6 {
            // The moment of the kill is what is tried out: any will do, and no outcome depends on which it is.
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...900, using: &random)))
            try await current.replace { old in
                try await old.kill()
                return try await RunningStatefun(module, in: folder)
            }
        }
        try await sender.value
        let runtime = try await current.process
        let totals = try await Self.totals(of: runtime, expected: script.totals)
        #expect(totals == script.totals)
        #expect(try await runtime.takeAll("told").sorted() == script.told.sorted())
        #expect(try await runtime.stop() == 0)
        await functions.stop()
    }

    /// What the state of each id adds up to, asked for until it is what it should be: some messages are still on their way.
    private static func totals(of runtime: RunningStatefun, expected: [String: Int]) async throws -> [String: Int] {
        var totals: [String: Int] = [:]
        for _ in 0..<60 {
            for id in expected.keys {
                try await runtime.put("com.example/commander/\(id)", #"[{"do":"report"}]"#, type: "application/vnd.example/Commands")
            }
            var reports: [String] = []
            while reports.count < expected.count {
                reports.append(try await runtime.take("totals"))
            }
            for report in reports {
                let parts = report.split(separator: "=")
                totals[String(parts[0])] = Int(parts[1])
            }
            if totals == expected { break }
            // Asking makes work itself, so that what is still on its way gets room between two rounds.
            try await Task.sleep(for: .milliseconds(500))
        }
        return totals
    }
}

/// The process of the moment.
private actor CurrentProcess {
    private var waiting: [CheckedContinuation<RunningStatefun, any Error>] = []
    private var running: RunningStatefun?

    init(_ process: RunningStatefun) {
        running = process
    }

    var process: RunningStatefun {
        get async throws {
            if let running { return running }
            return try await withCheckedThrowingContinuation { waiting.append($0) }
        }
    }

    func replace(_ make: (RunningStatefun) async throws -> RunningStatefun) async throws {
        let old = try await process
        running = nil
        let new = try await make(old)
        running = new
        for continuation in waiting {
            continuation.resume(returning: new)
        }
        waiting = []
    }

    /// Sends a message until it is known to be accepted; its key keeps it from being taken twice.
    nonisolated func put(_ message: CommandScript.Message) async throws {
        while true {
            let status = try? await process.put(
                "com.example/commander/\(message.id)",
                message.body,
                type: "application/vnd.example/Commands",
                key: message.key
            )
            if status == 202 { return }
            // A client whose server is away tries again a little later.
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
