import HTTPFunctionEndpoint
import RequestReply
import TransportCore
import TypeName

/// What a call brought, for people or for programs.
struct OutcomeReport {
    let terminal: Terminal
    let transport: String

    /// The outcome as a few readable lines.
    func text(_ outcome: InvocationOutcome) -> String {
        let requests = "\(outcome.requests) request\(outcome.requests == 1 ? "" : "s")"
        let took = Milliseconds.text(outcome.elapsed.inNanoseconds)
        var text = terminal.paint(outcome.address.description, .heading) + " answered\n"
        text += "  \(outcome.url), \(transport), \(requests), \(took)\n"
        let result = outcome.result
        if result.isEmpty {
            text += "no effects\n"
        }
        text += section("state changes", result.stateChanges.map(\.text))
        text += section("messages", result.messages.map(line))
        text += section("delayed messages", result.delayedMessages.map(line))
        text += section("egress", result.egresses.map { "\($0.egress)  \(value($0.argument))" })
        text += section("state", outcome.state.map(\.text))
        return text
    }

    /// The outcome as a JSON object.
    func json(_ outcome: InvocationOutcome, also members: [(key: String, json: String)] = []) -> String {
        JSONText.object(
            [
                ("address", JSONText.quoted(outcome.address.description)),
                ("url", JSONText.quoted(outcome.url.description)),
                ("transport", JSONText.quoted(transport)),
                ("requests", String(outcome.requests)),
                ("milliseconds", String(Double(outcome.elapsed.inNanoseconds / 1000) / 1000)),
                ("result", outcome.result.json),
                ("state", JSONText.array(outcome.state.map(\.json))),
            ] + members
        )
    }

    private func section(_ title: String, _ lines: [String]) -> String {
        guard !lines.isEmpty else { return "" }
        return terminal.paint(title, .heading) + "\n" + lines.map { "  \($0)\n" }.joined()
    }

    private func line(_ message: InvocationResult.Message) -> String {
        "\(message.target)  \(value(message.argument))"
    }

    private func line(_ message: InvocationResult.DelayedMessage) -> String {
        switch message {
        case .send(let message, let delay, let token):
            let name = token.map { " (token \($0))" } ?? ""
            return "after \(DurationText.format(delay))\(name): \(line(message))"
        case .cancel(let token):
            return "cancel \(token)"
        }
    }

    private func value(_ value: FunctionValue) -> String {
        value.builtInType == nil ? "\(value.typename) \(value.rendered)" : value.rendered
    }
}

/// Why a call failed, for people or for programs.
struct FailureReport {
    let terminal: Terminal

    /// The failure with everything that was tried.
    func text(_ failure: RequestReplyFailure, calling address: String) -> String {
        var text = "\(terminal.paint("error", .failure)): \(address) gave no result: \(failure.message)\n"
        if let endpoint = failure.endpoint {
            text += "  url       \(endpoint)\n"
        }
        if let elapsed = failure.elapsed {
            let attempts = "\(failure.attemptCount) attempt\(failure.attemptCount == 1 ? "" : "s")"
            text += "  tried     \(attempts) in \(Milliseconds.text(elapsed.inNanoseconds))\n"
        }
        let skipped = failure.attemptCount - failure.attempts.count
        for (index, attempt) in failure.attempts.enumerated() {
            if skipped > 0, index == failure.attempts.count / 2 {
                text += "            … \(skipped) more …\n"
            }
            text +=
                "            at \(Milliseconds.text(attempt.offset.inNanoseconds)), for \(Milliseconds.text(attempt.duration.inNanoseconds)): "
            text += attempt.message
            if let pause = attempt.pause {
                text += "; pause of \(Milliseconds.text(pause.inNanoseconds))"
            }
            text += "\n"
        }
        return text
    }

    /// The failure as a JSON object.
    func json(_ failure: RequestReplyFailure, calling address: String) -> String {
        let attempts = failure.attempts.map { attempt in
            JSONText.object([
                ("offsetMilliseconds", milliseconds(attempt.offset)),
                ("milliseconds", milliseconds(attempt.duration)),
                ("message", JSONText.quoted(attempt.message)),
                ("pauseMilliseconds", attempt.pause.map(milliseconds) ?? "null"),
            ])
        }
        return JSONText.object([
            ("address", JSONText.quoted(address)),
            ("error", JSONText.quoted(failure.message)),
            ("kind", JSONText.quoted(failure.kind.description)),
            ("url", failure.endpoint.map(JSONText.quoted) ?? "null"),
            ("status", failure.status.map(String.init) ?? "null"),
            ("attempts", String(failure.attemptCount)),
            ("milliseconds", failure.elapsed.map(milliseconds) ?? "null"),
            ("tried", JSONText.array(attempts)),
        ])
    }

    private func milliseconds(_ duration: Duration) -> String {
        String(Double(duration.inNanoseconds / 1000) / 1000)
    }
}
