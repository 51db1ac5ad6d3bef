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
        var options = PlaygroundOptions()
        // A client that does not read for a moment is not to be cut off, however long that moment gets.
        options.stoppingTransferLimit = .seconds(600)
        let application = RunningApplication(
            module,
            components,
            transports: transports,
            store: store,
            options: options,
            configuration: .init()
        )
        _ = try await application.start(components, admin: [])
        return application
    }

    /// A store with a page of records, longer than what the system takes for a client that does not read.
    private func longPage() async -> InMemoryStateStore {
        let store = InMemoryStateStore()
        var changes = StoreChanges(lastSequence: 20)
        changes.egress = (1...20).map {
            EgressRecord(sequence: $0, topic: "greetings", payload: Array(repeating: UInt8(ascii: "x"), count: 500_000))
        }
        await store.commit(changes)
        return store
    }

    private func count(_ store: InMemoryStateStore) async -> Int { await store.egress(topic: "greetings", after: 0, limit: 20).count }

    /// A client that takes the page, and reads nothing of it.
    private func take(_ application: RunningApplication, _ store: InMemoryStateStore) async throws -> WireClient {
        let client = try await WireClient(to: try #require(await application.egressURLs.first?.url))
        try await client.stopReading()
        try await client.send("GET /greetings?max=20 HTTP/1.1\r\nHost: a\r\n\r\n")
        try await eventually("the page") { await count(store) == 0 }
        return client
    }

    @Test("what a taker of a replaced egress does not get is put back before the store is closed")
    func stopsWhileReplacing() async throws {
        let store = await longPage()
        let application = try await start(Self.ingress, Self.egress, store: store)
        let client = try await take(application, store)
        let (module, components) = load(Self.ingress)
        async let replaced: Void = application.replace(module, components)
        try await eventually("the change") { await application.egressURLs.isEmpty }
        await application.stop(drainingFor: .zero)
        #expect(await count(store) == 20)
        try await replaced
        await client.close()
    }

    @Test("a taker may go on as long as calls in flight may")
    func takesWhileStopping() async throws {
        let store = await longPage()
        let application = try await start(Self.egress, store: store)
        let client = try await take(application, store)
        async let stopped: Void = application.stop(drainingFor: .seconds(60))
        try await eventually("the beginning of the end") { await application.isStopping }
        try await client.readOn()
        let answer = try await client.answer()
        #expect(answer.body.count > 10_000_000)
        await client.close()
        await stopped
        #expect(await count(store) == 0)
        #expect(RunningApplication.limitOfTakers(.seconds(60)) == .seconds(60))
        #expect(RunningApplication.limitOfTakers(.zero) == .seconds(1))
    }

    @Test("a taker who does not go on is cut off when it is to stop at once, and what it had taken is put back")
    func stopsAtOnce() async throws {
        let store = await longPage()
        let application = try await start(Self.egress, store: store)
        let client = try await take(application, store)
        async let stopped: Void = application.stop(drainingFor: .seconds(600))
        try await eventually("the beginning of the end") { await application.isStopping }
        await application.stopNow()
        #expect(await count(store) == 20)
        await stopped
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
