import TransportCore

/// What many calls took.
struct LatencySummary {
    private var sorted: [Int64]
    let failures: Int
    let elapsed: Duration

    /// - Parameters:
    ///   - latencies: how long each call took that was answered.
    ///   - failures: how many were not.
    ///   - elapsed: how long all of them took together.
    init(_ latencies: [Duration], failures: Int, elapsed: Duration) {
        sorted = latencies.map(\.inNanoseconds).sorted()
        self.failures = failures
        self.elapsed = elapsed
    }

    /// The least latency that at least such a share of the calls did not exceed.
    private func percentile(_ share: Double) -> Int64 {
        guard !sorted.isEmpty else { return 0 }
        let rank = (share * Double(sorted.count)).rounded(.up)
        return sorted[min(sorted.count, max(1, Int(rank))) - 1]
    }

    private var figures: [(name: String, nanoseconds: Int64)] {
        [
            ("min", sorted.first ?? 0), ("p50", percentile(0.5)), ("p90", percentile(0.9)), ("p99", percentile(0.99)),
            ("max", sorted.last ?? 0),
        ]
    }

    private var callsPerSecond: Double {
        let seconds = Double(elapsed.inNanoseconds) / 1e9
        return seconds > 0 ? Double(sorted.count) / seconds : 0
    }

    var text: String {
        let total = sorted.count + failures
        var text = "\(total) calls in \(Milliseconds.text(elapsed.inNanoseconds)), \(Int(callsPerSecond)) answered per second"
        text += failures > 0 ? ", \(failures) failed\n" : "\n"
        guard !sorted.isEmpty else { return text }
        return text + "latency  " + figures.map { "\($0.name) \(Milliseconds.text($0.nanoseconds))" }.joined(separator: "  ") + "\n"
    }

    /// The members of a JSON object; times in milliseconds.
    var jsonMembers: [(key: String, json: String)] {
        [("calls", String(sorted.count + failures)), ("failures", String(failures))]
            + figures.map { ("\($0.name)Milliseconds", String(Double($0.nanoseconds / 1000) / 1000)) }
    }
}

/// Times as people read them.
enum Milliseconds {
    /// Three digits that matter, in milliseconds or seconds.
    static func text(_ nanoseconds: Int64) -> String {
        let microseconds = nanoseconds / 1000
        switch microseconds {
        case ..<10_000: return "\(Double(microseconds / 10) / 100) ms"
        case ..<10_000_000: return "\(microseconds / 1000) ms"
        default: return "\(Double(microseconds / 100_000) / 10) s"
        }
    }
}
