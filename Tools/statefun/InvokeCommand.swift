import ArgumentParser
import HTTPFunctionEndpoint
import RequestReply
import TransportCore
import TypeName

/// `statefun invoke FILE com.example/greeter/Bob …`
struct InvokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invoke",
        abstract: "Sends a value to a function and prints what it wants done.",
        discussion: """
            The function is called as its endpoint says, state that it declares is sent along, and nothing of its result is \
            carried out: state changes, messages, delayed messages and egress are printed.

            State is written name=type:value, such as seen=int:5, and printed the same way, so that what one call prints can \
            be given to the next. Types: bool, int, long, float, double, string, json/TYPENAME and base64/TYPENAME.
            """
    )

    @Argument(help: ArgumentHelp("The module file.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Argument(help: ArgumentHelp("The address to call, as namespace/name/id.", valueName: "address"), transform: ArgumentText.address)
    var address: Address

    @OptionGroup(title: "Value") var argument: ArgumentValue

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A value that the function has kept; may be repeated.", valueName: "name=type:value"),
        transform: ArgumentText.state
    )
    var state: [StateValue] = []

    @Option(
        help: ArgumentHelp("The address that the message comes from; none for a message from outside.", valueName: "address"),
        transform: ArgumentText.address
    )
    var caller: Address?

    @Option(name: .customLong("repeat"), help: ArgumentHelp("Call so many times, one after the other, keeping the state.", valueName: "n"))
    var repetitions = 1

    @OptionGroup var common: CommonOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard repetitions >= 1 else {
            throw ValidationError("--repeat is a number from 1.")
        }
    }

    func run() async throws {
        common.bootstrapLogging()
        let value = try argument.value()
        let transports = StandardTransports()
        let module = try common.loadForUse(file, transports: transports)
        let kept = InMemoryFunctionState()
        let note = WaitingNote()
        kept.apply(state, to: address)
        let functions = FunctionEndpoints(module, transports: transports.registry, configuration: .init(state: kept, metrics: note))
        let calls =
            repetitions > 1
            ? await call(functions, value)
            : await note.whileRunning { await call(functions, value) }
        await functions.shutdown()
        print(calls, transport: functions.transportType(of: address.typeName))
        if calls.failure != nil { throw ExitCode.failure }
    }

    /// What came of all the calls.
    private struct Calls {
        var outcome: InvocationOutcome?
        var failure: RequestReplyFailure?
        var summary: LatencySummary?
    }

    private func call(_ functions: FunctionEndpoints, _ value: FunctionValue) async -> Calls {
        var calls = Calls()
        var latencies: [Duration] = []
        var failures = 0
        var bar = ProgressBar(total: repetitions)
        let clock = ContinuousClock()
        let start = clock.now
        for done in 0..<repetitions {
            bar.update(done: done, failures: failures)
            do throws(RequestReplyFailure) {
                let outcome = try await functions.invoke(address, [value], from: caller)
                latencies.append(outcome.elapsed)
                calls.outcome = outcome
            } catch {
                failures += 1
                calls.failure = error
            }
        }
        bar.finish()
        if repetitions > 1 {
            calls.summary = LatencySummary(latencies, failures: failures, elapsed: start.duration(to: clock.now))
        }
        return calls
    }

    private func print(_ calls: Calls, transport: String) {
        let (outcome, failure, summary) = (calls.outcome, calls.failure, calls.summary)
        let output = Terminal.standardOutput
        let report = OutcomeReport(terminal: output, transport: transport)
        switch self.output.format {
        case .text:
            if let outcome { output.write(report.text(outcome)) }
            if let summary { output.write(summary.text) }
            if let failure {
                let terminal = Terminal.standardError
                terminal.write(FailureReport(terminal: terminal).text(failure, calling: address.description))
            }
            warnOfUnusedState(outcome)
        case .json:
            if let outcome {
                let members = summary.map { [("summary", JSONText.object($0.jsonMembers))] } ?? []
                output.write(report.json(outcome, also: members) + "\n")
            }
            if let failure {
                output.write(FailureReport(terminal: output).json(failure, calling: address.description) + "\n")
            }
        }
    }

    private func warnOfUnusedState(_ outcome: InvocationOutcome?) {
        guard let outcome else { return }
        let declared = Set(outcome.state.map(\.name))
        for given in state where !declared.contains(given.name) {
            let names = declared.isEmpty ? "it declares none" : "it declares \(declared.sorted().joined(separator: ", "))"
            Terminal.standardError.write("warning: the function has no state '\(given.name)'; \(names)\n")
        }
    }
}
