import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

@Suite struct BackpressureTests {
    private func hanging(_ gate: Gate) -> TestFunctions.Body {
        { _ in
            try? await gate.opened()
            return .result(InvocationResult())
        }
    }

    private func refusal(_ body: () async throws(IngressRefusal) -> Void) async -> IngressRefusal.Kind? {
        do throws(IngressRefusal) {
            try await body()
            return nil
        } catch {
            return error.kind
        }
    }

    @Test("where as many messages wait as may, an ingress is told to wait, and takes more when there is room")
    func inAll() async throws {
        let gate = Gate()
        let app = try await TestRuntime(limits: RuntimeLimits(maxWaiting: 3), ["example/person": hanging(gate)]).started()
        for id in ["Ann", "Bob", "Cid"] {
            try await app.send("example/person", id, .int(1))
        }
        do {
            try await app.send("example/person", "Dan", .int(1))
            Issue.record("it was taken")
        } catch {
            #expect(error.kind == .full)
            #expect(error.retryAfter == .seconds(1))
        }
        gate.open()
        try await app.untilEmpty()
        try await app.send("example/person", "Dan", .int(1))
        try await app.untilEmpty()
        #expect(app.functions.calls.entries.map(\.id).sorted() == ["Ann", "Bob", "Cid", "Dan"])
        await app.stop()
    }

    @Test("of large messages that waited before a restart only so many are read as there is room for, and each arrives once, in order")
    func largeAfterRestart() async throws {
        let failing: TestFunctions.Body = { _ in .failure(RequestReplyFailure(.timedOut, "no answer")) }
        let app = try await TestRuntime(["example/person": failing]).started()
        let size = 40_000
        for number in 0..<10 {
            try await app.send("example/person", "Bob", .string("\(number)" + String(repeating: "x", count: size)))
        }
        await app.stop()
        let (gate, seen) = (Gate(), Journal<String>())
        let again = try await TestRuntime(
            on: app.store,
            limits: RuntimeLimits(maxWaitingBytesInMemory: 3 * size),
            [
                "example/person": { call in
                    try? await gate.opened()
                    for case .string(let text) in call.arguments { seen.append(String(text.prefix(1))) }
                    return .result(InvocationResult())
                }
            ]
        ).started()
        try await again.functions.calls.count(1)
        #expect(again.functions.calls.entries.first?.invocations.count == 3)
        #expect(await again.runtime.shard.waitingBytes < 4 * size)
        #expect(await again.runtime.shard.waitingCount == 10)
        gate.open()
        try await again.untilEmpty()
        #expect(seen.entries == (0..<10).map(String.init))
        #expect(await again.runtime.shard.waitingBytes == 0)
        #expect(await again.runtime.shard.waitingCount == 0)
        await again.stop()
    }

    @Test("where as many messages wait for an address as the endpoint lets wait, only its senders are told to wait")
    func perAddress() async throws {
        let gate = Gate()
        let app = try await TestRuntime(batch: 2, ["example/person": hanging(gate)]).started()
        for _ in 0..<2 {
            try await app.send("example/person", "Bob", .int(1))
        }
        #expect(await refusal { () async throws(IngressRefusal) in try await app.send("example/person", "Bob", .int(1)) } == .full)
        try await app.send("example/person", "Ann", .int(1))
        gate.open()
        try await app.untilEmpty()
        try await app.send("example/person", "Bob", .int(1))
        try await app.untilEmpty()
        await app.stop()
    }

    @Test("zero and less let any number wait for an address", arguments: [0, -1])
    func noLimit(batch: Int) async throws {
        let gate = Gate()
        let app = try await TestRuntime(batch: batch, ["example/person": hanging(gate)]).started()
        for number in Int32(0)..<50 {
            try await app.send("example/person", "Bob", .int(number))
        }
        gate.open()
        try await app.untilEmpty()
        #expect(app.functions.calls.entries.flatMap(\.numbers) == Array(0..<50))
        await app.stop()
    }

    @Test("messages that are being stored count as well", arguments: [true, false])
    func beingStored(inAll: Bool) async throws {
        let app = try await TestRuntime(
            limits: RuntimeLimits(maxWaiting: inAll ? 5 : 1_000),
            batch: inAll ? 1_000 : 5,
            ["example/person": Bodies.nothing]
        ).started()
        let gate = Gate()
        app.store.holdCommits(gate)
        let refused = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do throws(IngressRefusal) {
                        try await app.send("example/person", "Bob", .int(1))
                        return false
                    } catch {
                        return error.kind == .full
                    }
                }
            }
            var refused = 0
            for await isRefused in group where isRefused {
                refused += 1
                if refused == 15 { gate.open() }
            }
            return refused
        }
        #expect(refused == 15)
        app.store.holdCommits(nil)
        try await app.untilEmpty()
        // There is room again.
        try await app.send("example/person", "Bob", .int(1))
        try await app.untilEmpty()
        await app.stop()
    }

    @Test("messages between functions are never refused")
    func internalMessages() async throws {
        let gate = Gate()
        let app = try await TestRuntime(
            limits: RuntimeLimits(maxWaiting: 1, maxWaitingBytesInMemory: 1),
            batch: 1,
            [
                "example/source": { _ in .result(InvocationResult(messages: (0..<100).map { .init("example/sink", "\($0 % 3)", .int($0)) }))
                },
                "example/sink": hanging(gate),
            ]
        ).started()
        try await app.send("example/source", "x", .int(1))
        try await app.until("all wait") { await app.store.kept.recover().waiting.map(\.count).reduce(0, +) == 100 }
        #expect(await refusal { () async throws(IngressRefusal) in try await app.send("example/source", "x", .int(1)) } == .full)
        gate.open()
        try await app.untilEmpty()
        #expect(app.functions.calls.entries.flatMap(\.numbers).count == 101)
        await app.stop()
    }

    @Test(
        "a value that is none of its type is refused",
        arguments: [
            ("int", IngressMessage.Value.encoded([0xff])), ("int", .written("2147483648")), ("bool", .written("yes")),
            ("number", .written("1")),
        ]
    )
    func malformed(name: String, value: IngressMessage.Value) async throws {
        let app = try await TestRuntime(["example/person": Bodies.nothing]).started()
        let person = RuntimeAddress(functionType: "example/person", id: "Bob")
        let message = IngressMessage(to: person, typename: "io.statefun.types/\(name)", value)
        #expect(await refusal { () async throws(IngressRefusal) in try await app.runtime.messages.accept(message) } == .malformedValue)
        await app.stop()
    }

    @Test("a value that is written as text comes as functions of every SDK read it")
    func written() async throws {
        let app = try await TestRuntime(["example/person": Bodies.nothing]).started()
        let person = RuntimeAddress(functionType: "example/person", id: "Bob")
        try await app.runtime.messages.accept(IngressMessage(to: person, typename: "io.statefun.types/int", .written("42\n")))
        try await app.untilEmpty()
        #expect(app.functions.calls.entries.flatMap(\.numbers) == [42])
        await app.stop()
    }
}
