internal import NIOConcurrencyHelpers

/// Tells whoever lets a client wait when that has become pointless.
final class ClientPresence: Sendable {
    /// Why nobody should wait any longer.
    enum Interruption: Equatable {
        /// The client has closed its side of the connection, or all of it.
        case left
        /// The server is shutting down.
        case draining
    }

    private struct State {
        var isGone = false
        var isDraining = false
        var listener: (@Sendable () -> Void)?
    }

    private let state = NIOLockedValueBox(State())

    /// Whether the client has closed its side of the connection, or all of it.
    var isGone: Bool { state.withLockedValue(\.isGone) }

    /// Runs `body` once waiting has become pointless, at once where it has already; only the last `body` is kept.
    func whenInterrupted(_ body: @escaping @Sendable () -> Void) {
        let isInterrupted = state.withLockedValue { state in
            guard !state.isGone, !state.isDraining else { return true }
            state.listener = body
            return false
        }
        if isInterrupted {
            body()
        }
    }

    /// Forgets what ``whenInterrupted(_:)`` was given.
    func endWaiting() {
        state.withLockedValue { $0.listener = nil }
    }

    func interrupt(_ reason: Interruption) {
        let listener = state.withLockedValue { state in
            switch reason {
            case .left: state.isGone = true
            case .draining: state.isDraining = true
            }
            defer { state.listener = nil }
            return state.listener
        }
        listener?()
    }
}
