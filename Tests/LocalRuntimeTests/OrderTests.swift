import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

@Suite struct OrderTests {
    /// The numbers that an address got, in order, whatever batches they came in.
    private func numbers(of app: TestRuntime, _ functionType: String, _ id: String) -> [Int32] {
        app.functions.calls(of: functionType, id).flatMap(\.numbers)
    }

    @Test("what comes while a call is in flight leaves as one batch, in order")
    func batches() async throws {
        let gate = Gate()
        let app = try await TestRuntime([
            "example/person": { call in
                if call.numbers == [0] { try? await gate.opened() }
                return .result(InvocationResult())
            }
        ]).started()
        for number in Int32(0)...5 {
            try await app.send("example/person", "Bob", .int(number))
        }
        gate.open()
        try await app.untilEmpty()
        #expect(app.functions.calls.entries.map(\.numbers) == [[0], [1, 2, 3, 4, 5]])
        await app.stop()
    }

    @Test(
        "a batch has no more invocations than the endpoint says, where it says any",
        arguments: [(1, [1, 1, 1, 1, 1]), (2, [2, 2, 1]), (0, [5]), (-3, [5])]
    )
    func batchLimit(limit: Int, sizes: [Int]) async throws {
        let gate = Gate()
        let app = try await TestRuntime(
            batch: limit,
            [
                "example/source": { _ in .result(InvocationResult(messages: (0..<5).map { .init("example/person", "Bob", .int($0)) })) },
                "example/person": { call in
                    if call.id == "first" { try? await gate.opened() }
                    return .result(InvocationResult())
                },
            ]
        ).started()
        // The first call of the function goes alone, so that the others collect meanwhile.
        try await app.send("example/person", "first", .int(0))
        try await app.send("example/source", "x", .int(0))
        try await app.until { await app.runtime.shard.waitingCount == 6 }
        gate.open()
        try await app.untilEmpty()
        let calls = app.functions.calls(of: "example/person", "Bob")
        #expect(calls.map(\.invocations.count) == sizes)
        #expect(calls.flatMap(\.numbers) == [0, 1, 2, 3, 4])
        await app.stop()
    }

    @Test(
        "messages of one sender to one address keep their order, also where they do not fit into memory",
        arguments: [(64 << 20, 4_096), (0, 4_096), (100, 4_096), (64 << 20, 3), (64 << 20, 1)]
    )
    func order(bytes: Int, window: Int) async throws {
        var limits = RuntimeLimits(maxWaitingBytesInMemory: bytes)
        limits.messagesInMemory = window
        let app = try await TestRuntime(
            limits: limits,
            batch: 7,
            [
                "example/source": { call in
                    let start = call.numbers[0] * 20
                    let messages = (0..<20).flatMap { number in
                        ["a", "b", "c"].map { InvocationResult.Message("example/sink", $0, .int(start + number)) }
                    }
                    let again = call.numbers[0] < 9 ? [InvocationResult.Message("example/source", call.id, .int(call.numbers[0] + 1))] : []
                    return .result(InvocationResult(messages: messages + again))
                },
                "example/sink": Bodies.nothing,
            ]
        ).started()
        try await app.send("example/source", "x", .int(0))
        try await app.functions.calls.until("the last message") { calls in
            ["a", "b", "c"].allSatisfy { id in calls.contains { $0.id == id && $0.numbers.contains(199) } }
        }
        try await app.untilEmpty()
        for id in ["a", "b", "c"] {
            #expect(numbers(of: app, "example/sink", id) == Array(0..<200))
        }
        #expect(await app.runtime.shard.waitingCount == 0)
        #expect(await app.runtime.shard.waitingBytes == 0)
        #expect(await app.runtime.shard.addressCount == 0)
        await app.stop()
    }

    @Test(
        "messages from outside and from functions to one address get through once each, also where they do not fit into memory",
        arguments: [(0, 0), (1, 2), (2, 1), (3, 3), (64 << 20, 2)]
    )
    func mixed(bytes: Int, window: Int) async throws {
        var limits = RuntimeLimits(maxWaitingBytesInMemory: bytes == 0 ? 0 : 64 << 20)
        limits.messagesInMemory = max(1, window)
        let app = try await TestRuntime(
            limits: limits,
            batch: 100_000,
            [
                "example/source": { call in
                    let messages = call.numbers.flatMap { number in
                        (0..<3).map { InvocationResult.Message("example/sink", "x", .int(10_000 + number * 3 + $0)) }
                    }
                    return .result(InvocationResult(messages: messages))
                },
                "example/sink": Bodies.nothing,
            ]
        ).started()
        try await withThrowingTaskGroup { group in
            for worker in Int32(0)..<8 {
                group.addTask {
                    for number in Int32(0)..<20 {
                        try await app.send("example/sink", "x", .int(worker * 20 + number))
                        try await app.send("example/source", "\(number % 4)", .int(worker * 20 + number))
                    }
                }
            }
            try await group.waitForAll()
        }
        try await app.untilEmpty()
        let numbers = numbers(of: app, "example/sink", "x")
        #expect(numbers.sorted() == Array(0..<160) + Array(10_000..<10_480))
        for worker in Int32(0)..<8 {
            let own = numbers.filter { $0 / 20 == worker && $0 < 10_000 }
            #expect(own == own.sorted(), "what one sender sends comes out of order")
        }
        await app.stop()
    }

    @Test("a message from outside that is stored after a later one from a function was delivered is not lost")
    func overtaken() async throws {
        var limits = RuntimeLimits()
        limits.messagesInMemory = 1
        let (gate, commits, answered) = (Gate(), Gate(), Gate())
        let app = try await TestRuntime(
            limits: limits,
            [
                "example/source": { _ in
                    try? await gate.opened()
                    return .result(InvocationResult(messages: [.init("example/sink", "x", .int(2)), .init("example/sink", "x", .int(3))]))
                },
                "example/sink": { call in
                    if call.numbers == [0] { try? await answered.opened() }
                    return .result(InvocationResult())
                },
            ]
        ).started()
        try await app.send("example/source", "y", .int(0))
        try await app.send("example/sink", "x", .int(0))
        try await app.functions.calls.until("both calls") { $0.count == 2 }
        // The message from outside is being stored while the function's overtakes it.
        app.store.holdCommits(commits)
        let tried = app.store.attempts.entries.count
        async let accepted: Void = app.send("example/sink", "x", .int(1))
        try await app.store.attempts.count(tried + 1)
        gate.open()
        try await app.until { await app.runtime.shard.waitingCount == 3 }
        app.store.holdCommits(nil)
        commits.open()
        try await accepted
        answered.open()
        try await app.untilEmpty()
        #expect(numbers(of: app, "example/sink", "x").sorted() == [0, 1, 2, 3])
        #expect(await app.runtime.shard.waitingCount == 0)
        await app.stop()
    }
}

extension TestRuntime {
    /// Waits, by turns with the runtime's event loop, until something there is as it should be.
    func until(_ isMet: () async -> Bool) async throws {
        for _ in 0..<1_000_000 {
            if await isMet() { return }
            await Task.yield()
        }
        Issue.record("waited too long")
    }
}
