import ArgumentParser
import LocalRuntime
import RequestReply
import RuntimeCore

/// `statefun pending FILE`
struct PendingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pending",
        abstract: "Shows what waits, and why.",
        discussion: """
            First by function, then by address: how many messages wait, for what, how many calls with the messages at hand have \
            failed and what the last one failed with. Then messages that are sent later, and records that wait in an egress.
            """
    )

    @OptionGroup var options: RuntimeOptions
    @OptionGroup var which: AddressPageOptions

    func run() async throws {
        try await options.withRuntime { session in
            let answer = try await session.ask(.pending(functionType: which.function, after: which.after, limit: which.page.limit))
            guard case .pending(let summary, let found, let hasMore) = answer else { return }
            let report = PendingReport(summary: summary, found: found, hasMore: hasMore)
            let output = Terminal.standardOutput
            switch options.output.format {
            case .text: output.write(report.text(on: output))
            case .json: output.write(report.json + "\n")
            }
        }
    }
}

/// What waits, for people or for programs.
private struct PendingReport {
    let summary: RuntimeAnswer.PendingSummary
    let found: [RuntimeAnswer.PendingAddress]
    let hasMore: Bool

    func text(on terminal: Terminal) -> String {
        var text = ""
        if let failure = summary.storeFailure {
            text += terminal.paint("nothing can be stored, so no call begins: \(ShownText.safe(failure))", .failure) + "\n"
        } else if !summary.isRunning {
            text += "the application is not running, so no call begins\n"
        }
        if !summary.functions.isEmpty {
            var table = TextTable("FUNCTION", "MESSAGES", "ADDRESSES", "BLOCKED", "LAST FAILURE")
            for function in summary.functions {
                table.add(
                    function.functionType,
                    String(function.messages),
                    String(function.addresses) + (function.isComplete ? "" : "+"),
                    String(function.blocked),
                    function.lastFailure ?? ""
                )
            }
            text += table.text(on: terminal)
        }
        if !found.isEmpty {
            var table = TextTable("ADDRESS", "MESSAGES", "WAITS FOR", "FAILED", "SINCE", "LAST FAILURE")
            for address in found {
                table.add(
                    address.address.description,
                    String(address.messages),
                    Self.text(of: address.standing),
                    String(address.failures),
                    address.failingFor.map { Milliseconds.text($0 * 1_000_000) } ?? "",
                    address.lastFailure ?? ""
                )
            }
            text += "\n" + table.text(on: terminal)
            if hasMore, let last = found.last {
                text += "there are more: --after '\(ShownText.safe(last.address.description))'\n"
            }
        }
        let rest = delayed + egress
        if !rest.isEmpty {
            text += (found.isEmpty ? "" : "\n") + rest.joined()
        }
        return summary.functions.isEmpty && rest.isEmpty ? text + "nothing waits\n" : text
    }

    private var delayed: [String] {
        guard summary.delayed > 0 else { return [] }
        let count = (summary.isDelayedComplete ? "" : "at least ") + ShownText.count(summary.delayed, "delayed message")
        return ["\(count), the next one due \(summary.nextDelayed.map(PointInTime.text) ?? "later")\n"]
    }

    private var egress: [String] {
        summary.egress.map { waiting in
            "\(ShownText.count(waiting.records, "egress record")) in \(ShownText.safe(waiting.topic)) to be taken\n"
        }
    }

    private static func text(of standing: RuntimeAnswer.PendingAddress.Standing) -> String {
        switch standing {
        case .inLine: "its turn"
        case .called: "its function"
        case .pausing: "the next attempt"
        case .blocked: "its endpoint"
        }
    }

    var json: String {
        JSONText.object([
            ("isRunning", String(summary.isRunning)),
            ("storeFailure", Self.optional(summary.storeFailure)),
            ("functions", JSONText.array(summary.functions.map(Self.json))),
            ("addresses", JSONText.array(found.map(Self.json))),
            ("next", Self.optional(hasMore ? found.last?.address.description : nil)),
            (
                "delayed",
                JSONText.object([
                    ("messages", String(summary.delayed)),
                    ("isComplete", String(summary.isDelayedComplete)),
                    ("next", Self.optional(summary.nextDelayed.map(PointInTime.text))),
                ])
            ),
            ("egress", JSONText.object(summary.egress.map { ($0.topic, String($0.records)) })),
        ])
    }

    private static func json(of function: RuntimeAnswer.PendingFunction) -> String {
        JSONText.object([
            ("function", JSONText.quoted(function.functionType)),
            ("messages", String(function.messages)),
            ("addresses", String(function.addresses)),
            ("isComplete", String(function.isComplete)),
            ("blocked", String(function.blocked)),
            ("lastFailure", optional(function.lastFailure)),
        ])
    }

    private static func json(of address: RuntimeAnswer.PendingAddress) -> String {
        JSONText.object([
            ("address", JSONText.quoted(address.address.description)),
            ("messages", String(address.messages)),
            ("standing", JSONText.quoted(address.standing.rawValue)),
            ("failures", String(address.failures)),
            ("failingForMilliseconds", address.failingFor.map { String($0) } ?? "null"),
            ("lastFailure", optional(address.lastFailure)),
        ])
    }

    private static func optional(_ text: String?) -> String { text.map(JSONText.quoted) ?? "null" }
}
