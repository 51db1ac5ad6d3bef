import HTTPFunctionEndpoint
import NIOConcurrencyHelpers
import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

@Suite struct FailureTests {
    private static let refused = RequestReplyFailure(.connectFailed, "nobody is there")
    private static let late = RequestReplyFailure(.timedOut, "no answer came in time")
    private static let broken = RequestReplyFailure(.passingStatus, "status 500", status: 500)

    /// Fails the first calls, then counts.
    private static func failing(_ failures: [RequestReplyFailure]) -> TestFunctions.Body {
        let left = NIOLockedValueBox(failures)
        return { call in
            if let failure = left.withLockedValue({ $0.isEmpty ? nil : $0.removeFirst() }) { return .failure(failure) }
            return await Bodies.counter(call)
        }
    }

    @Test(
        "a call that fails is made again with the same batch and the state from before, until it succeeds",
        arguments: [refused, late, broken]
    )
    func retry(failure: RequestReplyFailure) async throws {
        let app = try await TestRuntime(["example/person": Self.failing([failure, failure, failure])]).started()
        try await app.send("example/person", "Bob", .int(1))
        try await app.until("seen", of: "example/person", "Bob", is: 1)
        let calls = app.functions.calls.entries
        #expect(calls.map(\.numbers) == [[1], [1], [1], [1], [1]])
        #expect(await app.deadLetters.isEmpty)
        await app.stop()
    }

    @Test("after so many calls a batch is kept with what went wrong, and the address goes on with the next one")
    func maxAttempts() async throws {
        let app = try await TestRuntime(
            limits: RuntimeLimits(maxAttempts: 3),
            ["example/person": Self.failing([Self.broken, Self.broken, Self.broken])]
        ).started()
        try await app.send("example/person", "Bob", .int(1))
        try await app.until("the batch is given up") { await !app.deadLetters.isEmpty }
        try await app.send("example/person", "Bob", .int(2))
        try await app.until("seen", of: "example/person", "Bob", is: 1)
        let letter = try #require(await app.deadLetters.first)
        #expect(letter.attempts == 3)
        #expect(letter.cause.contains("status 500"))
        #expect(letter.content == .batch([EncodedInvocation(EncodedValue(.int(1))).bytes]))
        #expect(app.functions.calls.entries.map(\.numbers) == [[1], [1], [1], [2], [2]])
        await app.stop()
    }

    @Test(
        "a batch that is too large is halved until it fits; a single message that does not fit is kept with the cause",
        arguments: [
            RequestReplyFailure.Kind.requestTooLarge, .responseTooLarge,
        ]
    )
    func tooLarge(kind: RequestReplyFailure.Kind) async throws {
        let gate = Gate()
        let app = try await TestRuntime(
            limits: RuntimeLimits(maxAttempts: 2),
            [
                "example/person": { call in
                    if call.numbers == [0] { try? await gate.opened() }
                    // A number from 100 on is too large whatever it comes with.
                    if call.invocations.count > 2 || call.numbers.contains(where: { $0 >= 100 }) {
                        return .failure(RequestReplyFailure(kind, "too large"))
                    }
                    return .result(InvocationResult())
                }
            ]
        ).started()
        for number in [0, 1, 2, 3, 100, 5, 6, 7, 8, 9, 10] as [Int32] {
            try await app.send("example/person", "Bob", .int(number))
        }
        gate.open()
        try await app.untilEmpty()
        let letters = await app.deadLetters
        #expect(letters.map(\.content) == [.batch([EncodedInvocation(EncodedValue(.int(100))).bytes])])
        let done = app.functions.calls.entries.filter { $0.invocations.count <= 2 && !$0.numbers.contains(100) }
        #expect(done.flatMap(\.numbers) == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10])
        await app.stop()
    }

    @Test("halving a batch takes no attempts away from its halves")
    func halvesHaveTheirAttempts() async throws {
        let gate = Gate()
        let failed = NIOLockedValueBox(0)
        let app = try await TestRuntime(
            limits: RuntimeLimits(maxAttempts: 3),
            [
                "example/person": { call in
                    if call.numbers == [0] { try? await gate.opened() }
                    if call.invocations.count > 1 { return .failure(RequestReplyFailure(.requestTooLarge, "too large")) }
                    // Twice is less than may be.
                    if call.numbers == [1],
                        failed.withLockedValue({
                            $0 += 1; return $0 <= 2
                        })
                    {
                        return .failure(Self.broken)
                    }
                    return .result(InvocationResult())
                }
            ]
        ).started()
        for number in Int32(0)...8 {
            try await app.send("example/person", "Bob", .int(number))
        }
        gate.open()
        try await app.untilEmpty()
        #expect(await app.deadLetters.isEmpty)
        await app.stop()
    }

    @Test("an address that fails, and a function that hangs or is not there, delay nobody else")
    func independent() async throws {
        let gate = Gate()
        let app = try await TestRuntime([
            "example/person": { call in call.id == "bad" ? .failure(Self.broken) : await Bodies.counter(call) },
            "example/hangs": { _ in
                try? await gate.opened()
                return .result(InvocationResult())
            },
        ]).started()
        for id in ["bad", "Ann", "Bob"] {
            try await app.send("example/person", id, .int(1))
            try await app.send("example/hangs", id, .int(1))
            try await app.send("example/absent", id, .int(1))
        }
        for id in ["Ann", "Bob"] {
            try await app.until("seen", of: "example/person", id, is: 1)
        }
        #expect(await app.runtime.shard.waitingCount == 7)
        gate.open()
        await app.stop()
    }

