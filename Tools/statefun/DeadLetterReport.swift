import LocalRuntime
import RequestReply
import RuntimeCore

/// A dead letter, for people or for programs.
struct DeadLetterReport {
    private let letter: RuntimeAnswer.LetterSummary

    init(_ letter: RuntimeAnswer.LetterSummary) {
        self.letter = letter
    }

    /// What could not be delivered, in a few words.
    var subject: String {
        if let egress = letter.egress { return "from \(letter.address) to \(egress)" }
        return "\(ShownText.count(letter.messages, "message")) to \(letter.address)"
    }

    func text(_ messages: [OpaqueBytes], _ egressValue: OpaqueBytes?, on terminal: Terminal) -> String {
        var text = terminal.paint("dead letter \(letter.sequence)", .heading) + "\n"
        text += "  what   \(ShownText.safe(subject)), \(ShownText.count(letter.bytes, "byte"))\n"
        text += "  when   \(PointInTime.text(letter.time)), after \(ShownText.count(letter.attempts, "call"))\n"
        text += "  cause  \(ShownText.safe(letter.cause))\n"
        for message in messages {
            text += "  " + ShownText.safe(Self.text(of: message)) + "\n"
        }
        if let egressValue {
            text += "  " + ShownText.safe(Self.value(egressValue)?.text ?? Self.unreadable) + "\n"
        }
        return text
    }

    private static let unreadable = "cannot be read"

    private static func text(of message: OpaqueBytes) -> String {
        guard let invocation = invocation(message) else { return unreadable }
        return "\(invocation.caller.map { "from \($0)" } ?? "from outside")  \(invocation.argument.text)"
    }

    private static func invocation(_ message: OpaqueBytes) -> InvocationBatch.Invocation? {
        try? EncodedInvocation(encoded: message.bytes).decoded()
    }

    private static func value(_ value: OpaqueBytes) -> FunctionValue? {
        try? EncodedValue(encoded: value.bytes).decoded()
    }

    /// The members of a JSON object, without what the letter holds.
    var jsonMembers: [(key: String, json: String)] {
        [
            ("number", String(letter.sequence)),
            ("time", JSONText.quoted(PointInTime.text(letter.time))),
            ("address", JSONText.quoted(letter.address.description)),
            ("egress", letter.egress.map(JSONText.quoted) ?? "null"),
            ("messages", String(letter.messages)),
            ("bytes", String(letter.bytes)),
            ("calls", String(letter.attempts)),
            ("cause", JSONText.quoted(letter.cause)),
        ]
    }

    func json(_ messages: [OpaqueBytes], _ egressValue: OpaqueBytes?) -> String {
        let contents = messages.map { message in
            guard let invocation = Self.invocation(message) else { return "null" }
            return JSONText.object([
                ("caller", invocation.caller.map { JSONText.quoted($0.description) } ?? "null"), ("argument", invocation.argument.json),
            ])
        }
        let value = egressValue.map { Self.value($0)?.json ?? "null" }
        return JSONText.object(
            jsonMembers + (value.map { [("argument", $0)] } ?? [("invocations", JSONText.array(contents))])
        )
    }
}
