import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

@Suite struct IdempotencyTests {
    @Test("a message with a key that was taken before is accepted without effect, also after a restart")
    func again() async throws {
        let first = try await TestRuntime(["example/person": Bodies.counter]).started()
        try await first.send("example/person", "Bob", .int(1), key: "a")
        try await first.send("example/person", "Bob", .int(1), key: "a")
        try await first.send("example/person", "Bob", .int(1), key: "b")
        try await first.until("seen", of: "example/person", "Bob", is: 2)
        await first.stop()
        let second = try await TestRuntime(on: first.store, ["example/person": Bodies.counter]).started()
        try await second.send("example/person", "Bob", .int(1), key: "a")
        try await second.send("example/person", "Bob", .int(1), key: "c")
        try await second.until("seen", of: "example/person", "Bob", is: 3)
        await second.stop()
    }

    @Test("of messages with one key that come at the same time one has an effect", .timeLimit(.minutes(1)))
    func atOnce() async throws {
        let app = try await TestRuntime(["example/person": Bodies.counter]).started()
        let gate = Gate()
        app.store.holdKeys(gate)
        try await withThrowingTaskGroup { group in
            for _ in 0..<10 {
                group.addTask { try await app.send("example/person", "Bob", .int(1), key: "a") }
            }
            try await app.store.keys.count(1)
            gate.open()
            try await group.waitForAll()
        }
        try await app.untilEmpty()
        try await app.send("example/person", "Bob", .int(1), key: "b")
        try await app.until("seen", of: "example/person", "Bob", is: 2)
        #expect(await app.runtime.shard.keysAtHand.isEmpty)
        await app.stop()
    }

    @Test("where the first of two cannot be stored, the other one is not taken for its repetition", .timeLimit(.minutes(1)))
    func firstFails() async throws {
        let app = try await TestRuntime(["example/person": Bodies.counter]).started()
        let (gate, tried) = (Gate(), app.store.attempts.entries.count)
        app.store.holdCommits(gate)
        app.store.fail(StoreFailure(.full, "there is no room"))
        let first = Task { try await app.send("example/person", "Bob", .int(1), key: "a") }
        try await app.store.attempts.count(tried + 1)
        let second = Task { try await app.send("example/person", "Bob", .int(1), key: "a") }
        gate.open()
        await #expect(throws: IngressRefusal.self) { try await first.value }
        _ = await second.result
        app.store.fail(nil)
        try await app.events.until("the store is back") { $0.contains(.storeBack) }
        try await app.send("example/person", "Bob", .int(1), key: "a")
        try await app.until("seen", of: "example/person", "Bob", is: 1)
        await app.stop()
    }

    @Test("a message whose key cannot be looked up is refused, and may be sent again")
    func cannotBeLookedUp() async throws {
        let app = try await TestRuntime(["example/person": Bodies.counter]).started()
        app.store.failReads(StoreFailure(.unavailable, "it cannot be read"))
        await #expect(throws: IngressRefusal.self) { try await app.send("example/person", "Bob", .int(1), key: "a") }
        app.store.failReads(nil)
        try await app.send("example/person", "Bob", .int(1), key: "a")
        try await app.until("seen", of: "example/person", "Bob", is: 1)
        await app.stop()
    }
}
