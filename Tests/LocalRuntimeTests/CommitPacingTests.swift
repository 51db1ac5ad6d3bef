import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

@Suite struct CommitPacingTests {
    private static let milliseconds: Int64 = 1_000_000
    private static let begin = TransportInstant(nanoseconds: 1_000_000_000)

    /// Two transactions, the second one a millisecond after the first, with so many changes.
    private static func pacing(changes: Int = 60, apart: Int64 = milliseconds) -> CommitPacing {
        var pacing = CommitPacing()
        pacing.begin(with: 1, at: begin.advanced(byNanoseconds: -apart))
        pacing.begin(with: changes, at: begin)
        return pacing
    }

    @Test(
        "transactions are kept apart by 20 µs for each call in flight, by 20 ms at most",
        arguments: [
            // Nobody waits longer than for the store where few calls are in flight.
            (1, 0, 1, 0), (1, 0, 13, 0), (1, 0, 14, 280_000), (1, 0, 100, 2 * milliseconds), (63, 0, 100, 2 * milliseconds),
            // What the last transaction took counts.
            (1, 400_000, 50, 600_000), (1, 900_000, 50, 100_000), (1, 900_001, 50, 0), (1, 60 * milliseconds, 1_000, 0),
            (1, 0, 500, 10 * milliseconds), (1, 0, 100_000, 20 * milliseconds), (1, 5 * milliseconds, 100_000, 15 * milliseconds),
            // Enough to be worth one.
            (64, 0, 100_000, 0),
        ] as [(changes: Int, since: Int64, calls: Int, wait: Int64)]
    )
    func wait(changes: Int, since: Int64, calls: Int, wait: Int64) {
        let now = Self.begin.advanced(byNanoseconds: since)
        #expect(Self.pacing().wait(with: changes, callsInFlight: calls, at: now) == wait)
    }

    @Test(
        "where hardly anything would come meanwhile, nothing waits, however many calls are in flight",
        arguments: [
            (1, milliseconds, 20 * milliseconds), (1, 2 * milliseconds, 0), (16, 20 * milliseconds, 20 * milliseconds),
            (15, 20 * milliseconds, 0), (800, 1_000 * milliseconds, 20 * milliseconds), (799, 1_000 * milliseconds, 0),
            (1_000_000, .max / 2, 20 * milliseconds), (1, 0, 20 * milliseconds),
        ] as [(changes: Int, apart: Int64, wait: Int64)]
    )
    func worthIt(changes: Int, apart: Int64, wait: Int64) {
        #expect(Self.pacing(changes: changes, apart: apart).wait(with: 1, callsInFlight: 1_000, at: Self.begin) == wait)
    }

    @Test("the first transaction waits for nothing, and the one after it neither")
    func first() {
        var pacing = CommitPacing()
        #expect(pacing.wait(with: 1, callsInFlight: 1_000, at: Self.begin) == 0)
        pacing.begin(with: 63, at: Self.begin)
        #expect(pacing.wait(with: 1, callsInFlight: 1_000, at: Self.begin) == 0)
    }

    @Test("with many calls in flight, what comes of them is stored once, all of it", .timeLimit(.minutes(1)))
    func manyCalls() async throws {
        let gate = Gate()
        let app = try await TestRuntime([
            "example/person": { call in
                if call.id != "first" { try? await gate.opened() }
                return await Bodies.counter(call)
            }
        ]).started()
        try await app.send("example/person", "first", .int(1))
        try await app.until("seen", of: "example/person", "first", is: 1)
        let ids = (0..<600).map { "\($0)" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in ids { group.addTask { try await app.send("example/person", id, .int(1)) } }
            try await group.waitForAll()
        }
        try await app.until { await app.runtime.shard.machine.callsInFlight == ids.count }
        gate.open()
        for id in ids { try await app.until("seen", of: "example/person", id, is: 1) }
        try await app.untilEmpty()
        let consumed = app.store.commits.entries.flatMap { $0.consumed.map(\.address.id) }
        #expect(consumed.sorted() == (ids + ["first"]).sorted())
        await app.stop()
    }
}
