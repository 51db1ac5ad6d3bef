internal import TransportCore

/// A timer for what is put off again and again: it fires at the earliest instant it was ever set to, and whoever is told looks whether
/// the time has come. So not each request costs a timer.
struct EarliestAlarm {
    private var timer: (any CallTimer)?
    private var due = TransportInstant.distantFuture

    /// Sees to it that `work` is done at `instant` at the latest. To be called on `loop`.
    mutating func set(at instant: TransportInstant, on loop: any CallLoop, _ work: @escaping @Sendable () -> Void) {
        guard instant < due else { return }
        timer?.cancel()
        due = instant
        timer = loop.schedule(at: instant, work)
    }

    /// To be called when the work is done, before it is set again.
    mutating func fired() {
        timer = nil
        due = .distantFuture
    }

    mutating func cancel() {
        timer?.cancel()
        timer = nil
    }
}
