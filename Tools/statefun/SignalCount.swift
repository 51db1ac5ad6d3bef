import TransportCore

/// Tells signals that follow one another from one that came twice: whoever asks a whole group of processes to stop often asks each of them
/// as well, and that is asked once.
struct SignalCount {
    /// Signals that come one after the other so fast are one.
    private static let sameSignal = Duration.milliseconds(200)

    private var last: TransportInstant?

    /// A signal has come.
    /// - Returns: whether it is another one.
    mutating func counts(at now: TransportInstant) -> Bool {
        if let last, last.duration(to: now) < Self.sameSignal { return false }
        last = now
        return true
    }
}
