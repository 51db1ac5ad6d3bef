internal import Synchronization

/// The clients that a factory has made, so that it can shut them down. One that nobody uses any more is forgotten.
public final class OpenClients: Sendable {
    /// Lives as long as a client. Counting the references to what is referred to weakly is dearer, and those to a client are counted
    /// several times in each call.
    final class Entry: Sendable {
        let running: RunningCalls

        init(_ running: RunningCalls) {
            self.running = running
        }
    }

    private struct Reference {
        weak var entry: Entry?
    }

    private struct State {
        var references: [Reference] = []
        /// How many references there may be before those of forgotten clients are removed.
        var sweepAt = 64
        var isShutDown = false
    }

    private let state = Mutex(State())

    public init() {}

    /// Remembers a client. After ``shutDown(drainingFor:)`` none of its calls begins.
    public func add(_ setup: CallSetup) {
        let isShutDown = state.withLock { state in
            if state.references.count >= state.sweepAt {
                state.references.removeAll { $0.entry == nil }
                state.sweepAt = max(64, 2 * state.references.count)
            }
            state.references.append(Reference(entry: setup.entry))
            return state.isShutDown
        }
        if isShutDown {
            setup.running.shutDown(drainingFor: .zero) {}
        }
    }

    /// How many clients are remembered, forgotten ones that have not been removed yet included.
    var count: Int { state.withLock { $0.references.count } }

    /// Lets no call begin any more, gives those in flight `limit` to end, without another attempt, ends the others as
    /// ``RequestReplyFailure/Kind/shutDown``, and returns when all have ended. A second call while that time runs can
    /// shorten it.
    public func shutDown(drainingFor limit: Duration) async {
        let entries = state.withLock { state in
            state.isShutDown = true
            return state.references.compactMap(\.entry)
        }
        // The time runs for all of them at once.
        await withTaskGroup { group in
            for entry in entries {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        entry.running.shutDown(drainingFor: limit) { continuation.resume() }
                    }
                }
            }
        }
    }
}
