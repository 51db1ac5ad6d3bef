import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

@Suite struct ExpirationTests {
    /// Sets `seen` to each number, but only answers to 0.
    private func function(_ expiration: MissingState.Expiration) -> TestFunctions.Body {
        { call in
            guard call.state["seen"] != nil else {
                return .incomplete([MissingState("seen", typename: "io.statefun.types/int", expiration: expiration)])
            }
            let changes = call.numbers.filter { $0 != 0 }.map { StateValue("seen", .int($0)) }
            return .result(InvocationResult(stateChanges: changes))
        }
    }

    /// What a function sees that is called so many milliseconds after the call before.
    private func seen(_ expiration: MissingState.Expiration, restarting: Bool, _ steps: [(after: Int64, number: Int32)]) async throws
        -> [Int32?]
    {
        var app = try await TestRuntime(["example/person": function(expiration)]).started()
        var time = TestRuntime.start
        var seen: [Int32?] = []
        for (after, number) in steps {
            time = time.advanced(byMilliseconds: after)
            if restarting {
                await app.stop()
                app = try await TestRuntime(on: app.store, at: time, ["example/person": function(expiration)]).started()
            } else {
                await app.advance(after)
            }
            try await app.send("example/person", "Bob", .int(number))
            try await app.untilEmpty()
            seen.append(app.functions.calls.entries.last?.number("seen"))
        }
        await app.stop()
        return seen
    }

    @Test("a value expires so long after it was written, whoever reads it", arguments: [false, true])
    func afterWrite(restarting: Bool) async throws {
        let steps: [(Int64, Int32)] = [(0, 1), (99, 0), (1, 0), (0, 2), (60, 3), (60, 0), (40, 0), (1, 0)]
        #expect(
            try await seen(.afterWrite(.milliseconds(100)), restarting: restarting, steps) == [nil, 1, nil, nil, 2, 3, nil, nil]
        )
    }

    @Test("a value expires so long after the last call, which every call puts off", arguments: [false, true])
    func afterInvocation(restarting: Bool) async throws {
        let steps: [(Int64, Int32)] = [(0, 1), (99, 0), (99, 0), (99, 0), (100, 0), (0, 2), (1, 0)]
        #expect(
            try await seen(.afterInvocation(.milliseconds(100)), restarting: restarting, steps) == [nil, 1, 1, 1, nil, nil, 2]
        )
    }

    @Test("a value that a tool sets while a call is in flight expires as one that is written when that has ended")
    func setDuringCall() async throws {
        let gate = Gate()
        let declared = MissingState("seen", typename: "io.statefun.types/int", expiration: .afterWrite(.seconds(3)))
        let app = try await TestRuntime([
            "example/person": { call in
                guard call.state["seen"] != nil else { return .incomplete([declared]) }
                try? await gate.opened()
                return .result(InvocationResult())
            }
        ]).started()
        try await app.send("example/person", "Bob", .int(0))
        try await app.functions.calls.count(2)
        let shard = app.runtime.shard
        let bob = RuntimeAddress(functionType: "example/person", id: "Bob")
        let value = FunctionValue.int(7)
        async let set = shard.answer(.setState(of: bob, name: "seen", typename: value.typename, value: OpaqueBytes(value.bytes)))
        try await app.until { await shard.changing[bob] != nil }
        await app.advance(5_000)
        gate.open()
        #expect(await set == .changed(names: ["seen"]))
        let stored = await app.store.kept.state(of: [bob])[0]
        #expect(stored.map(\.expires) == [TestRuntime.start.advanced(byMilliseconds: 8_000)])
        await app.stop()
    }

    @Test("a value without an expiration stays", arguments: [false, true])
    func never(restarting: Bool) async throws {
        #expect(try await seen(.never, restarting: restarting, [(0, 1), (1_000_000_000_000, 0)]) == [nil, 1])
    }

    @Test("what has expired is removed from the store when its address is called")
    func removed() async throws {
        let app = try await TestRuntime(["example/person": function(.afterWrite(.milliseconds(100)))]).started()
        try await app.send("example/person", "Bob", .int(1))
        try await app.until("seen", of: "example/person", "Bob", is: 1)
        await app.advance(100)
        try await app.send("example/person", "Bob", .int(0))
        try await app.untilEmpty()
        try await app.until("seen", of: "example/person", "Bob", is: nil)
        await app.stop()
    }
}
