import NIOConcurrencyHelpers
import RuntimeCore

/// Takes every message, or refuses every one.
final class ScriptedMessages: MessageAccepting {
    private let refusal: IngressRefusal?
    private let taken = NIOLockedValueBox<[IngressMessage]>([])

    init(refusing refusal: IngressRefusal? = nil) {
        self.refusal = refusal
    }

    var accepted: [IngressMessage] { taken.withLockedValue { $0 } }

    func begin(_ message: IngressMessage, _ completion: @escaping @Sendable (IngressRefusal?) -> Void) {
        if refusal == nil {
            taken.withLockedValue { $0.append(message) }
        }
        completion(refusal)
    }
}
