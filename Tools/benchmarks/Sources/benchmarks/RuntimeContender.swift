/// A runtime that works as fast as it can. Messages are counted when their egress records have been taken.
final class RuntimeContender: Contender {
    let name: String
    private let runtime: RunningRuntime
    private let loader: Loader
    private var rate = 5_000.0

    /// How many windows of other contenders one of its own takes: a short one would hold little else than connections that are made, the
    /// first messages on their way in, and the last ones on their way out.
    fileprivate static let windows = 5.0

    init(_ name: String, _ runtime: RunningRuntime, _ loader: Loader) {
        self.name = name
        self.runtime = runtime
        self.loader = loader
    }

    func window(_ seconds: Double) throws -> Figures {
        let figures = try loader.measure(max(1_000, Int(rate * seconds * Self.windows)), to: runtime)
        rate = figures[.rate] ?? rate
        return figures.filter { ![Figure.median, .ninth, .ninetyNinth].contains($0.key) }
    }
}

/// A runtime that is sent messages at a fixed rate.
final class PacedRuntimeContender: Contender {
    let name: String
    private let runtime: RunningRuntime
    private let loader: Loader
    private let rate: Int

    init(_ name: String, _ runtime: RunningRuntime, _ loader: Loader, rate: Int) {
        self.name = name
        self.runtime = runtime
        self.loader = loader
        self.rate = rate
    }

    func window(_ seconds: Double) throws -> Figures {
        try loader.measure(max(100, Int(Double(rate) * seconds * RuntimeContender.windows)), to: runtime, rate: rate)
    }
}
