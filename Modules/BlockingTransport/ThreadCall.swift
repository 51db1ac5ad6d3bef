internal import NIOConcurrencyHelpers
internal import NIOCore
internal import TransportCore

/// A call on the thread that waits for it: its first attempt by the thread itself, over a kept connection where there is one, and
/// whatever else it needs on the loop.
final class ThreadCall: Sendable {
    private typealias Outcome = LetterBox<Result<ByteBuffer, RequestReplyFailure>>

    private struct State {
        /// Over which the thread makes the attempt.
        var connection: (any ThreadConnection)?
        var interruption: RequestReplyFailure?
        /// Where the thread waits.
        var outcome: Outcome?
    }

    private let runner: CallRunner
    private let pool: any OriginPool
    private let loop: any CallLoop
    private let calls: ThreadCalls
    private let state = NIOLockedValueBox(State())

    /// - Parameter calls: what this call is one of.
    init(_ runner: CallRunner, of setup: CallSetup, among calls: ThreadCalls) {
        self.runner = runner
        self.calls = calls
        pool = setup.pool
        loop = setup.loop
    }

    /// Makes the call and returns its outcome. The calling thread waits.
    func outcome() -> Result<ByteBuffer, RequestReplyFailure> {
        defer { calls.end() }
        guard let attempt = attempt() else {
            return wait { runner.start($0) }
        }
        if let answer = runner.end(with: attempt) { return .success(answer) }
        return wait { runner.start(after: attempt, $0) }
    }

    /// Ends the call with `failure`, whatever it is doing; one that has ended already is left alone. May be called from anywhere.
    func interrupt(_ failure: RequestReplyFailure) {
        state.withLockedValue { state in
            state.interruption = failure
            state.connection?.interrupt()
        }
        runner.interrupt(failure)
    }

    /// Ends the call with `failure` when `limit` has passed. May be called from anywhere.
    func interrupt(_ failure: RequestReplyFailure, after limit: Duration) {
        loop.run { [loop, weak self] in
            _ = loop.schedule(at: loop.now.advanced(by: limit)) { [weak self] in self?.interrupt(failure) }
        }
    }

    /// The attempt of the thread; `nil` where the call has to take the way over the loop from the beginning.
    private func attempt() -> ThreadAttempt? {
        guard calls.begin(self) else { return nil }
        defer { calls.directAttemptEnded(self) }
        guard let connection = pool.takeForThread() else { return nil }
        defer { pool.giveBack(connection) }
        let isInterrupted = state.withLockedValue { state in
            state.connection = connection
            return state.interruption != nil
        }
        if isInterrupted { connection.interrupt() }
        let attempt = runner.attempt(on: connection)
        let interruption = state.withLockedValue { state in
            state.connection = nil
            return state.interruption
        }
        guard let attempt, let interruption else { return attempt }
        return attempt.interrupted(by: interruption)
    }

    /// Has `start` begin the call on the loop, and waits for its end.
    private func wait(_ start: (@escaping CallRunner.Completion) -> Void) -> Result<ByteBuffer, RequestReplyFailure> {
        let outcome = Outcome()
        state.withLockedValue { $0.outcome = outcome }
        // It holds nothing but the call, and so takes no allocation.
        start { [self] result in ended(result) }
        return outcome.take() ?? .failure(RequestReplyFailure(.cancelled, "the call has no outcome"))
    }

    /// The call has ended on the loop.
    private func ended(_ result: Result<ByteBuffer, RequestReplyFailure>) {
        // What this call leaves idle, its thread uses next time.
        if calls.areFew { pool.keepForThreads(upTo: ThreadCalls.fewCalls) }
        state.withLockedValue { $0.outcome }?.put(result)
    }
}
