import Foundation

/// The benchmarks of `statefun run` as a whole. The function is the counter of `benchmark-server`: it adds one to its state
/// and sends one egress message for each message.
extension Benchmark {
    static let run = Benchmark(
        name: "run",
        summary: "statefun run with a counter in C, durable and in memory, as fast as it can and at 1000 messages/s"
    ) {
        bench in
        var rows: [Row] = []
        for storage in [RunningRuntime.Storage.durable, .inMemory] {
            let loader = try bench.loader()
            let wrk = try WrkPeer(CallPlan(url: try bench.server().plainURL, inFlight: 64), in: bench.folder)
            rows += try Self.rows(storage.rawValue, bench, storage, peers: [wrk]) { RuntimeContender("statefun run", $0, loader) }
            // What the ingress costs is left out here: a function makes a thousand messages of one.
            let spread = try bench.loader(function: "example/spread", connections: 32, burst: 1, each: 1_000)
            rows += try Self.rows("\(storage.rawValue), among functions", bench, storage) { RuntimeContender("statefun run", $0, spread) }
            let paced = try bench.loader(connections: 64, burst: 1)
            let peers: [any Contender] =
                storage == .durable ? [try ChildContender("run sync", name: "one synced write", bench.folder.file("synced"))] : []
            rows += try Self.rows("\(storage.rawValue), 1000 messages/s", bench, storage, peers: peers) {
                PacedRuntimeContender("statefun run", $0, paced, rate: 1_000)
            }
        }
        return rows
    }

    /// One setup of ``run``, in a runtime of its own, so that a peak of memory is that of the setup.
    private static func rows(
        _ setup: String,
        _ bench: Bench,
        _ storage: RunningRuntime.Storage,
        peers: [any Contender] = [],
        _ contender: (RunningRuntime) -> any Contender
    ) throws -> [Row] {
        let runtime = try bench.runtime(storage)
        defer { runtime.stop() }
        return try bench.rows("run", setup, peers + [contender(runtime)])
    }

    static let scale = Benchmark(name: "scale", summary: "the cost of a message as their number grows 1, 10 and 100 times") { bench in
        var rows: [Row] = []
        for storage in [RunningRuntime.Storage.durable, .inMemory] {
            // Few messages cost more each, for connections are made and the processor finds nothing in its cache: in relation to the first
            // row, what grows from the second to the third would be hidden.
            var cheapest: Double?
            for messages in [2_000, 20_000, 200_000] {
                var figures = try (0..<bench.rounds).map { _ in try costs(of: messages, storage, bench) }.medians
                let cost = (figures[.user] ?? 0) + (figures[.system] ?? 0)
                figures[.ofCheapest] = cost / (cheapest ?? cost)
                cheapest = min(cheapest ?? cost, cost)
                rows.append(Row("scale", "\(storage.rawValue), \(messages) messages", "statefun run", figures.filter { !$0.key.isLatency }))
            }
        }
        return rows
    }

    /// What so many messages cost in a new runtime.
    private static func costs(of messages: Int, _ storage: RunningRuntime.Storage, _ bench: Bench) throws -> Figures {
        let runtime = try bench.runtime(storage)
        defer { runtime.stop() }
        let loader = try bench.loader()
        _ = try loader.send(2_000, to: runtime)
        return try loader.measure(messages, to: runtime)
    }
}

extension Figure {
    var isLatency: Bool { self == .median || self == .ninth || self == .ninetyNinth }
}

extension Bench {
    /// Sends messages from the core of the server.
    /// - Parameter server: the process that the function runs in; `nil` for the server in C.
    func loader(
        function: String = "example/counter",
        connections: Int = 128,
        burst: Int = 8,
        each: Int = 1,
        server: Int32? = nil
    ) throws -> Loader {
        let process = try server ?? self.server().processID
        return Loader(function: function, connections: connections, burst: burst, each: each, core: serverCore, server: process)
    }

    /// Starts a runtime with an empty store.
    func runtime(_ storage: RunningRuntime.Storage) throws -> RunningRuntime {
        try RunningRuntime(storage, functionURL: try server().counterURL, function: "example/*", data: newDataFolder(), in: folder)
    }
}
