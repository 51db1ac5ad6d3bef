import NIOConcurrencyHelpers
import NIOCore
import TransportCore

/// A connection for threads that carries nothing.
final class ScriptedThreadConnection: ThreadConnection {
    private struct State {
        var isReusable = true
        var isQuiet = true
        var isClosed = false
    }

    private let state = NIOLockedValueBox(State())

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
