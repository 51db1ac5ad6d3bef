import ArgumentParser
import HTTPFunctionEndpoint
import RequestReply
import SpecParser
import TransportCore
import TypeName

/// `statefun resolve FILE com.example/greeter`
struct ResolveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Says which endpoint serves a function, where, and with which options.",
        discussion: "Every option is shown as it takes effect, with the line that sets it, or 'default'."
    )

    @Argument(help: ArgumentHelp("The module file.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Argument(help: ArgumentHelp("The function, as namespace/name.", valueName: "function"), transform: ArgumentText.typeName)
    var function: TypeName

    @OptionGroup var common: CommonOptions

    @OptionGroup var output: OutputOptions

    func run() async throws {
        common.bootstrapLogging()
        let module = try common.loadForUse(file, transports: StandardTransports())
        let resolution: FunctionResolution
        do throws(FunctionResolutionError) {
            resolution = try module.resolve(function)
        } catch {
            Terminal.standardError.write("error: \(error)\n")
            throw ExitCode.failure
        }
        Terminal.standardOutput.write(output.format == .json ? json(resolution) : text(resolution))
    }

    private func text(_ resolution: FunctionResolution) -> String {
        let terminal = Terminal.standardOutput
        let spec = resolution.endpoint.spec
        var rows = [
            Row("target", resolution.endpoint.targets.description, place(spec.targets.position)),
            Row("url", resolution.url.description, place(spec.urlPathTemplate.position)),
            Row("transport", spec.transportType.value, spec.transportType.source.description),
            Row("maxNumBatchRequests", limit(spec.maxNumBatchRequests.value), spec.maxNumBatchRequests.source.description),
        ]
        rows += resolution.endpoint.options.map { Row($0.name, $0.value, $0.source.description) }
        let names = rows.map(\.name.count).max() ?? 0
        let values = min(60, rows.map(\.value.count).max() ?? 0)
        var text = "\(terminal.paint(resolution.function.description, .heading)): \(reason(resolution))\n"
        for row in rows {
            text += "  \(row.name.padded(to: names))  \(row.value.padded(to: values))  \(terminal.paint(row.source, .quiet))\n"
        }
        return text
    }

    private struct Row {
        let name: String
        let value: String
        let source: String

        init(_ name: String, _ value: String, _ source: String) {
            self.name = name
            self.value = value
            self.source = source
        }
    }

    private func reason(_ resolution: FunctionResolution) -> String {
        let winner = resolution.endpoint
        let others = resolution.candidates.dropFirst()
        guard winner.targets.precision == .exact else {
            return "the endpoint for the namespace \(winner.targets.namespace), as none names the function itself"
        }
        guard let other = others.first else { return "the endpoint that names the function itself" }
        return "the endpoint that names the function itself wins over \(other.targets) (\(place(other.spec.targets.position)))"
    }

    private func limit(_ number: Int) -> String {
        number > 0 ? String(number) : "\(number), no limit"
    }

    private func place(_ position: SourcePosition) -> String {
        "\(file):\(position.line):\(position.column)"
    }

    private func json(_ resolution: FunctionResolution) -> String {
        let spec = resolution.endpoint.spec
        let options = resolution.endpoint.options.map { option in
            JSONText.object([
                ("name", JSONText.quoted(option.name)),
                ("value", JSONText.quoted(option.value)),
                ("source", JSONText.quoted(option.source.description)),
            ])
        }
        return JSONText.object([
            ("function", JSONText.quoted(resolution.function.description)),
            ("target", JSONText.quoted(resolution.endpoint.targets.description)),
            ("targetSource", JSONText.quoted(place(spec.targets.position))),
            ("reason", JSONText.quoted(reason(resolution))),
            ("url", JSONText.quoted(resolution.url.description)),
            ("transport", JSONText.quoted(spec.transportType.value)),
            ("transportSource", JSONText.quoted(spec.transportType.source.description)),
            ("maxNumBatchRequests", String(spec.maxNumBatchRequests.value)),
            ("options", JSONText.array(options)),
        ]) + "\n"
    }
}

extension String {
    /// The text with spaces behind it, at least so many characters in all.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
