import AdminIO
import HTTPFunctionEndpoint
import LocalRuntime
import Logging
import PlaygroundIO
import RuntimeCore
import TransportCore

/// A runtime with its servers.
actor RunningApplication {
    private struct Server {
        let port: Int
        let url: String
        let stop: @Sendable (Duration) async -> Void
    }

    nonisolated let runtime: LocalRuntime
    private let options: PlaygroundOptions
    private let logger: Logger
    private var ingresses: [Server] = []
    private var egresses: [(server: Server?, egress: PlaygroundEgress, port: Int)] = []
    private var admin: [AdminServer] = []

    init(
        _ module: FunctionModule,
        _ components: RunComponents,
        transports: TransportRegistry,
        store: any StateStore & WaitingStore,
        options: PlaygroundOptions,
        configuration: LocalRuntime.Configuration
    ) {
        self.options = options
        logger = configuration.logger
        let logger = configuration.logger
        egresses = components.egresses.map { (nil, PlaygroundEgress($0, options: options, logger: logger), $0.port) }
        runtime = LocalRuntime(
            module,
            transports: transports,
            store: store,
            egresses: egresses.map(\.egress),
            configuration: configuration
        )
    }

    /// Where messages are taken, and where records are handed out by topic.
    var ingressURLs: [String] { ingresses.map(\.url) }
    var egressURLs: [(url: String, topics: [String])] { egresses.map { ($0.server?.url ?? "", $0.egress.topics) } }

    /// Begins to work: first what was left over, then what comes in.
    func start(_ components: RunComponents, admin addresses: [AdminAddress]) async throws -> [String] {
        try await runtime.start()
        var urls: [String] = []
        for address in addresses {
            let server = AdminServer(runtime.administration, at: address, logger: logger)
            urls.append(try await server.start())
            admin.append(server)
        }
        for index in egresses.indices {
            let egress = egresses[index].egress
            let url = try await egress.start(from: runtime.topics)
            egresses[index].server = Server(port: egresses[index].port, url: url) { await egress.stop(drainingFor: $0) }
        }
        for spec in components.ingresses {
            ingresses.append(try await start(spec))
        }
        return urls
    }

    private func start(_ spec: PlaygroundIngressSpec) async throws -> Server {
        let ingress = PlaygroundIngress(spec, options: options, logger: logger)
        let url = try await ingress.start(into: runtime.messages)
        return Server(port: spec.port, url: url) { await ingress.stop(drainingFor: $0) }
    }

    /// Takes over a changed module. Servers whose ports stay the same go on.
    func replace(_ module: FunctionModule, _ components: RunComponents) async throws {
        var kept: [(server: Server?, egress: PlaygroundEgress, port: Int)] = []
        for spec in components.egresses {
            if let known = egresses.first(where: { $0.port == spec.port }) {
                known.egress.topics = spec.topics
                kept.append(known)
            } else {
                let egress = PlaygroundEgress(spec, options: options, logger: logger)
                let url = try await egress.start(from: runtime.topics)
                kept.append((Server(port: spec.port, url: url) { await egress.stop(drainingFor: $0) }, egress, spec.port))
            }
        }
        for old in egresses where !kept.contains(where: { $0.port == old.port }) {
            await old.server?.stop(.seconds(1))
        }
        egresses = kept
        await runtime.replace(module: module, egresses: egresses.map(\.egress))
        for spec in components.ingresses where !ingresses.contains(where: { $0.port == spec.port }) {
            ingresses.append(try await start(spec))
        }
        for old in ingresses where !components.ingresses.contains(where: { $0.port == old.port }) {
            await old.stop(.seconds(1))
        }
        ingresses.removeAll { old in !components.ingresses.contains { $0.port == old.port } }
    }

    /// Takes nothing more, gives what goes on `limit` to end, and stores everything.
    func stop(drainingFor limit: Duration) async {
        for server in ingresses {
            await server.stop(limit)
        }
        await runtime.stop(drainingFor: limit)
        for egress in egresses {
            await egress.server?.stop(.seconds(1))
        }
        for server in admin {
            await server.stop(drainingFor: .seconds(1))
        }
    }
}
