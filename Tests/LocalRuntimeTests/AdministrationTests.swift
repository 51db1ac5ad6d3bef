import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

/// What tools ask of a runtime.
@Suite struct AdministrationTests {
    @Test("a message that a tool sends is delivered once for each key, and what came of it is shown")
    func sending() async throws {
        let runtime = try await AdministeredRuntime(ScriptedFunctions(ScriptedFunctions.counting))
        #expect(try await runtime.send(to: .counter("Bob"), key: "one") == .accepted)
        #expect(try await runtime.send(to: .counter("Bob"), key: "one") == .accepted)
        #expect(try await runtime.send(to: .counter("Bob"), key: "two") == .accepted)
        try await runtime.waitsForNothing()
        #expect(try await runtime.seen(by: .counter("Bob")) == .int(2))
        let answer = try await runtime.ask(.state(of: .counter("nobody")))
        #expect(answer == .state(values: [], declared: [.init(name: "seen", typename: "io.statefun.types/int")]))
        await runtime.stop()
    }

    @Test("what the ingress refuses is refused, and so is what is no request")
    func refusing() async throws {
        let runtime = try await AdministeredRuntime(ScriptedFunctions(ScriptedFunctions.counting))
        let nowhere = RuntimeAddress(functionType: "com.nobody/counter", id: "Bob")
        #expect(try await runtime.send(to: nowhere).refusal?.contains("no endpoint") == true)
        let broken = RuntimeRequest.send(
            to: .counter("Bob"),
            typename: BuiltInType.int.typename,
            value: OpaqueBytes([0xFF]),
            idempotencyKey: nil
        )
        #expect(try await runtime.ask(broken).refusal?.contains("io.statefun.types/int") == true)
        for text in ["", "{}", #"{"forget":{"everything":true}}"#, #"{"state":{}}"#] {
            let answer = try RuntimeAnswer(decoding: await runtime.runtime.administration.answer(Array(text.utf8)))
            #expect(answer.refusal?.contains("no request") == true)
        }
        #expect(try await runtime.pending().found.isEmpty)
        await runtime.stop()
    }

    @Test("addresses that keep state are listed a page at a time, each once, of one function or of all")
    func listing() async throws {
        let runtime = try await AdministeredRuntime(ScriptedFunctions(ScriptedFunctions.counting))
        let other = RuntimeAddress(functionType: "com.example/other", id: "Zoe")
        for address in [.counter("c"), .counter("a"), other, .counter("b")] {
            _ = try await runtime.send(to: address)
        }
        try await runtime.waitsForNothing()
        func list(_ functionType: String?, after last: RuntimeAddress?) async throws -> (addresses: [RuntimeAddress], hasMore: Bool) {
            let answer = try await runtime.ask(.addresses(functionType: functionType, after: last, limit: 2))
            guard case .addresses(let found, let hasMore) = answer else { throw UnexpectedAnswer(answer: answer) }
            #expect(found.allSatisfy { $0.names == ["seen"] && $0.bytes > 0 })
            return (found.map(\.address), hasMore)
        }
        #expect(try await list(nil, after: nil) == ([.counter("a"), .counter("b")], true))
        #expect(try await list(nil, after: .counter("b")) == ([.counter("c"), other], false))
        #expect(try await list("com.example/counter", after: .counter("b")) == ([.counter("c")], false))
        await runtime.stop()
    }

    // MARK: Changing state

    @Test("a value that is set or cleared is what the next call sees")
    func changing() async throws {
        let runtime = try await AdministeredRuntime(ScriptedFunctions(ScriptedFunctions.counting))
        let bob = RuntimeAddress.counter("Bob")
        _ = try await runtime.send(to: bob)
        try await runtime.waitsForNothing()
        #expect(try await runtime.set(.int(40), of: bob) == .changed(names: ["seen"]))
        #expect(try await runtime.seen(by: bob) == .int(40))
        _ = try await runtime.send(to: bob)
        try await runtime.waitsForNothing()
        #expect(try await runtime.seen(by: bob) == .int(41))
        #expect(try await runtime.ask(.clearState(of: bob, name: nil)) == .changed(names: ["seen"]))
        #expect(try await runtime.seen(by: bob) == nil)
        _ = try await runtime.send(to: bob)
        try await runtime.waitsForNothing()
        #expect(try await runtime.seen(by: bob) == .int(1))
        await runtime.stop()
    }

    @Test("only what a function has declared can be set, and only as it has declared it")
    func refusedChanges() async throws {
        let runtime = try await AdministeredRuntime(ScriptedFunctions(ScriptedFunctions.counting))
        let bob = RuntimeAddress.counter("Bob")
        #expect(try await runtime.set(.int(1), of: bob).refusal?.contains("declared no state yet") == true)
        _ = try await runtime.send(to: bob)
        try await runtime.waitsForNothing()
        #expect(try await runtime.set(.int(1), as: "saw", of: bob).refusal?.contains("it has seen") == true)
        #expect(try await runtime.set(.long(1), of: bob).refusal?.contains("io.statefun.types/int") == true)
        #expect(try await runtime.ask(.clearState(of: bob, name: "saw")).refusal?.contains("'saw'") == true)
        #expect(try await runtime.ask(.clearState(of: .counter("nobody"), name: nil)).refusal?.contains("no values") == true)
        #expect(try await runtime.seen(by: bob) == .int(1))
        await runtime.stop()
    }

