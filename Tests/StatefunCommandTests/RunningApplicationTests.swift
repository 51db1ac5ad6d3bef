import HTTPFunctionEndpoint
import LocalRuntime
import PlaygroundIO
import RuntimeCore
import SpecParser
import TestSupport
import Testing
import TransportCore

@testable import statefun

/// An application whose module file changes about when it is stopped.
@Suite struct RunningApplicationTests {
    private static let ingress = "kind: io.statefun.playground.v1/ingress\nspec:\n  port: 0\n"
    private static let egress = "kind: io.statefun.playground.v1/egress\nspec:\n  port: 0\n  topics: [greetings]\n"

    private let transports = StandardTransports()

    private func load(_ components: String...) -> (FunctionModule, RunComponents) {
        let module = FunctionModule(
            ModuleText(file: "module.yaml", components.joined(separator: "---\n")),
            options: .init(),
            transports: transports.registry,
            connector: transports.connector
        )
        return (module, RunComponents(module, skipsUnsupported: false))
    }

    private func start(_ components: String..., store: InMemoryStateStore) async throws -> RunningApplication {
        let (module, components) = load(components.joined(separator: "---\n"))
        let application = RunningApplication(
            module,
            components,
            transports: transports,
            store: store,
            options: PlaygroundOptions(),
            configuration: .init()
        )
        _ = try await application.start(components, admin: [])
        return application
    }

    @Test("what a taker of a replaced egress does not get is put back before the store is closed")
    func stopsWhileReplacing() async throws {
        let store = InMemoryStateStore()
        // More than the system takes for a client that does not read.
        var changes = StoreChanges(lastSequence: 32)
        changes.egress = (1...32).map {
            EgressRecord(sequence: $0, topic: "greetings", payload: Array(repeating: UInt8(ascii: "x"), count: 1 << 20))
        }
        await store.commit(changes)
        let application = try await start(Self.ingress, Self.egress, store: store)
        let client = try await WireClient(to: try #require(await application.egressURLs.first?.url))
        try await client.stopReading()
        try await client.send("GET /greetings?max=32 HTTP/1.1\r\nHost: a\r\n\r\n")
        try await eventually("the page") { await store.egress(topic: "greetings", after: 0, limit: 32).count < 32 }
        let (module, components) = load(Self.ingress)
        async let replaced: Void = application.replace(module, components)
        try await eventually("the change") { await application.egressURLs.isEmpty }
        await application.stop(drainingFor: .zero)
        #expect(await store.egress(topic: "greetings", after: 0, limit: 32).count == 32)
        try await replaced
        await client.close()
    }

    @Test("nothing is taken over any more once it is stopping")
    func replacesNothingWhenStopping() async throws {
        let application = try await start(Self.egress, store: InMemoryStateStore())
        await application.stop(drainingFor: .zero)
        let (module, components) = load(Self.ingress, Self.egress)
        await #expect(throws: ComponentFailure("the application is stopping")) { try await application.replace(module, components) }
        #expect(await application.ingressURLs.isEmpty)
    }

    @Test("a server that is being started when it is stopped does not stay")
    func startsWhileStopping() async throws {
        let application = try await start(Self.egress, store: InMemoryStateStore())
        let (module, components) = load(Self.ingress, Self.egress)
        async let replaced: Void = application.replace(module, components)
        await application.stop(drainingFor: .zero)
        _ = try? await replaced
        for url in await application.ingressURLs {
            await #expect(throws: (any Error).self) { _ = try await WireClient(to: url) }
        }
    }
}
