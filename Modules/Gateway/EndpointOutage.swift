internal import TransportCore

/// Decides what the log says of an endpoint: once that it fails, and once that it answers again, not for each call. The last that was
/// said is true.
struct EndpointOutage: Equatable {
    /// What there is to say.
    enum Report: Equatable {
        case down
        /// It fails and answers by turns, and has answered since the last report: nothing more is said for ``EndpointOutage/pause``.
        case flapping
        /// It answers again, after so many failed calls.
        case back(failed: Int)
    }

    private enum State: Equatable {
        /// Next: down, flapping.
        case up
        /// Next: up.
        case down
        /// Next: up, when it has not failed for the pause; down, when it has not answered for it.
        case flapping
    }

    /// An endpoint that fails again so soon fails and answers by turns.
    static let pause = Duration.seconds(60)

    /// Whether what fails is never one thing that answers again, so that each pause is followed by another report.
    private let repeats: Bool
    private var state = State.up
    private var failed = 0
    private var lastFailure: TransportInstant?
    /// When it was last said that it fails.
    private var lastReport: TransportInstant?
    private var hasAnsweredSince = false

    init(repeats: Bool = false) {
        self.repeats = repeats
    }

    mutating func callFailed(at now: TransportInstant) -> Report? {
        failed += 1
        lastFailure = now
        let isSoon = Self.isWithinPause(after: lastReport, now)
        switch state {
        case .up:
            state = isSoon ? .flapping : .down
        case .down:
            guard repeats, !isSoon else { return nil }
        case .flapping:
            guard !isSoon else { return nil }
            if !hasAnsweredSince { state = .down }
        }
        lastReport = now
        hasAnsweredSince = false
        return state == .flapping ? .flapping : .down
    }

    mutating func callAnswered(at now: TransportInstant) -> Report? {
        hasAnsweredSince = true
        guard state != .up, state == .down || !Self.isWithinPause(after: lastFailure, now) else { return nil }
        state = .up
        defer { failed = 0 }
        return .back(failed: failed)
    }

    private static func isWithinPause(after instant: TransportInstant?, _ now: TransportInstant) -> Bool {
        instant.map { $0.duration(to: now) < pause } ?? false
    }
}
