import AdminIO
import ArgumentParser
import HTTPExchange
import HTTPFunctionEndpoint
import LocalRuntime
import Logging
import NIOCore
import NIOPosix
import PlaygroundIO
import RuntimeCore
import SQLiteStateStore
import SpecParser
import TransportCore
import TypeName

/// `statefun run FILE`
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs an application: calls its functions, keeps their state and carries their messages.",
        discussion: """
            Everything that has been accepted is on disk and goes on where it stopped, however the program ended. \
            Ctrl-C (or SIGTERM) ends it after the calls in flight; a second one at once.

            Messages come in and go out as the module file says, at 127.0.0.1 unless --listen names another address:
              curl -X PUT -H 'Content-Type: application/vnd.example/GreetRequest' -d '{"name": "Bob"}' \\
                localhost:8090/example/person/Bob
              curl 'localhost:8091/greetings?wait=10s'
            """
    )

    @Argument(help: ArgumentHelp("The module file.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @OptionGroup(title: "Data") var data: DataDirectoryOptions

    @Flag(help: "Keep nothing on disk: what waits and all state are lost when the program ends.")
    var inMemory = false

    @Option(
        name: .customLong("host-map"),
        help: ArgumentHelp(
            "Call another host instead of one of the module file; may be repeated.",
            discussion: "So runs a file written for containers: --host-map functions=127.0.0.1. The port stays.",
            valueName: "host=address"
        ),
        transform: HostMapping.init(parsing:)
    )
    var hostMap: [HostMapping] = []

    @Option(help: ArgumentHelp("Calls in flight in all.", valueName: "n"))
    var maxInFlight = 1_024

    @Option(help: ArgumentHelp("Calls made with a batch before it becomes a dead letter; by default it is tried for ever.", valueName: "n"))
    var maxAttempts: Int?

    @Option(help: ArgumentHelp("Messages that may wait before an ingress answers 429.", valueName: "n"))
    var maxWaiting = 1_000_000

    @Flag(help: "Take over the module file when it changes. A file with an error is reported, and the one before stays.")
    var watch = false

    @Flag(help: "Leave out components that cannot be served, such as Kafka's, instead of refusing the file.")
    var skipUnsupported = false

    @Option(help: ArgumentHelp("The address that ingress and egress listen on.", valueName: "address"))
    var listen = "127.0.0.1"

    @Option(
        help: ArgumentHelp(
            "Serve /healthz, /readyz and /metrics on this port of 127.0.0.1, or of another address.",
            valueName: "[address:]port"
        )
    )
    var admin: String?

    @Flag(help: "Answer with status 200 where the ingress and egress of the original do, for its clients.")
    var compatStatus = false

    @Option(
        help: ArgumentHelp("How long calls in flight and takers of records may go on after the first Ctrl-C.", valueName: "duration"),
        transform: Self.duration
    )
    var drain = Duration.seconds(30)

    @OptionGroup var common: CommonOptions

    private static func duration(_ text: String) throws -> Duration {
        do throws(SpecTextError) {
            return try DurationText.parse(text)
        } catch {
            throw ValidationError(error.description)
        }
    }

    func validate() throws {
        guard maxInFlight >= 1 else { throw ValidationError("--max-in-flight is a number from 1.") }
        guard maxWaiting >= 1 else { throw ValidationError("--max-waiting is a number from 1.") }
        if let maxAttempts, maxAttempts < 1 { throw ValidationError("--max-attempts is a number from 1.") }
        _ = try AdminOption.address(admin)
        _ = try HostMapping.table(hostMap)
    }

    func run() async throws {
        let clock = ContinuousClock()
        let begin = clock.now
        common.bootstrapLogging()
        try OpenFiles.raiseLimit()
        FreedMemory.giveBackAfterPeaks()
        let signals = StopSignals()
        let hosts = try HostMapping.table(hostMap)
        // Calls are made where the runtime decides about them.
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let transports = StandardTransports(threads: maxInFlight, hosts: hosts, loops: [EventLoopCallLoop(loop)])
        let (module, components) = try loadForUse(transports)
        let directory = try openDirectory()
        let report = RunReport(file)
        let application = RunningApplication(
            module,
            components,
            transports: transports,
            store: try makeStore(in: directory, loop),
            options: playgroundOptions,
            configuration: .init(
                limits: RuntimeLimits(maxInFlight: maxInFlight, maxAttempts: maxAttempts, maxWaiting: maxWaiting),
                loop: loop,
                logger: Logger(label: "statefun.runtime"),
                report: { report.tell($0) }
            )
        )
        let adminURLs: [String]
        do {
            let addresses = [AdminAddress.socket(path: directory.controlSocket)] + (try AdminOption.address(admin).map { [$0] } ?? [])
            adminURLs = try await application.start(components, admin: addresses)
        } catch let failure as StoreFailure {
            throw fail(failure.message)
        } catch let failure as ComponentFailure {
            await application.stop(drainingFor: .zero)
            throw fail(failure.description)
        }
        await show(module, application, directory, adminURLs.dropFirst(), transports, since: begin)
        let watching = watch ? Task { await follow(application, transports, module) } : nil
        defer { report.finish() }
        let limit = drain
        let status = try await signals.wait {
            watching?.cancel()
            await application.stop(drainingFor: limit)
        } stopNow: { _ in
            await application.stopNow()
        }
        if status != 0 { throw ExitCode(status) }
        if report.hasLost { throw ExitCode.failure }
    }

    private var playgroundOptions: PlaygroundOptions {
        var options = PlaygroundOptions()
        options.host = listen
        options.compatStatus = compatStatus
        return options
    }

    private func fail(_ text: String) -> ExitCode {
        RunReport(file).line(.failure, "error: \(text)")
        return .failure
    }

    private func makeStore(in directory: DataDirectory, _ loop: any EventLoop) throws -> any StateStore & WaitingStore {
        if inMemory { return InMemoryStateStore(on: loop) }
        do throws(StoreFailure) {
            return try SQLiteStateStore(path: directory.storePath)
        } catch {
            throw fail(error.message)
        }
    }

    private func openDirectory() throws -> DataDirectory {
        do throws(StoreFailure) {
            return try DataDirectory(path: data.path(for: file))
        } catch {
            throw fail(error.message)
        }
    }

    // MARK: The module file

    private func loadForUse(_ transports: StandardTransports) throws -> (FunctionModule, RunComponents) {
        let module = try common.load(file, transports: transports)
        let components = RunComponents(module, skipsUnsupported: skipUnsupported)
        tell(module, components)
        if module.hasErrors || components.hasErrors { throw ExitCode.failure }
        return (module, components)
    }

    private func tell(_ module: FunctionModule, _ components: RunComponents) {
        let diagnostics = module.diagnostics + components.diagnostics
        guard !diagnostics.isEmpty else { return }
        let terminal = Terminal.standardError
        terminal.write(terminal.diagnosticRenderer.render(diagnostics, in: [module.text]))
    }

    /// Looks at the file four times a second, and takes over what has changed.
    private func follow(_ application: RunningApplication, _ transports: StandardTransports, _ module: FunctionModule) async {
        var change = FileChange(from: Result<ModuleText, FileBytes.Problem>.success(module.text))
        while true {
            do {
                try await Task.sleep(for: .milliseconds(250))
            } catch {
                return
            }
            let contents = Result { () throws(FileBytes.Problem) in
                ModuleText(file: file, bytes: try FileBytes.read(file, atMost: FunctionModule.maxFileBytes))
            }
            let news = change.looked(at: contents)
            guard news != .nothing else { continue }
            if await takeOver(contents, isKnown: news == .refusedBefore, application, transports) {
                change.used()
            } else {
                change.refused()
            }
        }
    }

    /// - Parameter isKnown: whether it has been said already that the file cannot be used.
    /// - Returns: whether it is used now.
    private func takeOver(
        _ contents: Result<ModuleText, FileBytes.Problem>,
        isKnown: Bool,
        _ application: RunningApplication,
        _ transports: StandardTransports
    ) async -> Bool {
        let report = RunReport(file)
        let refusal = "\(file) has changed and cannot be used; the one before stays"
        do {
            let module = FunctionModule(
                try contents.get(),
                options: common.moduleOptions,
                transports: transports.registry,
                connector: transports.connector
            )
            let components = RunComponents(module, skipsUnsupported: skipUnsupported)
            let isUsable = !module.hasErrors && !components.hasErrors
            if isUsable || !isKnown { tell(module, components) }
            guard isUsable else {
                if !isKnown { report.line(.failure, refusal) }
                return false
            }
            try await application.replace(module, components)
            if !Task.isCancelled { report.line(.success, "\(file) has changed and is used now") }
            return true
        } catch {
            // Once it is stopping, nobody wants to know why nothing is taken over any more.
            if !isKnown, !Task.isCancelled { report.line(.failure, "\(refusal): \(error)") }
            return false
        }
    }

    // MARK: What a person sees

    private func show(
        _ module: FunctionModule,
        _ application: RunningApplication,
        _ directory: DataDirectory,
        _ adminURLs: ArraySlice<String>,
        _ transports: StandardTransports,
        since begin: ContinuousClock.Instant
    ) async {
        let output = Terminal.standardOutput
        let answers = await EndpointProbe(connector: transports.connector, limit: .milliseconds(300)).probe(module.endpoints)
        var rows: [(String, String)] = []
        for (endpoint, answer) in zip(module.endpoints, answers) {
            let isUp = answer == "answers"
            rows.append((endpoint.targets.description, "\(endpoint.urlPathTemplate)  \(output.paint(answer, isUp ? .success : .failure))"))
        }
        for url in await application.ingressURLs {
            rows.append(("ingress", "\(url)/NAMESPACE/TYPE/ID"))
        }
        for (url, topics) in await application.egressURLs {
            for topic in topics {
                rows.append(("egress", "\(url)/\(topic)"))
            }
        }
        for url in adminURLs {
            rows.append(("admin", url))
        }
        rows.append(("data", inMemory ? "in memory, lost when this ends" : directory.path))
        if module.endpoints.isEmpty {
            RunReport(file).line(.failure, "\(file) has no endpoint, so there is no function to call")
        }
        let width = rows.map(\.0.count).max() ?? 0
        for (name, text) in rows {
            output.write(name + String(repeating: " ", count: width - name.count + 2) + text + "\n")
        }
        let milliseconds = begin.duration(to: ContinuousClock().now).inNanoseconds / 1_000_000
        output.write("running since \(milliseconds) ms after the start; Ctrl-C stops\n")
    }
}