    @Test("of a function that nobody can reach one address is called, and all are when it is back")
    func unreachable() async throws {
        let app = try await TestRuntime([:]).started()
        for id in ["Ann", "Bob", "Cid", "Dan"] {
            try await app.send("example/person", id, .int(1))
        }
        try await app.functions.calls.count(5)
        #expect(Set(app.functions.calls.entries.map(\.id)) == ["Ann"])
        app.functions.replace("example/person", Bodies.counter)
        for id in ["Ann", "Bob", "Cid", "Dan"] {
            try await app.until("seen", of: "example/person", id, is: 1)
        }
        await app.stop()
    }

    @Test("no more calls are in flight than may be, and other functions are called while one hangs")
    func inFlight() async throws {
        let gate = Gate()
        let app = try await TestRuntime(
            limits: RuntimeLimits(maxInFlight: 4),
            [
                "example/hangs": { call in
                    if call.id != "first" { try? await gate.opened() }
                    return .result(InvocationResult())
                },
                "example/person": Bodies.counter,
            ]
        ).started()
        try await app.send("example/hangs", "first", .int(1))
        try await app.untilEmpty()
        for id in 0..<10 {
            try await app.send("example/hangs", "\(id)", .int(1))
        }
        for id in 0..<10 {
            try await app.send("example/person", "\(id)", .int(1))
        }
        for id in 0..<10 {
            try await app.until("seen", of: "example/person", "\(id)", is: 1)
        }
        #expect(app.functions.calls.entries.filter { $0.functionType == "example/hangs" }.count == 4)
        gate.open()
        try await app.untilEmpty()
        await app.stop()
    }

    @Test("a store that cannot be read is no failure of the function, and uses up none of its attempts")
    func unreadableStore() async throws {
        var limits = RuntimeLimits(maxAttempts: 1)
        limits.messagesInMemory = 1
        let first = try await TestRuntime(limits: limits, ["example/person": { _ in .failure(Self.late) }]).started()
        await first.stop()
        let gate = Gate()
        let app = try await TestRuntime(
            on: first.store,
            limits: limits,
            [
                "example/person": { call in
                    if call.numbers == [0] { try? await gate.opened() }
                    return await Bodies.counter(call)
                }
            ]
        ).started()
        try await app.send("example/person", "Ann", .int(1))
        try await app.until("seen", of: "example/person", "Ann", is: 1)
        for number in Int32(0)...5 {
            try await app.send("example/person", "Bob", .int(number))
        }
        app.store.failReads(StoreFailure(.unavailable, "it cannot be read"))
        // Its state cannot be read, nor what waits for it beyond the first message.
        try await app.send("example/person", "Cid", .int(1))
        gate.open()
        try await app.until { await app.runtime.shard.hasFailures }
        app.store.failReads(nil)
        try await app.until("seen", of: "example/person", "Bob", is: 6)
        try await app.until("seen", of: "example/person", "Cid", is: 1)
        #expect(await app.deadLetters.isEmpty)
        await app.stop()
    }

    @Test("another module takes over, and what waited for a function that was not there is sent")
    func replaced() async throws {
        let functions = TestFunctions(["example/person": Bodies.counter])
        let app = try await TestRuntime(functions).started()
        try await app.send("example/person", "Bob", .int(1))
        try await app.until("seen", of: "example/person", "Bob", is: 1)
        await #expect(throws: IngressRefusal.self) { try await app.send("other/thing", "x", .int(1)) }
        functions.replace("other/thing", Bodies.counter)
        let module = TestRuntime.module(functions, targets: "other/*")
        #expect(module.diagnostics.isEmpty)
        await app.runtime.replace(module: module, egresses: [TestEgress()])
        try await app.send("other/thing", "x", .int(1))
        try await app.until("seen", of: "other/thing", "x", is: 1)
        await #expect(throws: IngressRefusal.self) { try await app.send("example/person", "Bob", .int(1)) }
        await app.runtime.replace(module: TestRuntime.module(functions), egresses: [TestEgress()])
        try await app.send("example/person", "Bob", .int(1))
        try await app.until("seen", of: "example/person", "Bob", is: 2)
        await app.stop()
    }

    @Test("what functions send to one whose endpoint was taken away becomes a dead letter, also after a restart; what waited stays")
    func unserved() async throws {
        let functions = TestFunctions([
            "example/person": { call in .result(InvocationResult(messages: [.init("other/thing", "x", call.arguments[0])])) },
            "other/thing": Bodies.counter,
        ])
        let both = TestRuntime.module(functions, targets: "other/*", alsoServing: "example/*")
        #expect(both.diagnostics.isEmpty)
        let app = try await TestRuntime(functions).started()
        await app.runtime.replace(module: both, egresses: [])
        try await app.send("example/person", "Bob", .int(1))
        try await app.until("seen", of: "other/thing", "x", is: 1)
        functions.replace("other/thing") { _ in .failure(Self.late) }
        try await app.send("other/thing", "y", .int(1))
        await app.runtime.replace(module: TestRuntime.module(functions), egresses: [])
        try await app.send("example/person", "Bob", .int(1))
        try await app.until("a dead letter") { await app.deadLetters.count == 1 }
        await app.stop()
        let again = try await TestRuntime(on: app.store, functions).started()
        try await again.send("example/person", "Bob", .int(1))
        try await again.until("a dead letter") { await again.deadLetters.count == 2 }
        for letter in await again.deadLetters {
            #expect(letter.address == RuntimeAddress(functionType: "other/thing", id: "x"))
            #expect(letter.cause.contains("no endpoint of module.yaml serves other/thing"))
        }
        functions.replace("other/thing", Bodies.counter)
        await again.runtime.replace(module: both, egresses: [])
        try await again.until("seen", of: "other/thing", "y", is: 1)
        await again.stop()
    }
}
