import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

/// Two names that look the same on a screen and are two names for every peer.
@Suite struct ExactNameTests {
    private static let composed = "Ren\u{E9}"
    private static let decomposed = "Rene\u{301}"
    private static let states = [composed, decomposed].map { MissingState($0, typename: BuiltInType.int.typename) }

    /// Adds to the state that the text names; declares one after the other.
    private static let names: TestFunctions.Body = { call in
        let missing = states.filter { call.state[$0.name] == nil }
        if let next = missing.first { return .incomplete([next]) }
        guard case .string(let name) = call.arguments[0] else { return .result(InvocationResult()) }
        return .result(InvocationResult(stateChanges: [StateValue(name, .int((call.number(name) ?? 0) + 1))]))
    }

    @Test("values whose names differ only in their bytes are two values, in memory and stored")
    func states() async throws {
        let functions = ["example/person": Self.names]
        var app = try await TestRuntime(functions).started()
        for name in [Self.composed, Self.decomposed, Self.decomposed] {
            try await app.send("example/person", "Bob", .string(name))
            try await app.untilEmpty()
        }
        func kept() async -> [[UInt8]: [UInt8]] {
            let states = await app.store.kept.state(of: [RuntimeAddress(functionType: "example/person", id: "Bob")])[0]
            return Dictionary(uniqueKeysWithValues: states.map { (Array($0.name.utf8), $0.value) })
        }
        let expected = [
            Array(Self.composed.utf8): EncodedValue(.int(1)).bytes, Array(Self.decomposed.utf8): EncodedValue(.int(2)).bytes,
        ]
        #expect(await kept() == expected)
        #expect(await app.deadLetters.isEmpty)
        await app.stop()
        app = try await TestRuntime(on: app.store, functions).started()
        try await app.send("example/person", "Bob", .bool(true))
        try await app.untilEmpty()
        let seen = try #require(app.functions.calls.entries.first?.state)
        #expect(seen[Self.composed] == .int(1))
        #expect(seen[Self.decomposed] == .int(2))
        await app.stop()
    }

    @Test("a state of another type is found out by the bytes of the typename")
    func typenames() async throws {
        let app = try await TestRuntime([
            "example/person": { call in
                call.state["s"] == nil
                    ? .incomplete([MissingState("s", typename: "example/\(Self.composed)")])
                    : .incomplete([MissingState("s", typename: "example/\(Self.decomposed)"), Bodies.seen])
            }
        ]).started()
        try await app.send("example/person", "Bob", .int(1))
        try await app.untilEmpty()
        #expect(await app.deadLetters.first?.cause.contains("which cannot change") == true)
        await app.stop()
    }

    @Test("functions, topics, keys of messages and figures are told apart by bytes, also after a restart")
    func others() async throws {
        let body: TestFunctions.Body = { call in
            .result(
                InvocationResult(
                    egresses: call.arguments.map { _ in
                        .init(to: "example/out", .string("\(call.functionType.dropFirst("example/".count)):\(call.id)"))
                    }
                )
            )
        }
        let functions = TestFunctions(["example/\(Self.composed)": body])
        functions.replace("example/\(Self.decomposed)", body)
        let app = try await TestRuntime(functions).started()
        for (count, name) in [Self.composed, Self.decomposed].enumerated() {
            for _ in 0...count {
                try await app.send("example/\(name)", "Bob", .int(1))
            }
            try await app.send("example/\(name)", "with key", .int(1), key: name)
        }
        try await app.untilEmpty()
        let figures = await app.runtime.administration.figures()
        #expect(figures.contains("statefun_in_total{function=\"example/\(Self.composed)\"} 2\n"))
        #expect(figures.contains("statefun_in_total{function=\"example/\(Self.decomposed)\"} 3\n"))
        await app.stop()
        let again = try await TestRuntime(on: app.store, functions).started()
        for (name, count) in [(Self.composed, 2), (Self.decomposed, 3)] {
            let records = try await again.runtime.topics.take(from: name, atMost: 10, waiting: .seconds(30))
            #expect(records.count == count)
            #expect(records.allSatisfy { $0.topic.utf8.elementsEqual(name.utf8) })
        }
        await again.stop()
    }
}
