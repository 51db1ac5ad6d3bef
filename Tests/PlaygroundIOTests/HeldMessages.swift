import NIOConcurrencyHelpers
import RuntimeCore
import TestSupport

/// Takes messages when the test says so.
final class HeldMessages: MessageAccepting {
    private struct State {
        var ids: [String] = []
        var completions: [String: @Sendable (IngressRefusal?) -> Void] = [:]
    }

    private let state = NIOLockedValueBox(State())

    /// The addresses that messages were begun for, in that order.
    var ids: [String] { state.withLockedValue { $0.ids } }

    func begin(_ message: IngressMessage, _ completion: @escaping @Sendable (IngressRefusal?) -> Void) {
        state.withLockedValue {
            $0.ids.append(message.target.id)
            $0.completions[message.target.id] = completion
        }
    }

    func complete(_ id: String, _ refusal: IngressRefusal?) {
        state.withLockedValue { $0.completions.removeValue(forKey: id) }?(refusal)
    }

    /// Returns when so many messages have begun.
    func begun(_ count: Int) async throws {
        try await eventually("\(count) messages") { self.ids.count >= count }
    }
}
