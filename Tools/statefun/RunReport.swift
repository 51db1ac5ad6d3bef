import LocalRuntime
import RuntimeCore
import Synchronization

/// Tells whoever started `statefun run` what they should know: one line for each thing that changes.
struct RunReport {
    private let terminal = Terminal.standardError
    private let letters: DeadLetterLines
    private let losses = Losses()

    private final class Losses: Sendable {
        let haveHappened = Atomic(false)
    }

    /// Whether something was lost that nothing brings back.
    var hasLost: Bool { losses.haveHappened.load(ordering: .relaxed) }

    /// - Parameter file: the module file.
    init(_ file: String) {
        letters = DeadLetterLines(file: file) { Self.line(.failure, $0, on: .standardError) }
    }

    /// Says what is left to say.
    func finish() {
        letters.flush()
    }

    func tell(_ event: RuntimeEvent) {
        switch event {
        case .functionDown(let functionType, let reason, let waiting):
            line(.failure, "\(functionType) does not answer: \(reason); \(Self.messages(waiting)) for it")
        case .functionBack(let functionType, let waiting):
            line(.success, "\(functionType) answers again" + (waiting > 0 ? "; \(Self.messages(waiting)) for it" : ""))
        case .deadLetter(let letter):
            let what =
                switch letter.content {
                case .batch(let messages):
                    messages.count == 1 ? "a message to \(letter.address)" : "\(messages.count) messages to \(letter.address)"
                case .egress(let egress, _): "what \(letter.address) sent to \(egress)"
                }
            letters.tell("dead letter \(letter.sequence): \(what) cannot be delivered: \(letter.cause)")
        case .storeFailed(let failure):
            line(.failure, "nothing is accepted and no function is called: \(failure)")
        case .recordsLost(let topic, let count, let failure):
            let what = count == 1 ? "a record of '\(topic)' that was" : "\(count) records of '\(topic)' that were"
            losses.haveHappened.store(true, ordering: .relaxed)
            line(.failure, "\(what) taken and not delivered cannot be stored again, so lost: \(failure)")
        case .storeBack:
            line(.success, "what happens is stored again; going on")
        }
    }

    func line(_ style: Terminal.Style, _ text: String) {
        Self.line(style, text, on: terminal)
    }

    static func line(_ style: Terminal.Style, _ text: String, on terminal: Terminal = .standardError) {
        // Names and failures may come from peers.
        terminal.write(terminal.paint(ShownText.safe(text), style) + "\n")
    }

    private static func messages(_ count: Int) -> String {
        count == 1 ? "1 message waits" : "\(count) messages wait"
    }
}
