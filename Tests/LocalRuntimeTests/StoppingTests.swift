import NIOConcurrencyHelpers
import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

@Suite(.timeLimit(.minutes(2))) struct StoppingTests {
    @Test("stopping waits for the calls in flight, and what waits goes on after a restart")
    func drains() async throws {
        let gate = Gate()
        let app = try await TestRuntime([
            "example/person": { call in
                guard call.state["seen"] != nil else { return .incomplete([Bodies.seen]) }
                if call.id == "Ann" { try? await gate.opened() }
                return await Bodies.counter(call)
            }
        ]).started()
        try await app.send("example/person", "Ann", .int(1))
        try await app.functions.calls.count(2)
        try await app.send("example/person", "Ann", .int(2))
        try await app.send("example/person", "Bob", .int(1))
        async let stopped: Void = app.stop()
        try await app.until { await app.runtime.shard.isStopping }
        await #expect(throws: IngressRefusal.self) { try await app.send("example/person", "Cid", .int(1)) }
        #expect(await app.runtime.administration.readiness() == .notReady("the runtime is stopping"))
        gate.open()
        await stopped
        #expect(await app.number("seen", of: "example/person", "Ann") == 1)
        #expect(app.functions.calls.entries.count == 2)
        let again = try await TestRuntime(on: app.store, ["example/person": Bodies.counter]).started()
        try await again.until("seen", of: "example/person", "Ann", is: 2)
        try await again.until("seen", of: "example/person", "Bob", is: 1)
        await again.stop()
    }

    @Test("addresses that pause keep nobody from stopping, and are called at once after a restart")
    func pausing() async throws {
        let app = try await TestRuntime(["example/person": { _ in .failure(RequestReplyFailure(.timedOut, "no answer")) }]).started()
        for id in ["Ann", "Bob"] {
            try await app.send("example/person", id, .int(1))
        }
        try await app.functions.calls.count(3)
        await app.stop()
        let again = try await TestRuntime(on: app.store, ["example/person": Bodies.counter]).started()
        for id in ["Ann", "Bob"] {
            try await again.until("seen", of: "example/person", id, is: 1)
        }
        await again.stop()
    }

    @Test("a runtime that nothing was sent to stops, and so does one that was not started")
    func idle() async throws {
        await TestRuntime([:]).stop()
        let app = try await TestRuntime([:]).started()
        await app.stop()
        #expect(app.store.commits.entries.isEmpty)
    }

    @Test("what calls in flight send out while it stops can be taken; whoever waits then is told that there are none")
    func takingWhileStopping() async throws {
        let gate = Gate()
        let app = try await TestRuntime([
            "example/person": { call in
                try? await gate.opened()
                return .result(InvocationResult(egresses: call.arguments.map { .init(to: "example/out", $0) }))
            }
        ]).started()
        try await app.send("example/person", "Bob", .string("greetings:a"))
        try await app.until { await app.runtime.shard.machine.callsInFlight == 1 }
        let topics = app.runtime.topics
        async let first = topics.take(from: "greetings", atMost: 1, waiting: .seconds(3_600))
        async let second = topics.take(from: "other", atMost: 1, waiting: .seconds(3_600))
        try await app.until { await app.runtime.shard.takers.count == 2 }
        async let stopped: Void = app.stop()
        try await app.until { await app.runtime.shard.isStopping }
        gate.open()
        #expect(try await first.map { String(decoding: $0.payload, as: UTF8.self) } == ["a"])
        #expect(try await second.isEmpty)
        await stopped
    }

    @Test("records whose taker goes while the runtime stops are in the store afterwards")
    func takerGoesWhileStopping() async throws {
        let app = try await TestRuntime([
            "example/person": { .result(InvocationResult(egresses: $0.arguments.map { .init(to: "example/out", $0) })) }
        ]).started()
        try await app.send("example/person", "Bob", .string("greetings:a"))
        try await app.untilEmpty()
        try await app.until { await app.runtime.shard.topics["greetings"]?.count == 1 }
        let gate = Gate()
        let tried = app.store.attempts.entries.count
        app.store.holdCommits(gate)
        let taken = Journal<Int>()
        let taking = app.runtime.topics.begin(takingFrom: "greetings", atMost: 1, waiting: .seconds(3_600)) { result in
            taken.append((try? result.get().count) ?? -1)
        }
        try await app.store.attempts.count(tried + 1)
        taking.cancel()
        async let stopped: Void = app.stop()
        try await app.until { await app.runtime.shard.isClosing }
        app.store.holdCommits(nil)
        gate.open()
        await stopped
        try await taken.count(1)
        #expect(taken.entries == [0])
        #expect(await app.store.kept.egress(topic: "greetings", after: 0, limit: 9).count == 1)
    }

    /// A runtime that has handed out the record `a`, and cannot store that it comes back.
    private func cannotPutBack() async throws -> TestRuntime {
        let app = try await TestRuntime([
            "example/person": { .result(InvocationResult(egresses: $0.arguments.map { .init(to: "example/out", $0) })) }
        ]).started()
        try await app.send("example/person", "Bob", .string("greetings:a"))
        try await app.untilEmpty()
        let taken = try await app.runtime.topics.take(from: "greetings", atMost: 1, waiting: .seconds(3_600))
        app.store.fail(StoreFailure(.full, "there is no room"))
        let tried = app.store.attempts.entries.count
        Task { await app.runtime.topics.putBack(taken) }
        try await app.store.attempts.count(tried + 1)
        try await app.events.until("the failure") { !$0.isEmpty }
        return app
    }

    @Test("a record that came back while nothing could be stored is stored as soon as there is room, also while the runtime stops")
    func putBackLate() async throws {
        let app = try await cannotPutBack()
        async let stopped: Void = app.stop()
        try await app.until { await app.runtime.shard.isClosing }
        try await app.store.attempts.count(app.store.attempts.entries.count + 5)
        app.store.fail(nil)
        await stopped
        #expect(await app.store.kept.egress(topic: "greetings", after: 0, limit: 9).map(\.payload) == [Array("a".utf8)])
    }

    @Test("a record that came back and cannot be stored in the time that stopping may take is named as lost")
    func putBackInVain() async throws {
        let app = try await cannotPutBack()
        await app.runtime.stop(drainingFor: .zero)
        let full = StoreFailure(.full, "there is no room")
        #expect(app.events.entries == [.storeFailed(full), .recordsLost(topic: "greetings", count: 1, full)])
    }

    @Test("whoever does not want to wait for the store any longer is not kept waiting")
    func putBackHurried() async throws {
        let app = try await cannotPutBack()
        async let stopped: Void = app.runtime.stop(drainingFor: .seconds(3_600))
        try await app.until { await app.runtime.shard.isClosing }
        await app.runtime.stopNow()
        await stopped
        #expect(app.events.entries.count == 2)
    }

    @Test("whoever waits for records is told that there are none")
    func takers() async throws {
        let app = try await TestRuntime([:]).started()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<3 {
                group.addTask { try await app.runtime.topics.take(from: "greetings", atMost: 1, waiting: .seconds(3_600)).count }
            }
            try await app.until { await app.runtime.shard.takers.count == 3 }
            await app.stop()
            for try await count in group {
                #expect(count == 0)
            }
        }
        #expect(try await app.runtime.topics.take(from: "greetings", atMost: 1, waiting: .seconds(3_600)).isEmpty)
    }

    @Test("a message whose key is looked up while the runtime stops is refused")
    func keyWhileStopping() async throws {
        let app = try await TestRuntime(["example/person": Bodies.counter]).started()
        let gate = Gate()
        app.store.holdKeys(gate)
        let sent = Task { try await app.send("example/person", "Bob", .int(1), key: "a") }
        try await app.store.keys.count(1)
        await app.stop()
        gate.open()
        await #expect(throws: IngressRefusal.self) { try await sent.value }
        #expect(app.store.commits.entries.isEmpty)
    }

    @Test("messages that go round between functions arrive once each, whenever the runtime is stopped", arguments: 0..<6 as Range<UInt64>)
    func restarts(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let store = CommandedStore()
        let body: TestFunctions.Body = { call in
            guard call.state["seen"] != nil else { return .incomplete([Bodies.seen]) }
            let next = call.numbers.filter { $0 > 0 }.map {
                InvocationResult.Message("example/person", "\(($0 &* 7) % 11)", .int($0 - 1))
            }
            let seen = (call.number("seen") ?? 0) + Int32(call.invocations.count)
            return .result(InvocationResult(stateChanges: [StateValue("seen", .int(seen))], messages: next))
        }
        var limits = RuntimeLimits(maxInFlight: 3)
        limits.messagesInMemory = Int.random(in: 1...3, using: &random)
        var expected: Int32 = 0
        for round in 0..<6 {
            let app = try await TestRuntime(on: store, limits: limits, ["example/person": body]).started()
            for id in 0..<10 {
                let depth = Int32.random(in: 0...30, using: &random)
                try await app.send("example/person", "\(id)", .int(depth))
                expected += depth + 1
            }
            if round < 5 {
                let calls = Int.random(in: 1...8, using: &random)
                try await app.functions.calls.count(calls)
            } else {
                try await app.untilEmpty()
            }
            await app.stop()
        }
        var seen: Int32 = 0
        for id in 0..<11 {
            let states = await store.kept.state(of: [RuntimeAddress(functionType: "example/person", id: "\(id)")])[0]
            if let value = states.first, case .int(let number)? = try? EncodedValue(encoded: value.value).decoded() { seen += number }
        }
        #expect(seen == expected)
    }
}
