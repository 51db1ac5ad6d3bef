internal import NIOConcurrencyHelpers
internal import TransportCore

/// The calls of a transport that threads wait for.
final class ThreadCalls: Sendable {
    private struct State {
        /// How many there are.
        var count = 0
        /// Those whose threads use connections by themselves.
        var direct: [ObjectIdentifier: ThreadCall] = [:]
        var isShutDown = false
    }

    /// How many calls there may be for a thread to use a connection by itself. Where there are more, one loop that looks at all
    /// connections at once takes less time for a call than threads that wait for one each.
    static let fewCalls = 8

    private let state = NIOLockedValueBox(State())

    /// A call begins. Returns whether its thread may use a connection by itself, until ``directAttemptEnded(_:)``.
    func begin(_ call: ThreadCall) -> Bool {
        state.withLockedValue { state in
            state.count += 1
            guard state.count <= Self.fewCalls, !state.isShutDown else { return false }
            state.direct[ObjectIdentifier(call)] = call
            return true
        }
    }

    func directAttemptEnded(_ call: ThreadCall) {
        state.withLockedValue { _ = $0.direct.removeValue(forKey: ObjectIdentifier(call)) }
    }

    /// A call that has begun is over.
    func end() {
        state.withLockedValue { $0.count -= 1 }
    }

    /// Whether there are so few calls that threads use connections by themselves.
    var areFew: Bool { state.withLockedValue { $0.count <= Self.fewCalls } }

    /// Lets no thread use a connection by itself any more, and gives those that do `limit` to end. Returns at once.
    func shutDown(drainingFor limit: Duration) {
        let calls = state.withLockedValue { state in
            state.isShutDown = true
            return Array(state.direct.values)
        }
        for call in calls {
            call.interrupt(.shutDownMeanwhile, after: max(.zero, limit))
        }
    }
}
