import NIOConcurrencyHelpers
import NIOCore
import TransportCore

/// A connection for threads that carries nothing.
final class ScriptedThreadConnection: ThreadConnection {
    private struct State {
        var isReusable = true
        var isQuiet = true
        var isClosed = false
        var pooled: (any PooledConnection)?
    }

    private let state = NIOLockedValueBox(State())

    /// What it becomes on its loop.
    func returns(as pooled: any PooledConnection) {
        state.withLockedValue { $0.pooled = pooled }
    }

    func attach(_ completion: @escaping @Sendable (Result<any PooledConnection, RequestReplyFailure>) -> Void) {
        if let pooled = state.withLockedValue({ $0.pooled }) {
            completion(.success(pooled))
        } else {
            completion(.failure(RequestReplyFailure(.staleConnection, "a scripted connection does not return")))
        }
    }

    var isReusable: Bool {
        get { state.withLockedValue { $0.isReusable } }
        set { state.withLockedValue { $0.isReusable = newValue } }
    }

    var isQuiet: Bool {
        get { state.withLockedValue { $0.isQuiet } }
        set { state.withLockedValue { $0.isQuiet = newValue } }
    }

    var isClosed: Bool { state.withLockedValue { $0.isClosed } }

    func exchange(_ plan: ExchangePlan, body: ByteBuffer, deadline: TransportInstant) -> Result<ExchangeResponse, RequestReplyFailure> {
        .failure(RequestReplyFailure(.connectionLost, "a scripted connection carries nothing"))
    }

    func interrupt() {}

    func close() {
        state.withLockedValue { $0.isClosed = true }
    }
}
