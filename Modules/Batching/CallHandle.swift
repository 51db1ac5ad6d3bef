internal import NIOConcurrencyHelpers

/// A call in flight, which may be cancelled before its task is known here.
final class CallHandle: Sendable {
    private enum State {
        /// Next: running, cancelled.
        case starting
        /// Next: cancelled.
        case running(Task<Void, Never>)
        /// Final.
        case cancelled
    }

    private let state = NIOLockedValueBox(State.starting)

    func started(_ task: Task<Void, Never>) {
        let isCancelled = state.withLockedValue { state in
            if case .cancelled = state { return true }
            state = .running(task)
            return false
        }
        if isCancelled {
            task.cancel()
        }
    }

    func cancel() {
        let task = state.withLockedValue { state -> Task<Void, Never>? in
            defer { state = .cancelled }
            if case .running(let task) = state { return task }
            return nil
        }
        task?.cancel()
    }
}
