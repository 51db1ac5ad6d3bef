import NIOConcurrencyHelpers
import TransportCore

@testable import HTTPExchange

/// Waits in the system for what comes, and lets time pass only where the test says so.
final class StoppedClock: SocketWaiting {
    private struct State {
        var now = TransportInstant(nanoseconds: 1_000_000_000)
        var isRunning = false
    }

    private let state = NIOLockedValueBox(State())
    private let step: Duration

    /// - Parameter step: how much time every wait takes, whatever comes of it.
    init(step: Duration = .zero) {
        self.step = step
    }

    var now: TransportInstant { state.withLockedValue { $0.now } }

    /// From now on, whoever waits while nothing comes finds that the time has come.
    func run() {
        state.withLockedValue { $0.isRunning = true }
    }

    func wait(for socket: SystemSocket, toSend: Bool, until instant: TransportInstant) {
        // Short waits, because the test may say so in the middle of one; whatever has come by then counts.
        let isRunning = state.withLockedValue { state in
            state.now = state.now.advanced(by: step)
            return state.isRunning
        }
        guard !socket.wait(toSend: toSend, milliseconds: 20), isRunning else { return }
        state.withLockedValue { $0.now = max($0.now, instant) }
    }
}
