public import ArgumentParser
import HTTPFunctionEndpoint
public import Logging
import SpecParser
import TransportCore

/// What every command understands.
struct CommonOptions: ParsableArguments {
    @Option(help: "How much to tell on standard error while working: trace, debug, info, notice, warning, error or critical.")
    var logLevel = Logger.Level.warning

    @Option(
        help: ArgumentHelp("The transport type of endpoints that name none.", valueName: "type"),
        completion: .list([KnownTransport.okHttp, KnownTransport.async])
    )
    var defaultTransport = KnownTransport.okHttp

    func bootstrapLogging() {
        let level = logLevel
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
    }

    /// How module files are read.
    var moduleOptions: FunctionModule.Options {
        let isDefault = defaultTransport == KnownTransport.okHttp
        return FunctionModule.Options(
            environment: FunctionEndpoints.processEnvironment,
            defaultTransport: Setting(defaultTransport, from: isDefault ? .byDefault : .program("--default-transport"))
        )
    }

    /// Reads a file, or says why that is impossible and ends the command.
    func load(_ file: String, transports: StandardTransports) throws -> FunctionModule {
        do throws(FileBytes.Problem) {
            return try FunctionModule(
                contentsOf: file,
                options: moduleOptions,
                transports: transports.registry,
                connector: transports.connector
            )
        } catch {
            Terminal.standardError.write("\(file): error: the file cannot be read: \(error)\n")
            throw ExitCode.failure
        }
    }

    /// Reads a file that is to be used. Prints its problems on standard error, and ends the command where one is an error.
    func loadForUse(_ file: String, transports: StandardTransports) throws -> FunctionModule {
        let module = try load(file, transports: transports)
        if !module.diagnostics.isEmpty {
            let terminal = Terminal.standardError
            terminal.write(terminal.diagnosticRenderer.render(module.diagnostics, in: [module.text]))
        }
        if module.hasErrors { throw ExitCode.failure }
        return module
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
