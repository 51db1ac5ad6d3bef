import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

/// Dead letters, and what becomes of them.
@Suite struct DeadLetterTests {
    private let store = InMemoryStateStore()

    /// A runtime with one dead letter of one message for each id.
    private func runtime(_ ids: String...) async throws -> AdministeredRuntime {
        let runtime = try await AdministeredRuntime(ScriptedFunctions(ScriptedFunctions.failing(.protocolBroken)), store: store)
        for id in ids {
            _ = try await runtime.send(.string("hello \(id)"), to: .counter(id))
            try await runtime.waitsForNothing()
        }
        return runtime
    }

    @Test("dead letters are listed a page at a time and shown with what they hold")
    func showing() async throws {
        let runtime = try await runtime("a", "b")
        let letters = try await runtime.letters()
        #expect(letters.map(\.address) == [.counter("a"), .counter("b")])
        #expect(letters.allSatisfy { $0.messages == 1 && $0.attempts == 1 && $0.egress == nil && $0.cause.contains("out of order") })
        let first = try #require(letters.first)
        #expect(try await runtime.ask(.deadLetters(after: nil, limit: 1)) == .deadLetters(found: [first], hasMore: true))
        let rest = try await runtime.ask(.deadLetters(after: first.sequence, limit: 1))
        #expect(rest == .deadLetters(found: Array(letters.dropFirst()), hasMore: false))
        let shown = try await runtime.ask(.deadLetter(sequence: first.sequence))
        guard case .deadLetter(first, let messages, nil) = shown else { throw UnexpectedAnswer(answer: shown) }
        let invocations = try messages.map { try EncodedInvocation(encoded: $0.bytes).decoded() }
        #expect(invocations == [InvocationBatch.Invocation(.string("hello a"))])
        #expect(try await runtime.ask(.deadLetter(sequence: 0)).refusal?.contains("no dead letter 0") == true)
        await runtime.stop()
    }

    @Test("a list never has what two letters hold in memory", arguments: [(2, true), (3, false), (9, false)])
    func listing(limit: Int, hasMore: Bool) async throws {
        let app = try await TestRuntime([
            "example/person": { _ in .failure(RequestReplyFailure(.protocolBroken, "it is out of order")) }
        ]).started()
        for id in ["Ann", "Bob", "Cid"] {
            try await app.send("example/person", id, .string("large"))
            try await app.untilEmpty()
        }
        let answer = await app.runtime.shard.answer(.deadLetters(after: nil, limit: limit))
        guard case .deadLetters(let found, hasMore) = answer else { throw UnexpectedAnswer(answer: answer) }
        #expect(found.map(\.address.id) == Array(["Ann", "Bob", "Cid"].prefix(limit)))
        #expect(app.store.letterReads.entries.allSatisfy { $0 <= 1 })
        await app.stop()
    }

