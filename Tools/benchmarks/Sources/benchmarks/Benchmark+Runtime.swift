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
            let runtime = try bench.runtime(storage)
            let loader = try bench.loader()
            let wrk = try WrkPeer(CallPlan(url: try bench.server().plainURL, inFlight: 64), in: bench.folder)
            rows += try bench.rows("run", storage.rawValue, [wrk, RuntimeContender("statefun run", runtime, loader)])
            // What the ingress costs is left out here: a function makes a thousand messages of one.
            let spread = try bench.loader(function: "example/spread", connections: 32, burst: 1, each: 1_000)
            rows += try bench.rows(
                "run",
                "\(storage.rawValue), among functions",
                [RuntimeContender("statefun run", runtime, spread)]
            )
            let paced = try bench.loader(connections: 64, burst: 1)
            let peers: [any Contender] =
                storage == .durable ? [try ChildContender("run sync", name: "one synced write", bench.folder.file("synced"))] : []
            rows += try bench.rows(
                "run",
                "\(storage.rawValue), 1000 messages/s",
                peers + [PacedRuntimeContender("statefun run", runtime, paced, rate: 1_000)]
            )
            runtime.stop()
        }
        return rows
    }

    static let scale = Benchmark(name: "scale", summary: "the cost of a message as their number grows 1, 10 and 100 times") { bench in
        var rows: [Row] = []
        for storage in [RunningRuntime.Storage.durable, .inMemory] {
            var fewest: Double?
            for messages in [2_000, 20_000, 200_000] {
                let runtime = try bench.runtime(storage)
                let loader = try bench.loader()
                _ = try loader.send(2_000, to: runtime)
                var figures = try loader.measure(messages, to: runtime)
                let cost = (figures[.user] ?? 0) + (figures[.system] ?? 0)
                fewest = fewest ?? cost
                figures[.ofFewest] = fewest.map { cost / $0 }
                rows.append(Row("scale", "\(storage.rawValue), \(messages) messages", "statefun run", figures.filter { !$0.key.isLatency }))
                runtime.stop()
            }
        }
        return rows
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
