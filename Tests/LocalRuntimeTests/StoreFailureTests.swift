import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

@Suite struct StoreFailureTests {
    private static let full = StoreFailure(.full, "there is no room")

    @Test("what cannot be stored is refused; the failure is named once, and the end of it", .timeLimit(.minutes(1)))
    func refused() async throws {
        let app = try await TestRuntime(["example/person": Bodies.counter]).started()
        app.store.fail(Self.full)
        for _ in 0..<3 {
            do {
                try await app.send("example/person", "Bob", .int(1))
                Issue.record("it was taken")
            } catch {
                #expect(error.kind == .notStored)
                #expect(error.message.contains("there is no room"))
            }
        }
        #expect(await app.runtime.administration.readiness() != .ready)
        app.store.fail(nil)
        try await app.events.until("the store is back") { $0.contains(.storeBack) }
        #expect(app.events.entries == [.storeFailed(Self.full), .storeBack])
        #expect(await app.runtime.administration.readiness() == .ready)
        try await app.send("example/person", "Bob", .int(1))
        try await app.until("seen", of: "example/person", "Bob", is: 1)
        await app.stop()
    }

    @Test("calls begin again when the store is back, without anybody sending anything", .timeLimit(.minutes(1)))
    func goesOn() async throws {
        let gate = Gate()
        let app = try await TestRuntime([
            "example/person": { call in
                if call.id == "Ann" { try? await gate.opened() }
                return await Bodies.counter(call)
            }
        ]).started()
        // The first call goes alone, so these wait.
        for id in ["Ann", "Bob"] {
            try await app.send("example/person", id, .int(1))
        }
        app.store.fail(Self.full)
        await #expect(throws: IngressRefusal.self) { try await app.send("example/person", "Cid", .int(1)) }
        gate.open()
        app.store.fail(nil)
        for id in ["Ann", "Bob"] {
            try await app.until("seen", of: "example/person", id, is: 1)
        }
        await app.stop()
    }

    @Test("a store that only an accepted message could not get into begins to work again by itself", .timeLimit(.minutes(1)))
    func nothingElseToStore() async throws {
        let app = try await TestRuntime(["example/person": Bodies.counter]).started()
        app.store.fail(Self.full)
        await #expect(throws: IngressRefusal.self) { try await app.send("example/person", "Cid", .int(1)) }
        app.store.fail(nil)
        try await app.events.until("the store is back") { $0.contains(.storeBack) }
        #expect(await !app.runtime.shard.machine.isHeld)
        await app.stop()
    }

    @Test("what a call in flight has done is kept until it can be stored, and nothing of it gets out before", .timeLimit(.minutes(1)))
    func effectsKept() async throws {
        let gate = Gate()
        let app = try await TestRuntime([
            "example/person": { call in
                guard call.state["seen"] != nil else { return .incomplete([Bodies.seen]) }
                try? await gate.opened()
                return .result(
                    InvocationResult(
                        stateChanges: [StateValue("seen", .int(1))],
                        messages: [.init("example/other", "x", .int(1))],
                        egresses: [.init(to: "example/out", .string("greetings:hi"))]
                    )
                )
            },
            "example/other": Bodies.nothing,
        ]).started()
        try await app.send("example/person", "Bob", .int(1))
        try await app.functions.calls.count(2)
        try await app.until("the registration is stored") { await !app.store.kept.recover().registered.isEmpty }
        app.store.fail(Self.full)
        let tried = app.store.attempts.entries.count
        gate.open()
        try await app.store.attempts.until("the group is tried again and again") { $0.count > tried + 3 }
        #expect(try await app.runtime.topics.take(from: "greetings", atMost: 1, waiting: .zero).isEmpty)
        // No call begins meanwhile.
        #expect(app.functions.calls(of: "example/other", "x").count <= 1)
        app.store.fail(nil)
        try await app.until("seen", of: "example/person", "Bob", is: 1)
        try await app.untilEmpty()
        #expect(app.functions.calls(of: "example/other", "x").count == 1)
        let records = try await app.runtime.topics.take(from: "greetings", atMost: 1, waiting: .seconds(30))
        #expect(records.map(\.payload) == [Array("hi".utf8)])
        await app.stop()
    }

    @Test(
        "stopping while nothing can be stored ends, says nothing of a store that is back, and does everything again after the restart",
        .timeLimit(.minutes(1))
    )
    func stopsFull() async throws {
        let gate = Gate()
        let body: TestFunctions.Body = { call in
            guard call.state["seen"] != nil else { return .incomplete([Bodies.seen]) }
            try? await gate.opened()
            return await Bodies.counter(call)
        }
        let app = try await TestRuntime(["example/person": body]).started()
        try await app.send("example/person", "Bob", .int(1))
        try await app.functions.calls.count(2)
        try await app.until("the registration is stored") { await !app.store.kept.recover().registered.isEmpty }
        app.store.fail(Self.full)
        async let stopped: Void = app.stop()
        gate.open()
        await stopped
        #expect(app.events.entries == [.storeFailed(Self.full)])
        app.store.fail(nil)
        let again = try await TestRuntime(on: app.store, ["example/person": body]).started()
        try await again.until("seen", of: "example/person", "Bob", is: 1)
        await again.stop()
    }

    @Test("once a group was given up, nothing that comes after it is stored", .timeLimit(.minutes(1)))
    func nothingAfterTheGap() async throws {
        let (first, second) = (Gate(), Gate())
        let body: TestFunctions.Body = { call in
            guard call.state["seen"] != nil else { return .incomplete([Bodies.seen]) }
            if call.id == "Ann" { try? await first.opened() }
            if call.id == "Bob" { try? await second.opened() }
            return .result(InvocationResult(messages: [.init("example/sink", "x", .int(1))]))
        }
        let app = try await TestRuntime(["example/person": body, "example/sink": Bodies.counter]).started()
        try await app.send("example/person", "Cid", .int(1))
        try await app.until("seen", of: "example/sink", "x", is: 1)
        for id in ["Ann", "Bob"] {
            try await app.send("example/person", id, .int(1))
        }
        try await app.functions.calls.until("both calls") { calls in calls.contains { $0.id == "Ann" } && calls.contains { $0.id == "Bob" }
        }
        async let stopped: Void = app.stop()
        try await app.until { await app.runtime.shard.isStopping }
        app.store.fail(Self.full)
        let tried = app.store.attempts.entries.count
        first.open()
        try await app.store.attempts.count(tried + 1)
        try await app.events.until("the failure") { !$0.isEmpty }
        app.store.fail(nil)
        let kept = app.store.commits.entries.count
        second.open()
        await stopped
        #expect(app.store.commits.entries.count == kept)
        let again = try await TestRuntime(on: app.store, ["example/person": body, "example/sink": Bodies.counter]).started()
        try await again.until("seen", of: "example/sink", "x", is: 3)
        try await again.untilEmpty()
        #expect(await again.number("seen", of: "example/sink", "x") == 3)
        await again.stop()
    }
}
