import NIOConcurrencyHelpers
import RuntimeCore

// begin ingress
/// Sends a tick to one function every minute.
final class TickIngress: Ingress {
    private let ticking = NIOLockedValueBox<Task<Void, Never>?>(nil)

    func start(into messages: any MessageAccepting) async throws(ComponentFailure) -> String {
        let clock = RuntimeAddress(functionType: "com.example/clock", id: "wall")
        let task = Task {
            while !Task.isCancelled {
                try? await messages.accept(IngressMessage(to: clock, typename: "io.statefun.types/string", .written("tick")))
                try? await Task.sleep(for: .seconds(60))
            }
        }
        ticking.withLockedValue { $0 = task }
        return "every minute"
    }

    func stop(drainingFor limit: Duration) async {
        ticking.withLockedValue { $0 }?.cancel()
    }
}
// end ingress
