import RequestReply
import SpecParser
import TestSupport
import Testing
import TransportCore
import TypeName

@testable import HTTPFunctionEndpoint

/// Functions of the published SDK, called through a module.yaml.
@Suite struct PublishedSDKTests {
    /// A way to call: a transport over a scheme.
    struct Way: Sendable, CustomTestStringConvertible {
        let transport: String
        let scheme: EndpointURL.Scheme

        var testDescription: String { "\(transport) over \(scheme.rawValue)" }

        static let all = [KnownTransport.okHttp, KnownTransport.async].flatMap { transport in
            EndpointURL.Scheme.allCases.map { Way(transport: transport, scheme: $0) }
        }
    }

    private let greeting = FunctionValue.custom(typename: "example/GreetRequest", bytes: Array(#"{"name": "Bob"}"#.utf8))

    private func functions(_ way: Way) async throws -> FunctionEndpoints {
        let peer = try await SDKFunctions.shared()
        let transports = StandardTransports()
        let tls = way.scheme.isSecure ? "    trust_cacerts: \(peer.authority)" : ""
        let module = FunctionModule(
            ModuleText(
                file: "module.yaml",
                """
                kind: io.statefun.endpoints.v2/http
                spec:
                  functions: com.example/*
                  urlPathTemplate: \(peer[way.scheme])/functions/{function.name}
                  transport:
                    type: \(way.transport)
                \(tls)
                """
            ),
            options: .init(),
            transports: transports.registry,
            connector: transports.connector
        )
        try #require(module.diagnostics.isEmpty)
        return FunctionEndpoints(module, transports: transports.registry)
    }

    @Test("the greeter is asked for its state, greets, and counts its visits", arguments: Way.all)
    func greeter(way: Way) async throws {
        let functions = try await functions(way)
        let first = try await functions.invoke("com.example/greeter", id: "Bob", greeting)
        #expect(first.requests == 2)
        #expect(first.result.stateChanges == [StateValue("seen_count", .int(1))])
        #expect(first.result.egresses.map(\.egress) == ["com.example/greetings", "io.statefun.playground/egress"])
        #expect(first.result.egresses.first?.argument == .string("Hello Bob for the 1. time"))
        let second = try await functions.invoke("com.example/greeter", id: "Bob", greeting, greeting)
        #expect(second.requests == 1)
        #expect(second.result.stateChanges == [StateValue("seen_count", .int(3))])
        #expect(second.result.egresses.count == 4)
        await functions.shutdown()
    }

    @Test("many invocations of one address lose nothing and keep their order", arguments: Way.all)
    func counter(way: Way) async throws {
        let functions = try await functions(way)
        let address = Address(try TypeName(parsing: "com.example/counter"), id: "visits")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...50 {
                group.addTask { _ = try await functions.invoke(address, [.long(Int64(number))]) }
            }
            try await group.waitForAll()
        }
        let last = try await functions.invoke(address, [.long(0)])
        #expect(last.state == [StateValue("count", .long(1275))])
        await functions.shutdown()
    }

    @Test(
        "every built-in type arrives, is kept and comes back",
        arguments: [
            FunctionValue.bool(true), .int(-5), .long(.max), .float(1.5), .double(-0.25), .string("Grüße"), .string(""), .int(0),
        ]
    )
    func builtInTypes(value: FunctionValue) async throws {
        let functions = try await functions(Way(transport: KnownTransport.async, scheme: .http))
        _ = try await functions.invoke("com.example/types", id: "a", value)
        let second = try await functions.invoke("com.example/types", id: "a", value)
        #expect(second.result.messages.map(\.argument) == [value])
        #expect(second.result.messages.map(\.target) == [MessageAddress(namespace: "com.example", type: "sink", id: "a")])
        await functions.shutdown()
    }

    @Test("delayed messages and their cancellation come back with delay and token")
    func delayed() async throws {
        let functions = try await functions(Way(transport: KnownTransport.okHttp, scheme: .http))
        func timer(_ json: String) -> FunctionValue { .custom(typename: "example/TimerRequest", bytes: Array(json.utf8)) }
        let sent = try await functions.invoke("com.example/timer", id: "a", timer(#"{"delay_ms": 1500, "token": "t"}"#))
        let message = InvocationResult.Message(to: MessageAddress(namespace: "com.example", type: "timer", id: "a"), .int(1))
        #expect(sent.result.delayedMessages == [.send(message, after: .milliseconds(1500), token: "t")])
        let cancelled = try await functions.invoke("com.example/timer", id: "a", timer(#"{"cancel": "t"}"#))
        #expect(cancelled.result.delayedMessages == [.cancel(token: "t")])
        await functions.shutdown()
    }

    @Test("a function without effects gives an empty result")
    func noEffects() async throws {
        let functions = try await functions(Way(transport: KnownTransport.async, scheme: .httpUnix))
        #expect(try await functions.invoke("com.example/sink", id: "a", .string("x")).result.isEmpty)
        await functions.shutdown()
    }
}
