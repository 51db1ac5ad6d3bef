import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

@Suite struct ResultTests {
    @Test("state, messages and records of a result are stored in one group with what led to it")
    func atomic() async throws {
        let app = try await TestRuntime([
            "example/person": { call in
                guard call.state["seen"] != nil else { return .incomplete([Bodies.seen]) }
                return .result(
                    InvocationResult(
                        stateChanges: [StateValue("seen", .int(7))],
                        messages: [.init("example/other", "x", .string("hello"))],
                        delayedMessages: [.send(.init("example/other", "y", .bool(true)), after: .seconds(5), token: "t")],
                        egresses: [.init(to: "example/out", .string("greetings:hi"))]
                    )
                )
            },
            "example/other": { _ in .failure(RequestReplyFailure(.timedOut, "no answer")) },
        ]).started()
        try await app.send("example/person", "Bob", .int(1))
        try await app.until("the result is stored") { await app.number("seen", of: "example/person", "Bob") == 7 }
        let group = try #require(app.store.commits.entries.first { !$0.state.isEmpty })
        #expect(group.consumed.map(\.address.id) == ["Bob"])
        #expect(group.messages.map(\.target.id) == ["x"])
        #expect(group.delayed.map(\.message.target.id) == ["y"])
        #expect(group.delayed.map(\.due) == [TestRuntime.start.advanced(byMilliseconds: 5_000)])
        #expect(group.egress.map(\.payload) == [Array("hi".utf8)])
        await app.stop()
    }

    @Test("a message says which function sent it, one from outside says nothing")
    func caller() async throws {
        let app = try await TestRuntime([
            "example/person": { call in .result(InvocationResult(messages: [.init("example/other", "x", call.arguments[0])])) },
            "example/other": Bodies.nothing,
        ]).started()
        try await app.send("example/person", "Bob", .string("hello"))
        try await app.untilEmpty()
        let calls = app.functions.calls.entries
        #expect(calls[0].invocations == [.init(.string("hello"))])
        #expect(
            calls[1].invocations == [.init(.string("hello"), from: MessageAddress(namespace: "example", type: "person", id: "Bob"))]
        )
        await app.stop()
    }

    @Test("a function may send to itself, and two to one another")
    func loops() async throws {
        let passOn: @Sendable (String) -> TestFunctions.Body = { other in
            { call in
                let messages = call.numbers.filter { $0 > 0 }.map { InvocationResult.Message(other, call.id, .int($0 - 1)) }
                return .result(InvocationResult(messages: messages))
            }
        }
        let app = try await TestRuntime([
            "example/self": passOn("example/self"), "example/ping": passOn("example/pong"), "example/pong": passOn("example/ping"),
        ]).started()
        try await app.send("example/self", "Bob", .int(50))
        try await app.send("example/ping", "Ann", .int(50))
        try await app.functions.calls.until("the last of both") { calls in
            calls.filter { $0.numbers.contains(0) }.count == 2
        }
        try await app.untilEmpty()
        #expect(app.functions.calls.entries.count == 102)
        await app.stop()
    }

    static let brokenResults: [(String, InvocationResult)] = [
        ("an undeclared state", InvocationResult(stateChanges: [StateValue("seen", .int(9)), StateValue("unknown", .int(1))])),
        ("a deletion of an undeclared state", InvocationResult(stateChanges: [StateValue("seen", .int(9)), StateValue("unknown", nil)])),
        ("a value of another type", InvocationResult(stateChanges: [StateValue("seen", .string("nine"))])),
        (
            "an undeclared state beside effects",
            InvocationResult(
                stateChanges: [StateValue("unknown", .int(1))],
                messages: [.init("example/other", "x", .int(1))],
                delayedMessages: [.send(.init("example/other", "x", .int(1)), after: .zero, token: nil)],
                egresses: [.init(to: "example/out", .string("greetings:hi"))]
            )
        ),
    ]

    @Test(
        "of a result that breaks the protocol nothing is applied; it is kept with its cause, and the address goes on",
        arguments: Self.brokenResults
    )
    func broken(what: String, result: InvocationResult) async throws {
        let app = try await TestRuntime([
            "example/person": { call in call.numbers == [2] ? .result(result) : await Bodies.counter(call) },
            "example/other": Bodies.nothing,
        ]).started()
        for number in Int32(1)...3 {
            try await app.send("example/person", "Bob", .int(number))
            try await app.untilEmpty()
        }
        #expect(await app.number("seen", of: "example/person", "Bob") == 2)
        let letter = try #require(await app.deadLetters.first)
        #expect(letter.content == .batch([EncodedInvocation(EncodedValue(.int(2))).bytes]))
        #expect(letter.address == RuntimeAddress(functionType: "example/person", id: "Bob"))
        #expect(letter.cause.contains("nothing of its result is applied"))
        #expect(await app.store.kept.recover().egress.isEmpty)
        #expect(app.functions.calls(of: "example/other", "x").isEmpty)
        #expect(app.events.entries == [.deadLetter(letter)])
        await app.stop()
    }

    @Test(
        "bytes that are no answer are not tried again",
        arguments: [[0xff, 0xff], [0xa2, 0x06, 0x05, 0x0a, 0x03, 0x08, 0x07, 0x12]] as [[UInt8]]
    )
    func malformed(bytes: [UInt8]) async throws {
        let app = try await TestRuntime(["example/person": { call in call.numbers == [1] ? .bytes(bytes) : .bytes([]) }]).started()
        try await app.send("example/person", "Bob", .int(1))
        try await app.untilEmpty()
        try await app.send("example/person", "Bob", .int(2))
        try await app.untilEmpty()
        #expect(await app.deadLetters.map(\.attempts) == [1])
        #expect(app.functions.calls.entries.map(\.numbers) == [[1], [2]])
        await app.stop()
    }

    @Test("a message to a function that nobody serves is kept with the cause; the others of its result go on")
    func unknownFunction() async throws {
        let app = try await TestRuntime([
            "example/person": { _ in
                .result(InvocationResult(messages: [.init("elsewhere/x", "1", .int(1)), .init("example/other", "2", .int(2))]))
            },
            "example/other": Bodies.nothing,
        ]).started()
        try await app.send("example/person", "Bob", .int(1))
        try await app.untilEmpty()
        #expect(app.functions.calls(of: "example/other", "2").count == 1)
        let letter = try #require(await app.deadLetters.first)
        #expect(letter.address == RuntimeAddress(functionType: "elsewhere/x", id: "1"))
        #expect(letter.cause.contains("no endpoint"))
        await #expect(throws: IngressRefusal.self) { try await app.send("elsewhere/x", "1", .int(1)) }
        await app.stop()
    }

    @Test("what an egress cannot take, or none that is served, is kept with the function that sent it")
    func egressFaults() async throws {
        let app = try await TestRuntime([
            "example/person": { _ in
                .result(
                    InvocationResult(egresses: [
                        .init(to: "example/out", .int(1)), .init(to: "example/out", .string("a:fine")),
                        .init(to: "example/none", .string("b:x")),
                    ])
                )
            }
        ]).started()
        try await app.send("example/person", "Bob", .int(1))
        try await app.untilEmpty()
        let letters = await app.deadLetters
        #expect(letters.map(\.address.id) == ["Bob", "Bob"])
        #expect(letters.map(\.cause).first == "it is no text with a topic")
        #expect(letters.last?.cause.contains("example/out") == true)
        #expect(letters.first?.content == .egress("example/out", EncodedValue(.int(1)).bytes))
        #expect(await app.store.kept.recover().egress == [WaitingRecords(topic: "a", count: 1)])
        await app.stop()
    }
}
