import ArgumentParser
import LocalRuntime
import PlaygroundIO
import RequestReply
import RuntimeCore
import TypeName

/// `statefun send FILE example/person/Bob …`
struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Puts a message in, as an ingress does.",
        discussion: """
            The message is stored when the command has ended with status 0. It is delivered by the application that runs, or \
            when it is run the next time.
            """
    )

    @OptionGroup var options: RuntimeOptions

    @Argument(help: ArgumentHelp("Whom it is for, as namespace/name/id.", valueName: "address"), transform: ArgumentText.address)
    var address: Address

    @OptionGroup(title: "Value") var argument: ArgumentValue

    @Option(help: ArgumentHelp("Names the message: another one with the same key has no effect.", valueName: "key"))
    var idempotencyKey: String?

    func validate() throws {
        if let problem = idempotencyKey.flatMap(IdempotencyKey.problem) {
            throw ValidationError("The value of --idempotency-key \(problem).")
        }
    }

    func run() async throws {
        let value = try argument.value()
        try await options.withRuntime { session in
            _ = try await session.ask(
                .send(
                    to: RuntimeAddress(address),
                    typename: value.typename,
                    value: OpaqueBytes(value.bytes),
                    idempotencyKey: idempotencyKey
                )
            )
            let output = Terminal.standardOutput
            switch options.output.format {
            case .text:
                output.write("accepted for \(address)" + (session.isRunning ? "\n" : ", which gets it when the application runs\n"))
            case .json:
                output.write(JSONText.object([("address", JSONText.quoted(address.description)), ("accepted", "true")]) + "\n")
            }
        }
    }
}
