import NIOCore
import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

@Suite(.timeLimit(.minutes(2))) struct EgressTests {
    /// Sends every text that it gets to the egress.
    private static let functions: [String: TestFunctions.Body] = [
        "example/person": { call in
            .result(InvocationResult(egresses: call.arguments.map { .init(to: "example/out", $0) }))
        }
    ]

    private func emit(_ app: TestRuntime, _ texts: [String], topic: String = "greetings") async throws {
        for text in texts {
            try await app.send("example/person", "Bob", .string("\(topic):\(text)"))
        }
        try await app.untilEmpty()
    }

    private func take(_ app: TestRuntime, _ limit: Int = 1, topic: String = "greetings", wait: Duration = .zero) async throws -> [String] {
        try await app.runtime.topics.take(from: topic, atMost: limit, waiting: wait).map { String(decoding: $0.payload, as: UTF8.self) }
    }

    @Test("records are taken in order, once, and are gone after a restart; those that were not are there")
    func take() async throws {
        let app = try await TestRuntime(Self.functions).started()
        try await emit(app, ["a", "b", "c", "d", "e"])
        #expect(try await take(app) == ["a"])
        #expect(try await take(app, 2) == ["b", "c"])
        #expect(try await take(app, topic: "other").isEmpty)
        await app.stop()
        let again = try await TestRuntime(on: app.store, Self.functions).started()
        #expect(try await take(again, 9) == ["d", "e"])
        #expect(try await take(again, 9).isEmpty)
        try await emit(again, ["f"])
        #expect(try await take(again) == ["f"])
        #expect(await again.store.kept.recover().egress.isEmpty)
        await again.stop()
    }

    @Test("whoever waits gets what comes, each another record")
    func wait() async throws {
        let app = try await TestRuntime(Self.functions).started()
        try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<3 {
                group.addTask { try await take(app, wait: .seconds(3_600)) }
            }
            try await app.until { await app.runtime.shard.takers.count == 3 }
            try await emit(app, ["a", "b", "c"])
            var texts: [String] = []
            for try await taken in group {
                #expect(taken.count == 1)
                texts += taken
            }
            #expect(texts.sorted() == ["a", "b", "c"])
        }
        await app.stop()
    }

    @Test("whoever waits for nothing is told so when the time is over")
    func waitEnds() async throws {
        let app = try await TestRuntime(Self.functions).started()
        #expect(try await take(app, wait: .milliseconds(1)).isEmpty)
        #expect(await app.runtime.shard.takers.isEmpty)
        await app.stop()
    }

    @Test("of many who wait, each is told when their own time is over", .timeLimit(.minutes(1)))
    func waitsEnd() async throws {
        let app = try await TestRuntime(Self.functions).started()
        // The longest one first, which everybody else must not wait for; and some whose times are nearly the same.
        let longest = Task { try await take(app, wait: .seconds(3_600)) }
        try await app.until { await app.runtime.shard.takers.count == 1 }
        let begin = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for milliseconds in [301, 1, 100, 300, 2, 101] {
                group.addTask {
                    let taken = try await take(app, wait: .milliseconds(milliseconds))
                    #expect(taken.isEmpty)
                    #expect(ContinuousClock.now - begin >= .milliseconds(milliseconds))
                }
            }
            try await group.waitForAll()
        }
        #expect(await app.runtime.shard.takers.count == 1)
        try await emit(app, ["a"])
        #expect(try await longest.value == ["a"])
        await app.stop()
    }

    @Test("whoever goes while waiting takes nothing with them")
    func cancelled() async throws {
        let app = try await TestRuntime(Self.functions).started()
        let waiting = Task { try await take(app, wait: .seconds(3_600)) }
        try await app.until { await app.runtime.shard.takers.count == 1 }
        waiting.cancel()
        #expect(try await waiting.value.isEmpty)
        let cancelledBefore = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await take(app, wait: .seconds(3_600))
        }
        #expect(try await cancelledBefore.value.isEmpty)
        try await emit(app, ["a"])
        #expect(try await take(app) == ["a"])
        await app.stop()
    }

    @Test("whoever begins to take and does not want to any more is told of nothing, once")
    func cancelledAtOnce() async throws {
        let app = try await TestRuntime(Self.functions).started()
        let told = Journal<Int?>()
        let taking = app.runtime.topics.begin(takingFrom: "greetings", atMost: 1, waiting: .seconds(3_600)) {
            told.append(try? $0.get().count)
        }
        taking.cancel()
        try await told.count(1)
        taking.cancel()
        try await emit(app, ["a"])
        #expect(try await take(app) == ["a"])
        #expect(told.entries == [0])
        #expect(await app.runtime.shard.takers.isEmpty)
        await app.stop()
    }

    @Test("whoever is told of records may take the next ones from there, and is on the loop that hands them out")
    func takingOnFromThere() async throws {
        let app = try await TestRuntime(Self.functions).started()
        let told = Journal<String>()
        let (topics, loop) = (app.runtime.topics, app.runtime.shard.loop)
        @Sendable func next() {
            _ = topics.begin(takingFrom: "greetings", atMost: 1, waiting: .seconds(3_600)) { result in
                guard let record = try? result.get().first else { return }
                told.append(loop.inEventLoop ? String(decoding: record.payload, as: UTF8.self) : "on another thread")
                next()
            }
        }
        loop.execute(next)
        try await emit(app, ["a", "b", "c"])
        try await told.count(3)
        #expect(told.entries == ["a", "b", "c"])
        await app.stop()
    }

    @Test("whoever goes while it is stored that they take something has taken nothing")
    func cancelledWhileStored() async throws {
        let app = try await TestRuntime(Self.functions).started()
        try await emit(app, ["a", "b"])
        let gate = Gate()
        app.store.holdCommits(gate)
        let tried = app.store.attempts.entries.count
        let taking = Task { try await take(app) }
        try await app.store.attempts.count(tried + 1)
        taking.cancel()
        app.store.holdCommits(nil)
        gate.open()
        #expect(try await taking.value.isEmpty)
        #expect(try await take(app, 2) == ["a", "b"])
        await app.stop()
    }

    @Test("a record that somebody waits for is handed out when the group that it comes with is stored, and stored never")
    func promised() async throws {
        let app = try await TestRuntime(Self.functions).started()
        let waiting = Task { try await take(app, wait: .seconds(3_600)) }
        try await app.until { await app.runtime.shard.takers.count == 1 }
        try await emit(app, ["a"])
        #expect(try await waiting.value == ["a"])
        #expect(app.store.attempts.entries.allSatisfy { $0.egress.isEmpty && $0.egressTaken.isEmpty })
        try await emit(app, ["b"])
        #expect(try await take(app) == ["b"])
        await app.stop()
    }

    @Test("nobody gets a record before the group that it comes with is stored; whoever goes meanwhile has taken nothing")
    func promisedAndGone() async throws {
        let gate = Gate()
        let app = try await heldUp(gate)
        let waiting = app.taking
        #expect(await app.runtime.runtime.shard.takers.isEmpty)
        waiting.cancel()
        app.runtime.store.holdCommits(nil)
        gate.open()
        #expect(try await waiting.value.isEmpty)
        #expect(try await take(app.runtime, 9, wait: .seconds(30)) == ["a"])
        #expect(try await take(app.runtime, 9).isEmpty)
        await app.runtime.stop()
    }

    @Test("a record whose group cannot be stored at first is told as such, and waits for the next one who wants it")
    func promisedInVain() async throws {
        let gate = Gate()
        let app = try await heldUp(gate)
        app.runtime.store.fail(StoreFailure(.full, "there is no room"))
        app.runtime.store.holdCommits(nil)
        gate.open()
        await #expect(throws: StoreFailure.self) { try await app.taking.value }
        app.runtime.store.fail(nil)
        #expect(try await take(app.runtime, 9, wait: .seconds(30)) == ["a"])
        #expect(try await take(app.runtime, 9).isEmpty)
        await app.runtime.stop()
    }

    /// A runtime where somebody waits for a record, and the group that it comes with is being stored until the gate opens.
    private func heldUp(_ gate: Gate) async throws -> (runtime: TestRuntime, taking: Task<[String], any Error>) {
        let called = Gate()
        let app = try await TestRuntime([
            "example/person": { call in
                try? await called.opened()
                return .result(InvocationResult(egresses: call.arguments.map { .init(to: "example/out", $0) }))
            }
        ]).started()
        try await app.send("example/person", "Bob", .string("greetings:a"))
        let taking = Task { try await take(app, wait: .seconds(3_600)) }
        try await app.until { await app.runtime.shard.takers.count == 1 }
        let tried = app.store.attempts.entries.count
        app.store.holdCommits(gate)
        called.open()
        try await app.store.attempts.count(tried + 1)
        return (app, taking)
    }

    @Test("what is put back is taken again, in its place, also after a restart", arguments: [true, false])
    func putBack(restarts: Bool) async throws {
        var app = try await TestRuntime(Self.functions).started()
        try await emit(app, ["a", "b", "c"])
        let taken = try await app.runtime.topics.take(from: "greetings", atMost: 2, waiting: .zero)
        await app.runtime.topics.putBack(taken)
        if restarts {
            await app.stop()
            app = try await TestRuntime(on: app.store, Self.functions).started()
        }
        #expect(try await take(app, 9) == ["a", "b", "c"])
        #expect(try await take(app, 9).isEmpty)
        await app.stop()
    }

    @Test("the last one that is put back comes once")
    func putBackLast() async throws {
        let app = try await TestRuntime(Self.functions).started()
        try await emit(app, ["a"])
        let taken = try await app.runtime.topics.take(from: "greetings", atMost: 1, waiting: .zero)
        #expect(try await take(app).isEmpty)
        await app.runtime.topics.putBack(taken)
        #expect(try await take(app, 9) == ["a"])
        #expect(try await take(app, 9).isEmpty)
        await app.stop()
    }

    @Test("where it cannot be stored that records are taken, they stay")
    func storeFull() async throws {
        let app = try await TestRuntime(Self.functions).started()
        try await emit(app, ["a", "b"])
        app.store.fail(StoreFailure(.full, "there is no room"))
        await #expect(throws: StoreFailure.self) { try await take(app) }
        app.store.fail(nil)
        try await app.events.until("the store is back") { $0.contains(.storeBack) }
        #expect(try await take(app, 9) == ["a", "b"])
        await app.stop()
    }

    @Test("more records than are held in memory are taken in order, once, by many", .timeLimit(.minutes(1)))
    func many() async throws {
        let app = try await TestRuntime(Self.functions).started()
        let count = 2_500
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<5 {
                group.addTask {
                    for number in 0..<count / 5 {
                        try await app.send("example/person", "\(worker)", .string("greetings:\(number)"))
                    }
                }
            }
            try await group.waitForAll()
        }
        try await app.untilEmpty()
        let taken = try await withThrowingTaskGroup(of: [EgressRecord].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var all: [EgressRecord] = []
                    while true {
                        let records = try await app.runtime.topics.take(from: "greetings", atMost: 70, waiting: .zero)
                        guard !records.isEmpty else { return all }
                        all += records
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(taken.map(\.sequence)).count == count)
        #expect(taken.count == count)
        await app.stop()
    }

    @Test("topics that somebody asks for in vain take no room")
    func unknownTopics() async throws {
        let app = try await TestRuntime(Self.functions).started()
        for number in 0..<100 {
            _ = try await take(app, topic: "unknown\(number)")
            _ = try await take(app, topic: "waiting\(number)", wait: .nanoseconds(1))
        }
        try await emit(app, ["a"])
        _ = try await take(app)
        #expect(await app.runtime.shard.topics.names == ["greetings"])
        try await emit(app, ["b"])
        #expect(try await take(app) == ["b"])
        await app.stop()
    }

    @Test("whoever does not want to wait is answered when others have taken everything", .timeLimit(.minutes(1)))
    func noWaiting() async throws {
        let first = try await TestRuntime(Self.functions).started()
        try await emit(first, ["a"])
        await first.stop()
        // After a restart records are read from the store, so both takers come before the first one is there.
        let app = try await TestRuntime(on: first.store, Self.functions).started()
        let clock = ContinuousClock()
        let start = clock.now
        async let one = take(app)
        async let two = take(app)
        #expect(try await (one + two) == ["a"])
        #expect(start.duration(to: clock.now) < .seconds(4))
        await app.stop()
    }
}