    @Test("a change waits for the end of a call in flight, which does not undo it, and goes before the next call")
    func changingDuringCall() async throws {
        let (arrived, gate) = (Gate(), Gate())
        let functions = ScriptedFunctions { batch, seen throws(RequestReplyFailure) in
            arrived.open()
            do {
                try await gate.opened()
            } catch {
                throw RequestReplyFailure(.cancelled, "nobody opened the gate")
            }
            seen += Int32(batch.invocations.count)
            return ScriptedFunctions.Result()
        }
        let runtime = try await AdministeredRuntime(functions)
        let bob = RuntimeAddress.counter("Bob")
        _ = try await runtime.send(to: bob)
        try await arrived.opened()
        _ = try await runtime.send(to: bob)
        let changed = Eventual<RuntimeAnswer>()
        let task = Task { changed.succeed(try await runtime.set(.int(100), of: bob)) }
        for _ in 0..<1_000 {
            #expect(try await runtime.seen(by: bob) == nil)
            await Task.yield()
        }
        #expect(changed.current == nil)
        #expect(try await runtime.pending().found.map(\.standing) == [.called])
        gate.open()
        #expect(try await changed.value("the change") == .changed(names: ["seen"]))
        try await task.value
        try await runtime.waitsForNothing()
        #expect(try await runtime.seen(by: bob) == .int(101))
        await runtime.stop()
    }

    @Test("an address that pauses after a failure is no call in flight: its values can be changed")
    func changingDuringPause() async throws {
        let runtime = try await AdministeredRuntime(ScriptedFunctions(ScriptedFunctions.counting))
        let bob = RuntimeAddress.counter("Bob")
        _ = try await runtime.send(to: bob)
        try await runtime.waitsForNothing()
        runtime.functions.become(ScriptedFunctions.failing(.timedOut))
        _ = try await runtime.send(to: bob)
        try await runtime.waits { $0.first?.standing == .pausing }
        #expect(try await runtime.set(.int(7), of: bob) == .changed(names: ["seen"]))
        #expect(try await runtime.seen(by: bob) == .int(7))
        await runtime.stop()
    }

    // MARK: What waits

    @Test("what waits is told with what for, how often it was tried and what that failed with")
    func waiting() async throws {
        let runtime = try await AdministeredRuntime(ScriptedFunctions(ScriptedFunctions.failing(.connectFailed)))
        _ = try await runtime.send(to: .counter("a"))
        try await runtime.waits { $0.first?.standing == .pausing }
        _ = try await runtime.send(to: .counter("b"))
        _ = try await runtime.send(to: .counter("b"))
        try await runtime.waits { $0.last?.standing == .blocked }
        let (summary, found) = try await runtime.pending()
        #expect(found.map(\.address) == [.counter("a"), .counter("b")])
        #expect(found.map(\.messages) == [1, 2])
        #expect(found.map(\.failures) == [1, 0])
        #expect(found.first?.lastFailure?.contains("out of order") == true)
        #expect(found.first?.failingFor.map { $0 >= 0 } == true)
        #expect(found.last?.lastFailure == nil)
        #expect(summary.functions.map(\.functionType) == ["com.example/counter"])
        #expect(summary.functions.map(\.messages) == [3])
        #expect(summary.functions.map(\.addresses) == [2])
        #expect(summary.functions.map(\.blocked) == [2])
        #expect(summary.functions.first?.lastFailure?.contains("out of order") == true)
        #expect(summary.isRunning)
        let page = try await runtime.ask(.pending(functionType: "com.example/counter", after: .counter("a"), limit: 1))
        #expect(page == .pending(summary: summary, found: [try #require(found.last)], hasMore: false))
        let first = try await runtime.ask(.pending(functionType: nil, after: nil, limit: 1))
        guard case .pending(_, let one, let hasMore) = first else { throw UnexpectedAnswer(answer: first) }
        #expect(one.map(\.address) == [.counter("a")])
        #expect(hasMore)
        await runtime.stop()
    }

    @Test("messages that are sent later are counted, with the time of the next one", arguments: [true, false])
    func delayed(isStarted: Bool) async throws {
        let store = InMemoryStateStore()
        let functions = ScriptedFunctions { _, _ in
            var message = WireFromFunction.DelayedInvocation()
            message.delayInMs = 3_600_000
            message.target.namespace = "com.example"
            message.target.type = "counter"
            message.argument = FunctionValue.int(1).wire
            var result = ScriptedFunctions.Result()
            result.delayedInvocations = [message]
            return result
        }
        let first = try await AdministeredRuntime(functions, store: store)
        for id in ["a", "b"] {
            _ = try await first.send(to: .counter(id))
        }
        try await first.waitsForNothing()
        await first.stop()
        let second = try await AdministeredRuntime(functions, store: store, isStarted: isStarted)
        let summary = try await second.pending().summary
        #expect(summary.delayed == 2)
        #expect(summary.isDelayedComplete)
        #expect(summary.nextDelayed == (await store.delayed(after: nil, limit: 1)).first?.due.milliseconds)
        #expect(summary.isRunning == isStarted)
        await second.stop()
    }

    @Test("on the data of a runtime that was stopped nothing is called, and what is sent waits for the next start")
    func opened() async throws {
        let store = InMemoryStateStore()
        let called = Gate()
        let functions = ScriptedFunctions { batch, seen in
            called.open()
            seen += Int32(batch.invocations.count)
            return ScriptedFunctions.Result()
        }
        let opened = try await AdministeredRuntime(functions, store: store, isStarted: false)
        #expect(try await opened.send(to: .counter("Bob")) == .accepted)
        #expect(try await opened.pending().found.map(\.standing) == [.inLine])
        await opened.stop()
        #expect(!called.isOpen)
        let started = try await AdministeredRuntime(functions, store: store)
        try await started.waitsForNothing()
        #expect(try await started.seen(by: .counter("Bob")) == .int(1))
        await started.stop()
    }
}
