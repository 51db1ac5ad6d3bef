import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

@Suite struct RegistrationTests {
    @Test("a function that lacks state gets the same batch again with it, and never asks again, also after a restart")
    func registration() async throws {
        let first = try await TestRuntime(["example/person": Bodies.counter]).started()
        try await first.send("example/person", "Bob", .int(1))
        try await first.until("seen", of: "example/person", "Bob", is: 1)
        let calls = first.functions.calls.entries
        #expect(calls.map { $0.state.names.sorted() } == [[], ["seen"]])
        #expect(calls[0].invocations == calls[1].invocations)
        #expect(calls[1].state["seen"] == .some(nil))
        try await first.send("example/person", "Ann", .int(1))
        try await first.until("seen", of: "example/person", "Ann", is: 1)
        #expect(first.functions.calls.entries.count == 3)
        await first.stop()

        let second = try await TestRuntime(on: first.store, ["example/person": Bodies.counter]).started()
        try await second.send("example/person", "Bob", .int(1))
        try await second.until("seen", of: "example/person", "Bob", is: 2)
        #expect(second.functions.calls.entries.map { $0.number("seen") } == [1])
        await second.stop()
    }

    @Test("the first call of a function goes alone, so that its state is registered once")
    func firstAlone() async throws {
        let gate = Gate()
        let app = try await TestRuntime([
            "example/person": { call in
                guard call.state["seen"] != nil else {
                    try? await gate.opened()
                    return .incomplete([Bodies.seen])
                }
                return await Bodies.counter(call)
            },
            "example/other": Bodies.nothing,
        ]).started()
        for id in ["Ann", "Bob", "Cid"] {
            try await app.send("example/person", id, .int(1))
        }
        // Other functions do not wait.
        try await app.send("example/other", "x", .int(1))
        try await app.functions.calls.until("the other function") { $0.contains { $0.functionType == "example/other" } }
        #expect(app.functions.calls.entries.filter { $0.functionType == "example/person" }.count == 1)
        gate.open()
        for id in ["Ann", "Bob", "Cid"] {
            try await app.until("seen", of: "example/person", id, is: 1)
        }
        #expect(app.functions.calls.entries.filter { $0.state.isEmpty && $0.functionType == "example/person" }.count == 1)
        #expect(await app.store.kept.recover().registered.map(\.name) == ["seen"])
        await app.stop()
    }

    @Test("state that comes up later is registered beside what there is")
    func more() async throws {
        let app = try await TestRuntime([
            "example/person": { call in
                guard call.state["seen"] != nil else { return .incomplete([Bodies.seen]) }
                guard call.numbers != [2] || call.state["name"] != nil else {
                    return .incomplete([
                        Bodies.seen, MissingState("name", typename: "io.statefun.types/string", expiration: .afterWrite(.seconds(5))),
                    ])
                }
                return .result(InvocationResult(stateChanges: call.numbers == [2] ? [StateValue("name", .string("Bob"))] : []))
            }
        ]).started()
        try await app.send("example/person", "Bob", .int(1))
        try await app.untilEmpty()
        try await app.send("example/person", "Bob", .int(2))
        try await app.untilEmpty()
        #expect(
            await app.store.kept.recover().registered == [
                RegisteredState(functionType: "example/person", name: "seen", typename: "io.statefun.types/int", expiration: .never),
                RegisteredState(
                    functionType: "example/person",
                    name: "name",
                    typename: "io.statefun.types/string",
                    expiration: .afterWrite(milliseconds: 5_000)
                ),
            ]
        )
        await app.stop()
    }

    @Test("a state whose type changes is an error that names it, and the address goes on")
    func typeChanges() async throws {
        let app = try await TestRuntime([
            "example/person": { call in
                if call.numbers == [2] {
                    return .incomplete([MissingState("seen", typename: "io.statefun.types/string")])
                }
                return await Bodies.counter(call)
            }
        ]).started()
        for (index, expected) in [(1, 1), (2, 1), (3, 2)] as [(Int32, Int32)] {
            try await app.send("example/person", "Bob", .int(index))
            try await app.untilEmpty()
            #expect(await app.number("seen", of: "example/person", "Bob") == expected)
        }
        let letters = await app.deadLetters
        #expect(letters.count == 1)
        #expect(letters.first?.cause.contains("'seen'") == true)
        #expect(letters.first?.attempts == 1)
        await app.stop()
    }

    @Test("a function that asks for ever is stopped", arguments: [true, false])
    func asksForEver(asksForMore: Bool) async throws {
        let app = try await TestRuntime([
            "example/person": { call in
                let name = asksForMore ? "state\(call.state.count)" : "seen"
                return .incomplete([MissingState(name, typename: "io.statefun.types/int")])
            }
        ]).started()
        try await app.send("example/person", "Bob", .int(1))
        try await app.untilEmpty()
        #expect(await app.deadLetters.map { $0.cause.contains("ask for ever") } == [true])
        #expect(app.functions.calls.entries.count == (asksForMore ? 64 : 2))
        await app.stop()
    }
}
