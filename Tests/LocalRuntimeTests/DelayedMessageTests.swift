import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

@Suite struct DelayedMessageTests {
    private static let sink = "example/sink"

    /// Sends each number after so many milliseconds, with the token `t` where it is odd; cancels where the text is `cancel`.
    private static let timer: TestFunctions.Body = { call in
        let delayed = call.arguments.compactMap { argument -> InvocationResult.DelayedMessage? in
            switch argument {
            case .int(let number):
                .send(.init(sink, "x", .int(number)), after: .milliseconds(Int64(number)), token: number % 2 == 1 ? "t" : nil)
            case .string: .cancel(token: "t")
            default: nil
            }
        }
        return .result(InvocationResult(delayedMessages: delayed))
    }

    private static let functions: [String: TestFunctions.Body] = ["example/timer": timer, sink: Bodies.nothing]

    private func sent(_ app: TestRuntime) -> [Int32] {
        app.functions.calls(of: Self.sink, "x").flatMap(\.numbers)
    }

    /// Moves the time of day, and waits until so many messages were sent in all.
    private func advance(_ app: TestRuntime, _ milliseconds: Int64, until count: Int) async throws {
        await app.advance(milliseconds)
        try await app.functions.calls.until("\(count) messages") { calls in
            calls.filter { $0.functionType == Self.sink }.flatMap(\.numbers).count >= count
        }
        try await app.untilEmpty()
    }

    /// Has the function at `id` ask for messages.
    private func ask(_ app: TestRuntime, _ id: String, _ values: [FunctionValue]) async throws {
        for value in values {
            try await app.send("example/timer", id, value)
        }
        try await app.untilEmpty()
    }

    @Test("messages are sent when they are due, in the order of their times, and name their sender")
    func order() async throws {
        let app = try await TestRuntime(Self.functions).started()
        try await ask(app, "a", [.int(30), .int(10), .int(20), .int(10)])
        await app.advance(9)
        #expect(await app.store.kept.delayed(after: nil, limit: 9).count == 4)
        try await advance(app, 1, until: 2)
        #expect(sent(app) == [10, 10])
        try await advance(app, 60_000, until: 4)
        #expect(sent(app) == [10, 10, 20, 30])
        #expect(await app.store.kept.delayed(after: nil, limit: 9).isEmpty)
        let callers = app.functions.calls(of: Self.sink, "x").flatMap { $0.invocations.map { $0.caller?.id } }
        #expect(callers == ["a", "a", "a", "a"])
        await app.stop()
    }

    @Test("a message without a delay is sent at once")
    func noDelay() async throws {
        let app = try await TestRuntime(Self.functions).started()
        try await app.send("example/timer", "a", .int(0))
        try await app.functions.calls.until("the message") { $0.contains { $0.functionType == Self.sink } }
        try await app.untilEmpty()
        await app.stop()
    }

    @Test("a token takes back what functions of its id have sent with it, also after a restart", arguments: [false, true])
    func cancel(restarts: Bool) async throws {
        var app = try await TestRuntime(Self.functions).started()
        try await ask(app, "a", [.int(11), .int(12), .int(13)])
        try await ask(app, "b", [.int(15)])
        if restarts {
            await app.stop()
            app = try await TestRuntime(on: app.store, Self.functions).started()
        }
        try await ask(app, "a", [.string("cancel"), .int(17)])
        try await advance(app, 100, until: 3)
        #expect(sent(app) == [12, 15, 17])
        #expect(await app.store.kept.delayed(after: nil, limit: 9).isEmpty)
        // What was sent already cannot be taken back, and nothing else is.
        try await ask(app, "a", [.string("cancel"), .int(19)])
        try await advance(app, 100, until: 4)
        #expect(sent(app) == [12, 15, 17, 19])
        await app.stop()
    }

    @Test("what was due while the runtime was stopped is sent when it starts, once")
    func dueWhileStopped() async throws {
        let first = try await TestRuntime(Self.functions).started()
        try await ask(first, "a", [.int(30), .int(10), .int(90_000)])
        await first.stop()
        let later = TestRuntime.start.advanced(byMilliseconds: 60_000)
        let second = try await TestRuntime(on: first.store, at: later, Self.functions).started()
        try await second.functions.calls.until("both") { $0.flatMap(\.numbers).count == 2 }
        try await second.untilEmpty()
        await second.stop()
        let third = try await TestRuntime(on: first.store, at: later, Self.functions).started()
        await third.advance(60_000)
        try await third.functions.calls.until("the last one") { $0.flatMap(\.numbers).count == 1 }
        try await third.untilEmpty()
        #expect(sent(first).isEmpty)
        #expect(sent(second) == [10, 30])
        #expect(sent(third) == [90_000])
        await third.stop()
    }

    @Test("a store that cannot be read for a while delays messages and loses none")
    func readsFail() async throws {
        let first = try await TestRuntime(Self.functions).started()
        try await ask(first, "a", [.int(10)])
        await first.stop()
        first.store.failReads(StoreFailure(.unavailable, "it cannot be read"))
        let second = try await TestRuntime(on: first.store, at: TestRuntime.start.advanced(byMilliseconds: 50), Self.functions).started()
        try await second.until { await !second.runtime.shard.delayed.isLoading }
        first.store.failReads(nil)
        try await second.functions.calls.until("the message") { $0.contains { $0.functionType == Self.sink } }
        try await second.untilEmpty()
        await second.stop()
    }
}
