import ArgumentParser
import HTTPFunctionEndpoint
import SpecParser
import TransportCore

/// `statefun check FILE…`
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Finds every problem of module files without calling anything.",
        discussion: """
            Prints every problem as file:line:column, with the line and what to write instead. Exit status 1 where there is \
            an error, or with --strict a warning. --format json prints one array of objects for editors and CI.
            """
    )

    @Argument(help: ArgumentHelp("The module files to check.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var files: [String]

    @Flag(help: "Treat warnings as errors.")
    var strict = false

    @OptionGroup var common: CommonOptions

    @OptionGroup var output: OutputOptions

    func run() async throws {
        common.bootstrapLogging()
        let transports = StandardTransports()
        var diagnostics: [SpecDiagnostic] = []
        var isReadable = true
        for file in files {
            guard let module = try? common.load(file, transports: transports) else {
                isReadable = false
                continue
            }
            let found = strict ? module.diagnostics.treatingWarningsAsErrors() : module.diagnostics
            diagnostics += found
            if output.format == .text {
                report(module, found)
            }
        }
        if output.format == .json {
            Terminal.standardOutput.write(DiagnosticRenderer.json(diagnostics))
        }
        guard isReadable, !diagnostics.contains(where: { $0.severity == .error }) else {
            throw ExitCode.failure
        }
    }

    private func report(_ module: FunctionModule, _ diagnostics: [SpecDiagnostic]) {
        let terminal = Terminal.standardOutput
        if !diagnostics.isEmpty {
            terminal.write(terminal.diagnosticRenderer.render(diagnostics, in: [module.text]) + "\n")
        }
        let errors = diagnostics.count { $0.severity == .error }
        let warnings = diagnostics.count - errors
        var parts = [count(module.parsed.endpoints.count + module.parsed.partialEndpoints.count, "endpoint")]
        if !module.others.isEmpty { parts.append(count(module.others.count, "other component")) }
        if errors > 0 { parts.append(count(errors, "error")) }
        if warnings > 0 { parts.append(count(warnings, "warning")) }
        let verdict = errors > 0 ? terminal.paint("not usable", .failure) : terminal.paint("ok", .success)
        terminal.write("\(module.text.file): \(verdict), \(parts.joined(separator: ", "))\n")
    }

    private func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}
