import AdminIO
import HTTPFunctionEndpoint
import LocalRuntime
import Logging
import NIOCore
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
    private let loop: any EventLoop
    /// Makes room where the process may open no more files.
    private let whenShort: @Sendable () -> Void
    private let logger: Logger
    private var ingresses: [Server] = []
    private var egresses: [(server: Server?, egress: PlaygroundEgress, port: Int)] = []
    private var admin: [AdminServer] = []
    /// The last replacement, which goes on as long as it starts and stops servers.
    private var replacement: Task<Result<Void, ComponentFailure>, Never>?
    private(set) var isStopping = false
    private var draining: Task<Void, Never>?

    init(
        _ module: FunctionModule,
        _ components: RunComponents,
        transports: StandardTransports,
        store: any StateStore & WaitingStore,
        options: PlaygroundOptions,
        configuration: LocalRuntime.Configuration
    ) {
        self.options = options
        let whenShort: @Sendable () -> Void = { transports.closeIdle() }
        self.whenShort = whenShort
        let (loop, logger) = (configuration.loop, configuration.logger)
        self.loop = loop
        self.logger = logger
        egresses = components.egresses.map {
            (nil, PlaygroundEgress($0, options: options, loops: loop, logger: logger, whenShort: whenShort), $0.port)
        }
        runtime = LocalRuntime(
            module,
            transports: transports.registry,
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
            let server = AdminServer(runtime.administration, at: address, logger: logger, whenShort: whenShort)
            urls.append(try await server.start())
            admin.append(server)
        }
        for index in egresses.indices {
            egresses[index].server = try await start(egresses[index].egress, port: egresses[index].port)
        }
        for spec in components.ingresses {
            ingresses.append(try await start(spec))
        }
        return urls
    }

    private func start(_ egress: PlaygroundEgress, port: Int) async throws(ComponentFailure) -> Server {
        let url = try await egress.start(from: runtime.topics)
        return Server(port: port, url: url) { await egress.stop(drainingFor: $0) }
    }

    private func start(_ spec: PlaygroundIngressSpec) async throws(ComponentFailure) -> Server {
        let ingress = PlaygroundIngress(spec, options: options, loops: loop, logger: logger, whenShort: whenShort)
        let url = try await ingress.start(into: runtime.messages)
        return Server(port: spec.port, url: url) { await ingress.stop(drainingFor: $0) }
    }

    /// Takes over a changed module. Servers whose ports stay the same go on. To be called when the replacement before has ended.
    /// - Throws: `ComponentFailure` where a new port cannot be listened on, or stopping has begun; nothing has changed then.
    func replace(_ module: FunctionModule, _ components: RunComponents) async throws(ComponentFailure) {
        let replacement = Task { () async -> Result<Void, ComponentFailure> in
            do throws(ComponentFailure) {
                return .success(try await takeOver(module, components))
            } catch {
                return .failure(error)
            }
        }
        self.replacement = replacement
        try await replacement.value.get()
    }

    private func takeOver(_ module: FunctionModule, _ components: RunComponents) async throws(ComponentFailure) {
        try checkGoingOn()
        var (oldIngresses, oldEgresses) = (ingresses, egresses)
        var newIngresses: [Server] = []
        var newEgresses: [(server: Server?, egress: PlaygroundEgress, topics: [String])] = []
        var started: [Server] = []
        do throws(ComponentFailure) {
            for spec in components.egresses {
                if let index = oldEgresses.firstIndex(where: { $0.port == spec.port }) {
                    let known = oldEgresses.remove(at: index)
                    newEgresses.append((known.server, known.egress, spec.topics))
                } else {
                    let egress = PlaygroundEgress(spec, options: options, loops: loop, logger: logger, whenShort: whenShort)
                    let server = try await start(egress, port: spec.port)
                    started.append(server)
                    try checkGoingOn()
                    newEgresses.append((server, egress, spec.topics))
                }
            }
            for spec in components.ingresses {
                if let index = oldIngresses.firstIndex(where: { $0.port == spec.port }) {
                    newIngresses.append(oldIngresses.remove(at: index))
                } else {
                    let server = try await start(spec)
                    started.append(server)
                    try checkGoingOn()
                    newIngresses.append(server)
                }
            }
        } catch {
            await Self.stop(started, drainingFor: .zero)
            throw error
        }
        for egress in newEgresses {
            egress.egress.topics = egress.topics
        }
        ingresses = newIngresses
        egresses = newEgresses.map { ($0.server, $0.egress, $0.server?.port ?? 0) }
        await runtime.replace(module: module, egresses: egresses.map(\.egress))
        await Self.stop(oldIngresses + oldEgresses.compactMap(\.server), drainingFor: .seconds(1))
    }

    private func checkGoingOn() throws(ComponentFailure) {
        if isStopping { throw ComponentFailure("the application is stopping") }
    }

    /// Takes nothing more, gives what goes on `limit` to end, and whoever is taking records a second at least, and stores everything.
    func stop(drainingFor limit: Duration) async {
        // A replacement that is under way gives up what it has started, or stops what it has replaced.
        isStopping = true
        let (runtime, takers, replacement) = (runtime, egresses.compactMap(\.server), replacement)
        let draining = Task {
            async let drained: Void = runtime.drain(for: limit)
            async let replaced = replacement?.value
            await Self.stop(takers, drainingFor: Self.limitOfTakers(limit))
            _ = await replaced
            await drained
            // Only now, when whoever takes records has put back what did not arrive.
            await runtime.stop(drainingFor: .zero)
        }
        self.draining = draining
        await Self.stop(ingresses, drainingFor: limit)
        await draining.value
        for server in admin {
            await server.stop(drainingFor: .seconds(1))
        }
    }

    /// How long takers may go on where calls in flight may for `limit`.
    static func limitOfTakers(_ limit: Duration) -> Duration { max(limit, .seconds(1)) }

    private static func stop(_ servers: [Server], drainingFor limit: Duration) async {
        await withTaskGroup { group in
            for server in servers {
                group.addTask { await server.stop(limit) }
            }
        }
    }

    /// Cuts short a ``stop(drainingFor:)`` that goes on: ends the calls in flight, and returns when everything is stored. Clients
    /// that are still being served are left to the end of the process.
    func stopNow() async {
        let takers = egresses.compactMap(\.server)
        async let cutOff: Void = Self.stop(takers, drainingFor: .zero)
        await runtime.stopNow()
        await cutOff
        await draining?.value
    }
}
