import CMeasuring

/// Something that can be measured in a process of its own, window by window.
protocol Measured: Sendable {
    /// Works for about so many seconds.
    func window(_ seconds: Double) async throws -> Figures
    /// Works for a moment in which allocations are counted.
    /// - Returns: how many there were for a call, or for whatever is done; `nil` where they are not counted.
    func allocations() async throws -> Double?
    /// Ends what it has open.
    func finish() async throws
}

extension Measured {
    func allocations() -> Double? { nil }
    func finish() async throws {}
}

/// Processor time and wall time from one moment to another.
struct Stopwatch {
    private let begin = ContinuousClock.now
    private let processor = measuring_processor_time()

    var seconds: Double { begin.duration(to: .now) / .seconds(1) }

    /// The figures of so many calls since the beginning.
    func figures(calls: Int) -> Figures {
        let seconds = seconds
        let now = measuring_processor_time()
        let count = Double(max(calls, 1))
        return [
            .rate: Double(calls) / seconds,
            .user: Double(now.user - processor.user) / 1_000 / count,
            .system: Double(now.system - processor.system) / 1_000 / count,
            .peakMemory: Double(measuring_peak_resident()) / 1_000_000,
        ]
    }
}
