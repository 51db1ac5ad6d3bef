import AsyncHTTPClient
import AsyncTransport
import BlockingTransport
import CMeasuring
import Foundation
import HTTPExchange
import HTTPFunctionEndpoint
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SpecParser
import TransportCore
import TypeName

/// Makes many calls at a time, each caller one after the other, for as long as a window lasts.
struct CallingContender: Measured {
    /// Which client makes the calls.
    enum Kind: String, Codable, CaseIterable {
        /// From one completion to the next on the loop of its connections, as the runtime and the gateway make their calls.
        case asyncTransport = "AsyncTransport"
        /// From tasks on that loop.
        case asyncTransportFromTasks = "AsyncTransport, tasks on its loop"
        /// From tasks on the threads that Swift gives them.
        case asyncTransportFromAnywhere = "AsyncTransport, from any thread"
        /// From plain threads that wait, one for each call in flight.
        case blockingTransport = "BlockingTransport"
        /// From tasks, each call on a thread of the transport's own.
        case blockingTransportFromTasks = "BlockingTransport, from tasks"
        case asyncHTTPClient = "AsyncHTTPClient"
    }

    private let plan: CallPlan
    private let callAll: @Sendable (_ seconds: Double) async throws -> Int
    private let end: @Sendable () async throws -> Void

    init(_ kind: Kind, _ plan: CallPlan) throws {
        self.plan = plan
        let payload = ByteBuffer(bytes: try plan.payload())
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        switch kind {
        case .asyncHTTPClient:
            let client = HTTPClient(configuration: try Self.httpClientConfiguration(plan))
            let url = try Self.httpClientURL(plan)
            let makeCalls = Self.awaiting {
                var request = HTTPClientRequest(url: url)
                request.method = .POST
                request.headers.add(name: "Content-Type", value: "application/octet-stream")
                request.body = .bytes(payload)
                let response = try await client.execute(request, timeout: .seconds(30))
                guard response.status == .ok else { throw BenchmarkFailure("the server answered \(response.status)") }
                _ = try await response.body.collect(upTo: 1 << 20)
            }
            callAll = Self.calling(plan.inFlight, makeCalls)
            end = { try await client.shutdown() }
        case .blockingTransport:
            let transports = StandardTransports(loops: [EventLoopCallLoop(loop)])
            guard let client = try Self.client(of: transports.blocking, transports, plan) as? BlockingClient else {
                throw BenchmarkFailure("the blocking transport has made a client of another kind")
            }
            let request = RequestReplyRequest(functionType: "example/benchmark", id: "Bob", payload: payload)
            let threads = NIOThreadPool(numberOfThreads: plan.inFlight)
            threads.start()
            callAll = Self.calling(plan.inFlight) { deadline in
                try await threads.runIfActive {
                    var calls = Calls(until: deadline)
                    while calls.goOn {
                        _ = try client.callBlocking(request)
                        calls.ended()
                    }
                    return calls.count
                }
            }
            end = {
                try await threads.shutdownGracefully()
                await transports.blocking.shutdown()
            }
        case .asyncTransport, .asyncTransportFromTasks, .asyncTransportFromAnywhere, .blockingTransportFromTasks:
            let transports = StandardTransports(loops: [EventLoopCallLoop(loop)])
            let factory: any RequestReplyClientFactory = kind == .blockingTransportFromTasks ? transports.blocking : transports.async
            let client = try Self.client(of: factory, transports, plan)
            let request = RequestReplyRequest(functionType: "example/benchmark", id: "Bob", payload: payload)
            let executor = kind == .asyncTransportFromTasks ? EventLoopTaskExecutor(loop) : nil
            callAll =
                if kind == .asyncTransport {
                    { [inFlight = plan.inFlight] in try await BegunCalls(client, request, on: loop).callAll(inFlight, for: $0) }
                } else {
                    Self.calling(plan.inFlight, on: executor, Self.awaiting { _ = try await client.call(request) })
                }
            end = { await factory.shutdown() }
        }
    }

    func window(_ seconds: Double) async throws -> Figures {
        measuring_reset_durations()
        let stopwatch = Stopwatch()
        let calls = try await callAll(seconds)
        var figures = stopwatch.figures(calls: calls)
        if plan.invocations > 1 {
            figures[.invocations] = (figures[.rate] ?? 0) * Double(plan.invocations)
        }
        figures.addLatencies()
        return figures
    }

    func allocations() async throws -> Double? {
        guard measuring_counts_allocations() else { return nil }
        measuring_begin_allocations()
        let calls = try await callAll(0.2)
        return Double(measuring_end_allocations()) / Double(max(calls, 1))
    }

    func finish() async throws { try await end() }

    /// Has as many tasks as calls are to be in flight, each of which makes calls until a moment and says how many.
    private static func calling(
        _ inFlight: Int,
        on executor: (any TaskExecutor)? = nil,
        _ makeCalls: nonisolated(nonsending) @escaping @Sendable (_ deadline: UInt64) async throws -> Int
    ) -> @Sendable (_ seconds: Double) async throws -> Int {
        { seconds in
            let deadline = measuring_now() + UInt64(seconds * 1e9)
            return try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<inFlight {
                    group.addTask(executorPreference: executor) { try await makeCalls(deadline) }
                }
                return try await group.reduce(0, +)
            }
        }
    }

    /// The calls that one caller makes one after the other.
    private struct Calls {
        private let deadline: UInt64
        private var begin = measuring_now()
        private(set) var count = 0

        init(until deadline: UInt64) {
            self.deadline = deadline
        }

        var goOn: Bool { begin < deadline }

        mutating func ended() {
            let end = measuring_now()
            measuring_add_duration(end - begin)
            begin = end
            count += 1
        }
    }

    /// Makes calls that a task awaits.
    private static func awaiting(
        _ call: nonisolated(nonsending) @escaping @Sendable () async throws -> Void
    ) -> nonisolated(nonsending) @Sendable (_ deadline: UInt64) async throws -> Int {
        { deadline in
            var calls = Calls(until: deadline)
            while calls.goOn {
                try await call()
                calls.ended()
            }
            return calls.count
        }
    }

    private static func client(
        of factory: any RequestReplyClientFactory,
        _ transports: StandardTransports,
        _ plan: CallPlan
    ) throws -> any RequestReplyClient {
        let options = plan.authority.map { "\n    trust_cacerts: \($0)" } ?? ""
        let text = ModuleText(
            file: "module.yaml",
            """
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: example/*
              urlPathTemplate: \(plan.endpointURL)
              transport:
                type: \(factory.transportType)\(options)
            """
        )
        let module = FunctionModule(text, options: .init(), transports: transports.registry, connector: transports.connector)
        guard !module.hasErrors, let endpoint = module.endpoints.first else {
            throw BenchmarkFailure("the module has errors: \(module.diagnostics)")
        }
        let url = try EndpointURL(parsing: plan.endpointURL)
        return try factory.makeClient(endpoint.spec.transport, endpoint: url, metrics: NoMetrics())
    }

    private static func httpClientConfiguration(_ plan: CallPlan) throws -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        // As many connections as the other contenders open.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = plan.inFlight
        if let authority = plan.authority {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(authority)
            configuration.tlsConfiguration = tls
        }
        return configuration
    }

    private static func httpClientURL(_ plan: CallPlan) throws -> String {
        guard let socket = plan.socket else { return plan.url }
        guard let url = URL(httpURLWithSocketPath: socket, uri: "/fixed") else {
            throw BenchmarkFailure("AsyncHTTPClient takes no socket at \(socket)")
        }
        return url.absoluteString
    }
}
