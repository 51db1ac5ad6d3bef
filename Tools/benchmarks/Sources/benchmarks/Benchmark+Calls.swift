/// The benchmarks of the transports, beside the clients that one could use instead.
extension Benchmark {
    static let async = Benchmark(name: "async", summary: "the non-blocking transport at 1, 64 and 1024 calls in flight") { bench in
        try widths("async", [.asyncTransport, .asyncTransportFromTasks, .asyncTransportFromAnywhere], bench)
    }

    static let blocking = Benchmark(name: "blocking", summary: "the blocking transport at 1, 64 and 1024 calls in flight") { bench in
        try widths("blocking", [.blockingTransport, .blockingTransportFromTasks], bench)
    }

    static let batches = Benchmark(name: "batches", summary: "16 calls in flight, each with 1000 invocations of 100 bytes") { bench in
        let plan = CallPlan(url: try bench.server().plainURL, inFlight: 16, invocations: 1_000)
        return try bench.rows("batches", "16 × 1000 invocations", try peers(plan, bench) + ours(plan))
    }

    static let large = Benchmark(name: "large", summary: "16 calls in flight with bodies of 1 MB") { bench in
        let plan = CallPlan(url: try bench.server().plainURL, inFlight: 16, argumentBytes: 1_000_000)
        return try bench.rows("large", "16 × 1 MB", try peers(plan, bench) + ours(plan))
    }

    static let tls = Benchmark(name: "tls", summary: "64 calls in flight over TLS, with and without") { bench in
        var plan = CallPlan(url: try bench.server().secureURL, inFlight: 64)
        plan.authority = try bench.server().authority
        let plain = CallPlan(url: try bench.server().plainURL, inFlight: 64)
        let reference = try ChildContender(CallingContender.Kind.asyncTransport.rawValue, name: "AsyncTransport, plain", plain)
        return try bench.rows("tls", "64 in flight", try peers(plan, bench) + ours(plan) + [reference], plain: reference.name)
    }

    static let unix = Benchmark(name: "unix", summary: "64 calls in flight over a UNIX domain socket, and over TCP") { bench in
        let tcp = CallPlan(url: try bench.server().plainURL, inFlight: 64)
        var plan = tcp
        plan.socket = try bench.server().socket
        let reference = try ChildContender(CallingContender.Kind.asyncTransport.rawValue, name: "AsyncTransport, TCP", tcp)
        let peer = try ChildContender(CallingContender.Kind.asyncHTTPClient.rawValue, plan)
        // wrk knows no UNIX domain sockets.
        return try bench.rows("unix", "64 in flight", [peer] + ours(plan) + [reference], plain: reference.name)
    }

    private static func widths(_ name: String, _ kinds: [CallingContender.Kind], _ bench: Bench) throws -> [Row] {
        var rows: [Row] = []
        for inFlight in [1, 64, 1_024] {
            let plan = CallPlan(url: try bench.server().plainURL, inFlight: inFlight)
            rows += try bench.rows(
                name,
                "\(inFlight) in flight",
                try peers(plan, bench) + kinds.map { try ChildContender($0.rawValue, plan) }
            )
        }
        return rows
    }

    private static func ours(_ plan: CallPlan) throws -> [any Contender] {
        try [CallingContender.Kind.asyncTransport, .blockingTransport].map { try ChildContender($0.rawValue, plan) }
    }

    /// The clients that the table compares with.
    private static func peers(_ plan: CallPlan, _ bench: Bench) throws -> [any Contender] {
        let installed: [any Contender] = [try WrkPeer(plan, in: bench.folder)] + (try H2LoadPeer(plan, in: bench.folder).map { [$0] } ?? [])
        return installed + [try ChildContender(CallingContender.Kind.asyncHTTPClient.rawValue, plan)]
    }
}
