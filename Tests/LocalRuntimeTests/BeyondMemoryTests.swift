import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

/// Something waits for more addresses of a function than are held in memory.
@Suite struct BeyondMemoryTests {
    private static let person = "example/person"

    private func limits(_ addresses: Int) -> RuntimeLimits {
        var limits = RuntimeLimits()
        limits.addressesInMemory = addresses
        return limits
    }

    /// Sends each of its addresses three messages, one after the other.
    private static func source(_ ids: Range<Int>) -> TestFunctions.Body {
        { _ in
            .result(
                InvocationResult(
                    messages: (0..<3).flatMap { turn in ids.map { .init(person, "\($0)", .int(Int32(turn))) } }
                )
            )
        }
    }

    private func addresses(_ app: TestRuntime) async -> Int {
        await app.runtime.shard.heldAddresses(of: Self.person)
    }

    @Test("few addresses are held in memory, and every message arrives once, in order")
    func manyAddresses() async throws {
        let gate = Gate()
        let app = try await TestRuntime(
            limits: limits(4),
            [
                "example/source": Self.source(0..<20),
                Self.person: { _ in
                    try? await gate.opened()
                    return .result(InvocationResult())
                },
                "example/other": Bodies.nothing,
            ]
        ).started()
        try await app.send("example/source", "x", .int(0))
        try await app.until("all wait") { await app.runtime.shard.waitingCount == 60 }
        #expect(await addresses(app) == 4)
        let pending = try await app.runtime.shard.pendingSummary().functions.first { $0.functionType == Self.person }
        #expect(pending?.messages == 60)
        #expect(pending?.addresses == 4)
        #expect(pending?.isComplete == false)
        // Other functions notice nothing of it.
        try await app.send("example/other", "y", .int(7))
        try await app.until("the other is done") { await app.runtime.shard.waitingCount == 60 }
        #expect(app.functions.calls(of: "example/other", "y").flatMap(\.numbers) == [7])
        gate.open()
        try await app.untilEmpty()
        for id in 0..<20 {
            #expect(app.functions.calls(of: Self.person, "\(id)").flatMap(\.numbers) == [0, 1, 2], "address \(id)")
        }
        #expect(await app.runtime.shard.waitingCount == 0)
        await app.stop()
    }

    @Test("what has come or gone since the store was read is neither lost nor done twice")
    func overtakenByReading() async throws {
        let gates = ["a": Gate(), "b": Gate(), "c": Gate(), "e": Gate(), "f": Gate()]
        let app = try await TestRuntime(
            limits: limits(4),
            [
                Self.person: { call in
                    try? await gates[call.id]?.opened()
                    return .result(InvocationResult())
                }
            ]
        ).started()
        for id in ["a", "e", "b", "f", "c"] { try await app.send(Self.person, id, .int(0)) }
        #expect(await addresses(app) == 4)
        let read = Gate()
        app.store.holdWaiting(read)
        gates["a"]?.open()
        gates["e"]?.open()
        let found = try await app.store.waitingReads.until("the addresses are read") { !$0.isEmpty }
        #expect(found[0].map(\.address.id) == ["b", "c"])
        // One that was read is done with, and messages come for both.
        gates["b"]?.open()
        try await app.until("b is done") { await app.runtime.shard.waitingCount == 2 }
        for id in ["b", "c"] { try await app.send(Self.person, id, .int(1)) }
        app.store.holdWaiting(nil)
        read.open()
        gates["f"]?.open()
        // What comes while an address is called has its turn after all that was in the store.
        _ = try await app.functions.calls.until("c is called") { $0.contains { $0.id == "c" } }
        try await app.send(Self.person, "c", .int(2))
        gates["c"]?.open()
        try await app.untilEmpty()
        #expect(app.functions.calls(of: Self.person, "b").flatMap(\.numbers) == [0, 1])
        #expect(app.functions.calls(of: Self.person, "c").flatMap(\.numbers) == [0, 1, 2])
        // Others find room again.
        try await app.send(Self.person, "d", .int(0))
        try await app.untilEmpty()
        #expect(app.functions.calls(of: Self.person, "d").count == 1)
        #expect(await app.runtime.shard.waitingCount == 0)
        #expect(await app.runtime.shard.messagesBeyond(of: Self.person) == 0)
        await app.stop()
    }

    @Test("after a restart as few are in memory, and none is forgotten")
    func restart() async throws {
        let gate = Gate()
        let hanging: TestFunctions.Body = { _ in
            try? await gate.opened()
            return .failure(RequestReplyFailure(.shutDown, "it ends"))
        }
        let first = try await TestRuntime(limits: limits(4), ["example/source": Self.source(0..<20), Self.person: hanging]).started()
        try await first.send("example/source", "x", .int(0))
        try await first.until("all wait") { await first.runtime.shard.waitingCount == 60 }
        let stopping = Task { await first.stop() }
        gate.open()
        await stopping.value

        let second = try await TestRuntime(on: CommandedStore(first.store.kept), limits: limits(3), [Self.person: Bodies.nothing]).started()
        try await second.untilEmpty()
        for id in 0..<20 {
            #expect(second.functions.calls(of: Self.person, "\(id)").flatMap(\.numbers) == [0, 1, 2], "address \(id)")
        }
        await second.stop()
    }

    @Test("what comes while the others are read, and while that fails, arrives once and in order", arguments: 0..<20 as Range<UInt64>)
    func random(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let held = Int.random(in: 1...6, using: &random)
        let app = try await TestRuntime(
            limits: limits(held),
            [
                // Sends what it is told: the number of a message is the target, and how many that source has sent before.
                "example/source": { call in
                    let messages = call.numbers.map { InvocationResult.Message(Self.person, "\($0 / 1_000)", .int($0 % 1_000)) }
                    return .result(InvocationResult(messages: messages))
                },
                Self.person: { call in
                    for _ in 0..<(call.id.utf8.reduce(0) { $0 + Int($1) } % 4) { await Task.yield() }
                    return .result(InvocationResult())
                },
            ]
        ).started()
        // Messages from outside are told apart: they may overtake what the source still has to send.
        var fromSource = [Int32](repeating: 0, count: 25)
        var fromOutside = fromSource
        for turn in 0..<60 {
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let target = Int.random(in: fromSource.indices, using: &random)
                if Bool.random(using: &random) {
                    try await app.send("example/source", "x", .int(Int32(target * 1_000) + fromSource[target]))
                    fromSource[target] += 1
                } else {
                    try await app.send(Self.person, "\(target)", .int(500 + fromOutside[target]))
                    fromOutside[target] += 1
                }
            }
            switch turn % 10 {
            case 3: app.store.failReads(StoreFailure(.unavailable, "the disk hums"))
            case 6: app.store.failReads(nil)
            default: await Task.yield()
            }
        }
        app.store.failReads(nil)
        try await app.untilEmpty()
        for target in fromSource.indices {
            let numbers = app.functions.calls(of: Self.person, "\(target)").flatMap(\.numbers)
            #expect(numbers.filter { $0 < 500 } == Array(0..<fromSource[target]), "address \(target)")
            #expect(numbers.filter { $0 >= 500 } == Array(500..<500 + fromOutside[target]), "address \(target)")
        }
        #expect(await app.runtime.shard.waitingCount == 0)
        #expect(await addresses(app) == 0)
        await app.stop()
    }
}

extension RuntimeShard {
    fileprivate func messagesBeyond(of functionType: String) -> Int? { functions[functionType]?.beyond }

    fileprivate func heldAddresses(of functionType: String) -> Int {
        recordsByAddress.keys.count { $0.functionType == functionType }
    }
}
