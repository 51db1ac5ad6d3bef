import ArgumentParser
import TransportCore

/// The command `statefun`.
@main
struct Statefun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "statefun",
        abstract: "Checks, explains and calls the functions of a StateFun application.",
        discussion: """
            Everything works from the application's unchanged module.yaml. ${NAME} in it comes from the environment.

            Exit status: 0 all is well, 1 a problem was found or the call failed, 64 wrong usage.
            Completions for your shell: statefun --generate-completion-script bash|zsh|fish
            """,
        version: "statefun \(StatefunProduct.version)",
        subcommands: [
            CheckCommand.self, ResolveCommand.self, InvokeCommand.self, RunCommand.self, GatewayCommand.self, SendCommand.self,
            StateCommand.self, PendingCommand.self, DeadLettersCommand.self,
        ]
    )
}
