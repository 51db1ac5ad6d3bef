import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

/// What those are told who want something while nothing can be stored.
@Suite(.timeLimit(.minutes(2))) struct StoreRefusalTests {
    private static let full = StoreFailure(.full, "there is no room")

    /// A runtime with the record `a`, and with a function that counts.
    private func started() async throws -> TestRuntime {
        let app = try await TestRuntime([
            "example/person": { .result(InvocationResult(egresses: $0.arguments.map { .init(to: "example/out", $0) })) },
            "example/counter": Bodies.counter,
        ]).started()
        try await app.send("example/person", "Bob", .string("greetings:a"))
        try await app.untilEmpty()
        try await app.until { await app.runtime.shard.topics["greetings"]?.count == 1 }
        return app
    }

    private func take(_ app: TestRuntime) async throws -> [String] {
        try await app.runtime.topics.take(from: "greetings", atMost: 1, waiting: .zero).map { String(decoding: $0.payload, as: UTF8.self) }
    }

    /// Returns when the runtime knows that nothing can be stored.
    private func refused(_ app: TestRuntime) async throws {
        do {
            try await app.send("example/counter", "Bob", .int(1))
            Issue.record("it was taken")
        } catch {
            #expect(error.kind == .notStored)
        }
    }

    @Test("messages that came while a group was being stored in vain are refused as those of the group are, and none is stored")
    func cameMeanwhile() async throws {
        let app = try await started()
        let (gate, tried) = (Gate(), app.store.attempts.entries.count)
        app.store.holdCommits(gate)
        let refusals = Journal<IngressRefusal?>()
        for key in ["first", "second"] {
            let message = IngressMessage(
                to: RuntimeAddress(functionType: "example/counter", id: "Bob"),
                typename: FunctionValue.int(1).typename,
                .encoded(FunctionValue.int(1).bytes),
                idempotencyKey: key
            )
            app.runtime.messages.begin(message) { refusals.append($0) }
            try await app.store.attempts.count(tried + 1)
            try await app.until { await app.runtime.shard.acceptingCount == (key == "first" ? 1 : 2) }
        }
        app.store.fail(Self.full)
        gate.open()
        try await refusals.count(2)
        #expect(refusals.entries.map { $0?.kind } == [.notStored, .notStored])
        #expect(await app.runtime.shard.acceptingCount == 0)
        app.store.holdCommits(nil)
        app.store.fail(nil)
        try await app.events.until("the store is back") { $0.contains(.storeBack) }
        // Neither they nor their keys have left anything.
        for (number, key) in ["first", "second"].enumerated() {
            try await app.send("example/counter", "Bob", .int(1), key: key)
            try await app.until("seen", of: "example/counter", "Bob", is: Int32(number + 1))
        }
        await app.stop()
    }

    @Test("whoever takes records while nothing can be stored is told so, and the records stay")
    func takenInVain() async throws {
        let app = try await started()
        app.store.fail(Self.full)
        try await refused(app)
        for _ in 0..<3 {
            await #expect(throws: StoreFailure.self) { try await take(app) }
        }
        app.store.fail(nil)
        try await app.events.until("the store is back") { $0.contains(.storeBack) }
        #expect(try await take(app) == ["a"])
        #expect(try await take(app).isEmpty)
        await app.stop()
    }

    @Test("records can be taken while only what adds something cannot be stored, which makes room")
    func takenToMakeRoom() async throws {
        let app = try await started()
        app.store.fail(Self.full, butTakesAway: true)
        try await refused(app)
        #expect(try await take(app) == ["a"])
        app.store.fail(nil)
        #expect(try await take(app).isEmpty)
        await app.stop()
    }

    @Test("a tool is told that a change was given up, as the runtime stopped while nothing could be stored")
    func changeGivenUp() async throws {
        let app = try await started()
        app.functions.replace("example/person") { _ in .failure(RequestReplyFailure(.protocolBroken, "it is out of order")) }
        try await app.send("example/person", "Bob", .string("x"))
        try await app.send("example/counter", "Bob", .int(1))
        try await app.untilEmpty()
        let letter = try #require(await app.deadLetters.first).sequence
        let value = FunctionValue.int(7)
        let (gate, tried) = (Gate(), app.store.attempts.entries.count)
        app.store.holdCommits(gate)
        let shard = app.runtime.shard
        async let set = shard.answer(
            .setState(
                of: RuntimeAddress(functionType: "example/counter", id: "Bob"),
                name: "seen",
                typename: value.typename,
                value: OpaqueBytes(value.bytes)
            )
        )
        try await app.store.attempts.count(tried + 1)
        async let dropped = shard.answer(.drop(sequences: [letter]))
        try await app.until { await shard.pending.count == 1 }
        app.store.fail(Self.full)
        async let stopped: Void = app.stop()
        try await app.until { await shard.isStopping }
        gate.open()
        #expect(await set.refusal?.contains("there is no room") == true)
        guard case .settled([], let refused) = await dropped else { throw UnexpectedAnswer(answer: await dropped) }
        #expect(refused.map(\.sequence) == [letter])
        #expect(refused.first?.reason.contains("there is no room") == true)
        await stopped
        #expect(await app.number("seen", of: "example/counter", "Bob") == 1)
        #expect(await app.deadLetters.map(\.sequence) == [letter])
    }
}
