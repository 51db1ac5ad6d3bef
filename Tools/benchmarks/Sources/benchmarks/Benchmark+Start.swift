import Foundation

extension Benchmark {
    private static let storedAddresses = 1_000_000
    private static let calledAddresses = 200_000

    static let start = Benchmark(
        name: "start",
        summary: "until statefun run says that it runs, and its memory then; also with a million addresses"
    ) {
        bench in
        let filled = bench.folder.file("data-filled")
        try FileManager.default.createDirectory(atPath: filled, withIntermediateDirectories: true)
        _ = try ChildContender("start store", "\(filled)/\(storeName)").window(0)

        var new: [Figures] = []
        var full: [Figures] = []
        for _ in 0..<max(5, bench.rounds) {
            let runtime = try bench.runtime(.durable)
            new.append(try figures(of: runtime))
            runtime.stop()
            let other = try RunningRuntime(.durable, functionURL: try bench.server().counterURL, data: filled, in: bench.folder)
            full.append(try figures(of: other))
            other.stop()
        }
        let fresh = new.medians
        var loaded = full.medians
        loaded[.bytesEach] = bytesEach(loaded, fresh, storedAddresses)

        let runtime = try RunningRuntime(.durable, functionURL: try bench.server().counterURL, data: filled, in: bench.folder)
        var loader = try bench.loader()
        // What working needs at all, before it is known what an address costs that has been called.
        _ = try loader.send(20_000, to: runtime)
        let before: Figures = [.memory: try runtime.reading().resident / 1_000_000]
        loader.ids = calledAddresses
        _ = try loader.send(calledAddresses, to: runtime)
        let memory = try runtime.reading().resident / 1_000_000
        runtime.stop()
        let called = bytesEach([.memory: memory], before, calledAddresses)
        return [
            Row("start", "new", "statefun run", fresh),
            Row("start", "\(storedAddresses) stored addresses", "statefun run", loaded),
            Row("start", "\(calledAddresses) of them called", "statefun run", [.memory: memory, .bytesEach: called]),
        ]
    }

    /// What ``RunningRuntime`` calls the store in its folder.
    private static let storeName = "statefun.db"

    private static func figures(of runtime: RunningRuntime) throws -> Figures {
        [.milliseconds: runtime.millisecondsToStart, .memory: try runtime.reading().resident / 1_000_000]
    }

    private static func bytesEach(_ figures: Figures, _ before: Figures, _ addresses: Int) -> Double {
        max(0, ((figures[.memory] ?? 0) - (before[.memory] ?? 0)) * 1_000_000 / Double(addresses))
    }

    static let python = Benchmark(
        name: "python",
        summary: "statefun run with a counter of the Python SDK: how much of a core the runtime takes"
    ) { bench in
        guard let taskset = ChildProgram.find("taskset") else {
            throw BenchmarkFailure("taskset is not installed; it is part of Debian's util-linux")
        }
        let root = String(#filePath.dropLast("/Tools/benchmarks/Sources/benchmarks/Benchmark+Start.swift".count))
        let server = try ChildProgram(
            taskset,
            ["-c", "\(bench.serverCore)", "\(root)/.build/python/bin/python", "\(root)/Tests/Support/functions/serve.py", "--http"]
        )
        let words = try server.readLine().split(separator: "\"")
        guard let url = words.first(where: { $0.hasPrefix("http://") }) else {
            throw BenchmarkFailure("the functions did not say where they listen")
        }
        var rows: [Row] = []
        for storage in [RunningRuntime.Storage.durable, .inMemory] {
            let function = "com.example/tally"
            let runtime = try RunningRuntime(
                storage,
                functionURL: "\(url)/",
                function: function,
                data: bench.newDataFolder(),
                in: bench.folder
            )
            let loader = try bench.loader(function: function, server: server.processID)
            rows += try bench.rows("python", storage.rawValue, [RuntimeContender("statefun run", runtime, loader)])
            runtime.stop()
        }
        server.end()
        return rows
    }
}
