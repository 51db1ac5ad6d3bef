/// What a figure should reach.
struct Target: Sendable {
    let benchmark: String
    let setup: String
    let contender: String
    let figure: Figure
    /// The least or the most, whichever side ``Figure/higherIsBetter`` says.
    let limit: Double

    init(_ benchmark: String, _ setup: String, _ contender: String, _ figure: Figure, _ limit: Double) {
        self.benchmark = benchmark
        self.setup = setup
        self.contender = contender
        self.figure = figure
        self.limit = limit
    }

    /// `nil` where the figure was not measured.
    func outcome(_ figures: Figures) -> TargetOutcome? {
        guard let value = figures[figure] else { return nil }
        let isMet = figure.higherIsBetter ? value >= limit : value <= limit
        return TargetOutcome(
            text: "\(figure.title) \(figure.higherIsBetter ? "≥" : "≤") \(figure.text(limit))",
            figure: figure.rawValue,
            limit: limit,
            isMet: isMet
        )
    }

    static let all = named + gateway

    private static let named: [Target] = [
        Target("async", "1 in flight", "AsyncTransport", .ofWrk, 0.85),
        Target("async", "64 in flight", "AsyncTransport", .ofWrk, 0.75),
        Target("async", "64 in flight", "AsyncTransport", .allocations, 5),
        Target("async", "1024 in flight", "AsyncTransport", .ofWrk, 0.70),
        Target("async", "1024 in flight", "AsyncTransport", .peakMemory, 40),
        Target("blocking", "1 in flight", "BlockingTransport", .ofWrk, 0.60),
        Target("blocking", "64 in flight", "BlockingTransport", .ofWrk, 0.25),
        Target("blocking", "1024 in flight", "BlockingTransport", .ofWrk, 0.25),
        Target("batches", "16 × 1000 invocations", "AsyncTransport", .ofWrk, 0.60),
        Target("batches", "16 × 1000 invocations", "BlockingTransport", .ofWrk, 0.40),
        Target("tls", "64 in flight", "AsyncTransport", .ofPlain, 0.80),
        Target("unix", "64 in flight", "AsyncTransport", .ofPlain, 1.0),
        Target("wire", "1000 invocations of 100 bytes", "encoding", .nanoseconds, 40),
        Target("wire", "1000 invocations of 100 bytes", "decoding", .nanoseconds, 40),
        Target("module", "10000 endpoints", "FunctionModule", .milliseconds, 1_000),
        Target("module", "10000 endpoints", "FunctionModule", .ofFile, 20),
        Target("lookup", "100000 targets", "EndpointTable", .nanoseconds, 200),
        Target("mailboxes", "1000000 addresses", "Mailboxes", .bytesEach, 1),
        Target("run", "durable", "statefun run", .rate, 30_000),
        Target("run", "in memory", "statefun run", .rate, 100_000),
        Target("run", "durable, among functions", "statefun run", .rate, 30_000),
        Target("run", "in memory, among functions", "statefun run", .rate, 100_000),
        Target("run", "durable, 1000 messages/s", "statefun run", .median, 3_000),
        Target("run", "durable, 1000 messages/s", "statefun run", .ninetyNinth, 15_000),
        Target("run", "in memory, 1000 messages/s", "statefun run", .median, 500),
        Target("python", "durable", "statefun run", .coreShare, 15),
        Target("python", "in memory", "statefun run", .coreShare, 15),
        Target("scale", "durable, 200000 messages", "statefun run", .ofCheapest, 1.2),
        Target("scale", "in memory, 200000 messages", "statefun run", .ofCheapest, 1.2),
        Target("start", "new", "statefun run", .milliseconds, 100),
        Target("start", "new", "statefun run", .memory, 40),
    ]
}

/// Whether a target was met.
struct TargetOutcome: Codable, Sendable {
    /// Such as `÷ wrk ≥ 0.85`.
    let text: String
    let figure: String
    let limit: Double
    let isMet: Bool
}
