import ArgumentParser
import ConformanceKit
import TransportCore

/// `conformance`: runs the fixtures of the documentation.
@main
struct ConformanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Holds this package to the documentation of HTTP Function Endpoint, statement by statement.",
        discussion: """
            Prints a line for each fixture and a summary. The exit status is 0 where every fixture holds, 1 where one does not.
            Documentation/Conformance.md says which fixture stands for which statement.
            """
    )

    @Option(help: "Run only fixtures whose name contains this text.")
    var filter: String?

    @Option(
        help: "Make calls only with this transport type.",
        completion: .list([KnownTransport.okHttp, KnownTransport.async])
    )
    var transport: String?

    @Option(help: ArgumentHelp("The folder of the fixtures.", valueName: "folder"), completion: .directory)
    var fixtures = ConformanceFixture.documentedFolder

    @Flag(help: "Say of each fixture what it shows.")
    var verbose = false

    private static let transportTypes = [KnownTransport.okHttp, KnownTransport.async]

    func validate() throws {
        if let transport, !Self.transportTypes.contains(transport) {
            throw ValidationError("the transport types of the documentation are \(Self.transportTypes.joined(separator: " and "))")
        }
    }

    func run() async throws {
        let chosen = try ConformanceFixture.all(in: fixtures).filter { filter.map($0.name.contains) ?? true }
        guard !chosen.isEmpty else {
            print("no fixture is named like that")
            throw ExitCode.failure
        }
        let suite = ConformanceSuite(fixtures: chosen, transportTypes: transport.map { [$0] } ?? Self.transportTypes)
        let results = try await suite.run { result in
            print(result)
            if verbose {
                print("        \(result.fixture.shows)")
            }
        }
        let failed = results.filter { !$0.passed }.count
        print("\(chosen.count) fixtures, \(results.count) runs, \(failed) failed")
        if failed > 0 {
            throw ExitCode.failure
        }
    }
}