    @Test("what is replayed is delivered once, after what waits already")
    func replaying() async throws {
        let runtime = try await runtime("a", "b")
        let sequences = try await runtime.letters().map(\.sequence)
        runtime.functions.become(ScriptedFunctions.counting)
        let answers = try await withThrowingTaskGroup(of: RuntimeAnswer.self) { group in
            for _ in 0..<8 {
                group.addTask { try await runtime.ask(.replay(sequences: sequences)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        var replayed: [Int64] = []
        for case .settled(let settled, let refused) in answers {
            replayed += settled
            #expect(settled.count + refused.count == sequences.count)
        }
        #expect(replayed.sorted() == sequences)
        #expect(await store.deadLetters(after: 0, limit: 10).isEmpty)
        try await runtime.waitsForNothing()
        #expect(try await runtime.seen(by: .counter("a")) == .int(1))
        #expect(try await runtime.seen(by: .counter("b")) == .int(1))
        await runtime.stop()
    }

    @Test("a replay is stored as a whole: on stopped data the message waits and the letter has gone")
    func replayingStopped() async throws {
        await (try await runtime("a")).stop()
        let opened = try await AdministeredRuntime(ScriptedFunctions(ScriptedFunctions.counting), store: store, isStarted: false)
        let sequences = try await opened.letters().map(\.sequence)
        #expect(try await opened.ask(.replay(sequences: sequences)) == .settled(sequences: sequences, refused: []))
        #expect(await store.deadLetters(after: 0, limit: 10).isEmpty)
        #expect(await store.messages(of: .counter("a"), after: 0, limit: 10).count == 1)
        await opened.stop()
    }

    @Test("what is dropped has gone, and what is not there is named")
    func dropping() async throws {
        let runtime = try await runtime("a", "b")
        let sequences = try await runtime.letters().map(\.sequence)
        let missing = RuntimeAnswer.RefusedLetter(sequence: 0, reason: "there is no dead letter 0")
        let answer = try await runtime.ask(.drop(sequences: [sequences[0], 0]))
        #expect(answer == .settled(sequences: [sequences[0]], refused: [missing]))
        #expect(try await runtime.letters().map(\.sequence) == [sequences[1]])
        #expect(try await runtime.pending().found.isEmpty)
        await runtime.stop()
    }

    @Test("a number that no letter can have is not there, whatever is asked about it", arguments: [Int64.min, -1, 0, .max])
    func impossible(sequence: Int64) async throws {
        let runtime = try await runtime("a")
        let reason = "there is no dead letter \(sequence)"
        #expect(try await runtime.ask(.deadLetter(sequence: sequence)).refusal == reason)
        let refused = RuntimeAnswer.settled(sequences: [], refused: [RuntimeAnswer.RefusedLetter(sequence: sequence, reason: reason)])
        #expect(try await runtime.ask(.replay(sequences: [sequence])) == refused)
        #expect(try await runtime.ask(.drop(sequences: [sequence])) == refused)
        #expect(try await runtime.letters().count == 1)
        await runtime.stop()
    }

    @Test("what was meant for an egress is offered to it again, and stays a dead letter where that does not take it")
    func replayingEgress() async throws {
        let functions = ScriptedFunctions { _, _ in
            var egress = WireFromFunction.EgressMessage()
            egress.egressNamespace = "com.example"
            egress.egressType = "out"
            egress.argument = FunctionValue.string("hello").wire
            var result = ScriptedFunctions.Result()
            result.outgoingEgresses = [egress]
            return result
        }
        let runtime = try await AdministeredRuntime(functions, store: store)
        _ = try await runtime.send(to: .counter("a"))
        try await runtime.waitsForNothing()
        let letter = try #require(try await runtime.letters().first)
        #expect(letter.egress == "com.example/out")
        let shown = try await runtime.ask(.deadLetter(sequence: letter.sequence))
        guard case .deadLetter(letter, [], let value?) = shown else { throw UnexpectedAnswer(answer: shown) }
        #expect(try EncodedValue(encoded: value.bytes).decoded() == .string("hello"))
        let early = try await runtime.ask(.replay(sequences: [letter.sequence]))
        guard case .settled([], let refused) = early else { throw UnexpectedAnswer(answer: early) }
        #expect(refused.first?.reason.contains("there is no egress com.example/out") == true)
        await runtime.runtime.replace(module: functions.module, egresses: [TopicEgress()])
        let answer = try await runtime.ask(.replay(sequences: [letter.sequence]))
        #expect(answer == .settled(sequences: [letter.sequence], refused: []))
        let records = try await runtime.runtime.topics.take(from: "topic", atMost: 5, waiting: .zero)
        #expect(records.map(\.payload) == [FunctionValue.string("hello").bytes])
        #expect(try await runtime.letters().isEmpty)
        await runtime.stop()
    }
}

/// Takes everything.
private struct TopicEgress: Egress {
    let egressType = "com.example/out"

    func content(typename: String, value: [UInt8]) throws(EgressFault) -> EgressContent {
        EgressContent(topic: "topic", payload: value)
    }

    func start(from topics: any EgressTopics) async throws(ComponentFailure) -> String { "" }

    func stop(drainingFor limit: Duration) async {}
}
