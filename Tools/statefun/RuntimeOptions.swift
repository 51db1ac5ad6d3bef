import ArgumentParser
import LocalRuntime
import RuntimeCore
import TypeName

/// What every command understands that looks into a runtime.
struct RuntimeOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The module file.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @OptionGroup(title: "Data") var data: DataDirectoryOptions

    @OptionGroup var common: CommonOptions

    @OptionGroup var output: OutputOptions

    /// Lets `body` ask the runtime of the application, whether it runs or not.
    func withRuntime(_ body: (RuntimeSession) async throws -> Void) async throws {
        common.bootstrapLogging()
        let session = try await RuntimeSession(self)
        do {
            try await body(session)
        } catch let error as RuntimeSession.Unstored {
            // Not closed: what could not be stored must not be after this was said.
            throw RuntimeSession.failed(error.failure.message)
        } catch {
            await session.close()
            throw error
        }
        await session.close()
    }
}

/// Which part of a list to print.
struct PageOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How many to list, up to 1000.", valueName: "n"))
    var limit = 100

    func validate() throws {
        guard (1...1_000).contains(limit) else { throw ValidationError("--limit is a number from 1 to 1000.") }
    }
}

/// Which addresses to list.
struct AddressPageOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Only functions of this type, as namespace/name.", valueName: "function"),
        transform: { try ArgumentText.typeName($0).description }
    )
    var function: String?

    @Option(
        help: ArgumentHelp("Only addresses after this one: the last one of the page before.", valueName: "address"),
        transform: { RuntimeAddress(try ArgumentText.address($0)) }
    )
    var after: RuntimeAddress?

    @OptionGroup var page: PageOptions
}
