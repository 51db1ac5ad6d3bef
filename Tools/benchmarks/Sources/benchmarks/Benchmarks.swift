import ArgumentParser

/// The program. `scripts/bench` builds and runs it.
@main
enum Benchmarks {
    static func main() async {
        let arguments = CommandLine.arguments.dropFirst()
        // Not a subcommand: nobody but the program itself starts it this way, and the help is about what people do.
        if arguments.first == ContenderCommand.argument {
            await ContenderCommand.main(Array(arguments.dropFirst()))
        } else {
            MeasureCommand.main(Array(arguments))
        }
    }
}
