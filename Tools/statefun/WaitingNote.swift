import Synchronization
import TransportCore

/// Tells whoever watches a terminal what a call that takes long is doing; on anything else it stays silent.
final class WaitingNote: RemoteInvocationMetrics {
    private let terminal = Terminal.standardError
    private let failedAttempts = Mutex(0)

    func attemptEnded(functionType: String, nanoseconds: Int64, failure: RequestReplyFailure.Kind?) {
        if failure != nil {
            failedAttempts.withLock { $0 += 1 }
        }
    }

    /// Runs `work`, and writes a line that changes while it goes on.
    func whileRunning<Value>(_ work: () async -> Value) async -> Value {
        guard terminal.isInteractive else { return await work() }
        let note = Task { [self] in
            let clock = ContinuousClock()
            let start = clock.now
            while true {
                try await clock.sleep(for: .seconds(1))
                let seconds = start.duration(to: clock.now).components.seconds
                let failed = failedAttempts.withLock { $0 }
                let attempts = failed > 0 ? ", \(failed) failed attempt\(failed == 1 ? "" : "s") so far" : ""
                terminal.write("\rwaiting for an answer, \(seconds) s\(attempts)\u{1B}[K")
            }
        }
        let value = await work()
        note.cancel()
        _ = await note.result
        terminal.write("\r\u{1B}[K")
        return value
    }
}
