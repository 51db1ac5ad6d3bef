import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

/// Records that come with the group in which somebody takes all that come before them.
@Suite(.timeLimit(.minutes(2))) struct EgressPromisingTests {
    /// A runtime that is storing something until the gate opens, while somebody takes the record `a`, and `b` and `c` have come.
    private struct HeldUp {
        let app: TestRuntime
        let taking: Task<[String], any Error>
        let gate: Gate

        init(atMost limit: Int) async throws {
            let (called, gate) = (Gate(), Gate())
            let app = try await TestRuntime([
                "example/person": { call in
                    if call.id == "Later" { try? await called.opened() }
                    return .result(InvocationResult(egresses: call.arguments.map { .init(to: "example/out", $0) }))
                },
                "example/quiet": { _ in .result(InvocationResult()) },
            ]).started()
            try await app.send("example/person", "Bob", .string("greetings:a"))
            try await app.untilEmpty()
            try await app.send("example/person", "Later", .string("greetings:b"))
            try await app.send("example/person", "Later", .string("greetings:c"))
            let tried = app.store.attempts.entries.count
            app.store.holdCommits(gate)
            let message = Task { try await app.send("example/quiet", "Eve", .string("")) }
            try await app.store.attempts.count(tried + 1)
            taking = Task { try await EgressPromisingTests.take(app, limit) }
            try await app.until { await !app.runtime.shard.lastTaken.isEmpty }
            called.open()
            // The second of the messages for `Later` may have come after its call, and has one of its own then.
            try await app.until { await app.runtime.shard.waitingCount == 0 }
            (self.app, self.gate) = (app, gate)
            Task { try await message.value }
        }

        func goOn() {
            app.store.holdCommits(nil)
            gate.open()
        }
    }

    private static func take(_ app: TestRuntime, _ limit: Int, wait: Duration = .zero) async throws -> [String] {
        try await app.runtime.topics.take(from: "greetings", atMost: limit, waiting: wait).map {
            String(decoding: $0.payload, as: UTF8.self)
        }
    }

    @Test("they are handed out with those, and never stored")
    func together() async throws {
        let held = try await HeldUp(atMost: 9)
        held.goOn()
        #expect(try await held.taking.value == ["a", "b", "c"])
        #expect(held.app.store.attempts.entries.flatMap(\.egress).count == 1, "`a`, which came when nobody wanted it")
        #expect(try await Self.take(held.app, 9).isEmpty)
        await held.app.stop()
    }

    @Test("nobody gets more than they want", arguments: [1, 2])
    func limited(limit: Int) async throws {
        let held = try await HeldUp(atMost: limit)
        held.goOn()
        #expect(try await held.taking.value == Array(["a", "b", "c"].prefix(limit)))
        #expect(try await Self.take(held.app, 9, wait: .seconds(30)) == Array(["a", "b", "c"].dropFirst(limit)))
        await held.app.stop()
    }

    @Test("where the group cannot be stored at first, all of them wait for the next one who wants them")
    func inVain() async throws {
        let held = try await HeldUp(atMost: 2)
        let (tried, next) = (held.app.store.attempts.entries.count, Gate())
        held.app.store.holdCommits(next)
        held.gate.open()
        try await held.app.store.attempts.count(tried + 1)
        held.app.store.fail(StoreFailure(.full, "there is no room"))
        held.app.store.holdCommits(nil)
        next.open()
        await #expect(throws: StoreFailure.self) { try await held.taking.value }
        held.app.store.fail(nil)
        var texts: [String] = []
        while texts.count < 3 {
            texts += try await Self.take(held.app, 9, wait: .seconds(30))
        }
        #expect(texts == ["a", "b", "c"])
        #expect(try await Self.take(held.app, 9).isEmpty)
        await held.app.stop()
    }

    @Test("whoever goes meanwhile has taken none of them")
    func gone() async throws {
        let held = try await HeldUp(atMost: 9)
        held.taking.cancel()
        held.goOn()
        #expect(try await held.taking.value.isEmpty)
        var texts: [String] = []
        while texts.count < 3 {
            texts += try await Self.take(held.app, 9, wait: .seconds(30))
        }
        #expect(texts == ["a", "b", "c"])
        await held.app.stop()
    }
}
