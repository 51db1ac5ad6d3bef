internal import TransportCore

/// Decides what the log says of an endpoint: once that it fails, and once that it answers again, not for each call.
struct EndpointOutage: Equatable {
    /// What there is to say.
    enum Report: Equatable {
        case down
        /// It answers again, after so many failed calls.
        case back(failed: Int)
    }

    /// An endpoint that fails and answers by turns is not reported more often than this.
    static let pause = Duration.seconds(60)

    /// Whether what fails is never one thing that answers again, so that each pause is followed by another report.
    private let repeats: Bool
    private var failed = 0
    private var isReported = false
    private var lastReport: TransportInstant?

    init(repeats: Bool = false) {
        self.repeats = repeats
    }

    mutating func callFailed(at now: TransportInstant) -> Report? {
        failed += 1
        guard !isReported || repeats else { return nil }
        if let lastReport, lastReport.duration(to: now) < Self.pause { return nil }
        isReported = true
        lastReport = now
        return .down
    }

    mutating func callAnswered() -> Report? {
        guard failed > 0 else { return nil }
        let count = failed
        failed = 0
        guard isReported else { return nil }
        isReported = false
        return .back(failed: count)
    }
}
