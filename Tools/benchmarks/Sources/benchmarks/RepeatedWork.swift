import CMeasuring

/// Work without I/O that is done again and again in one thread.
struct RepeatedWork: Measured {
    /// How many of what the table counts are in one pass.
    let count: Int
    /// Does one pass, and returns something that depends on its result, so that no part of it can be left out.
    let pass: @Sendable () throws -> Int

    func window(_ seconds: Double) async throws -> Figures {
        let deadline = ContinuousClock.now + .seconds(seconds)
        let begin = ContinuousClock.now
        var passes = 0
        var sum = 0
        repeat {
            sum &+= try pass()
            passes += 1
        } while ContinuousClock.now < deadline
        let nanoseconds = begin.duration(to: .now) / .nanoseconds(1)
        guard sum != .min else { throw BenchmarkFailure("the work had no result") }
        return [.nanoseconds: nanoseconds / Double(passes * count)]
    }

    func allocations() throws -> Double? {
        guard measuring_counts_allocations() else { return nil }
        measuring_begin_allocations()
        _ = try pass()
        return Double(measuring_end_allocations()) / Double(count)
    }
}
