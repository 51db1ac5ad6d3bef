import ArgumentParser
import LocalRuntime
import RequestReply

/// `statefun dead-letters …`
struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "Lists what could not be delivered; shows, replays and drops it.",
        discussion: "Works beside the application that runs, and on what one has left behind.",
        subcommands: [List.self, Show.self, Replay.self, Drop.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists dead letters, the oldest first (also without 'list').")

        @OptionGroup var options: RuntimeOptions

        @Option(help: ArgumentHelp("Only those after this one.", valueName: "number"))
        var after: Int64?

        @OptionGroup var page: PageOptions

        func run() async throws {
            try await options.withRuntime { session in
                guard case .deadLetters(let found, let hasMore) = try await session.ask(.deadLetters(after: after, limit: page.limit))
                else {
                    return
                }
                let output = Terminal.standardOutput
                switch options.output.format {
                case .text:
                    guard !found.isEmpty else {
                        output.write("there are no dead letters\n")
                        return
                    }
                    var table = TextTable("NUMBER", "TIME", "WHAT", "CALLS", "CAUSE")
                    for letter in found {
                        let report = DeadLetterReport(letter)
                        table.add(
                            String(letter.sequence),
                            PointInTime.text(letter.time),
                            report.subject,
                            String(letter.attempts),
                            letter.cause
                        )
                    }
                    output.write(table.text(on: output))
                    if hasMore, let last = found.last { output.write("there are more: --after \(last.sequence)\n") }
                case .json:
                    let letters = found.map { JSONText.object(DeadLetterReport($0).jsonMembers) }
                    let next = hasMore ? found.last.map { String($0.sequence) } : nil
                    output.write(JSONText.object([("deadLetters", JSONText.array(letters)), ("next", next ?? "null")]) + "\n")
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows what a dead letter holds.")

        @OptionGroup var options: RuntimeOptions

        @Argument(help: ArgumentHelp("The number of the dead letter, as 'list' shows it.", valueName: "number"))
        var number: Int64

        func run() async throws {
            try await options.withRuntime { session in
                guard case .deadLetter(let letter, let messages, let value) = try await session.ask(.deadLetter(sequence: number)) else {
                    return
                }
                let report = DeadLetterReport(letter)
                let output = Terminal.standardOutput
                switch options.output.format {
                case .text: output.write(report.text(messages, value, on: output))
                case .json: output.write(report.json(messages, value) + "\n")
                }
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tries dead letters again.",
            discussion: "Messages go to the end of what waits for their address; what was meant for an egress is offered to it."
        )

        @OptionGroup var options: RuntimeOptions
        @OptionGroup var letters: LetterArguments

        func run() async throws {
            try await letters.settle(options, "replayed") { .replay(sequences: $0) }
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Forgets dead letters.")

        @OptionGroup var options: RuntimeOptions
        @OptionGroup var letters: LetterArguments

        func run() async throws {
            try await letters.settle(options, "dropped") { .drop(sequences: $0) }
        }
    }
}

/// Which dead letters are meant.
struct LetterArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("The numbers of dead letters, as 'list' shows them.", valueName: "number"))
    var numbers: [Int64] = []

    @Flag(help: "All that there are now.")
    var all = false

    /// So many are asked for at a time.
    private static let chunk = 100

    func validate() throws {
        guard numbers.isEmpty == all else { throw ValidationError("Name the dead letters by their numbers, or say --all.") }
    }

    /// Has the runtime do something with them, and prints what came of each.
    func settle(_ options: RuntimeOptions, _ done: String, _ request: ([Int64]) -> RuntimeRequest) async throws {
        try await options.withRuntime { session in
            var settled: [Int64] = []
            var refused: [RuntimeAnswer.RefusedLetter] = []
            var rest = (all ? try await Self.list(session) : numbers)[...]
            while !rest.isEmpty {
                let answer = try await session.ask(request(Array(rest.prefix(Self.chunk))))
                rest = rest.dropFirst(Self.chunk)
                guard case .settled(let sequences, let others) = answer else { continue }
                settled += sequences
                refused += others
            }
            let output = Terminal.standardOutput
            switch options.output.format {
            case .text:
                output.write("\(done) \(ShownText.count(settled.count, "dead letter"))\n")
                for letter in refused {
                    Terminal.standardError.write("dead letter \(letter.sequence) stays: \(ShownText.safe(letter.reason))\n")
                }
            case .json:
                let stays = refused.map {
                    JSONText.object([("number", String($0.sequence)), ("reason", JSONText.quoted($0.reason))])
                }
                output.write(
                    JSONText.object([(done, JSONText.array(settled.map { String($0) })), ("refused", JSONText.array(stays))]) + "\n"
                )
            }
            if !refused.isEmpty { throw ExitCode.failure }
        }
    }

    /// All are listed before anything is done: what is replayed may come back as another one.
    private static func list(_ session: RuntimeSession) async throws -> [Int64] {
        var numbers: [Int64] = []
        while case .deadLetters(let found, let hasMore) = try await session.ask(.deadLetters(after: numbers.last, limit: 1_000)) {
            numbers += found.map(\.sequence)
            if !hasMore || found.isEmpty { break }
        }
        return numbers
    }
}
