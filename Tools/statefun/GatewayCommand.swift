import AdminIO
import ArgumentParser
import CAllocator
import Gateway
import HTTPExchange
import HTTPFunctionEndpoint
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import RuntimeCore
import SpecParser
import TransportCore
import TypeName

/// `statefun gateway FILE`
struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "Stands beside a worker of Apache Flink and makes its calls of functions.",
        discussion: """
            Takes the runtime's requests at any path, finds out from each message whom it is for, and calls that function as \
            the module file says. The runtime itself gets another module file, in which every endpoint is the gateway:
              statefun gateway module.yaml --listen unix:/run/statefun/gateway.sock --print-module > flink/module.yaml
              statefun gateway module.yaml --listen unix:/run/statefun/gateway.sock --admin 8092

            Ctrl-C (or SIGTERM) ends it after the calls in flight; a second one at once. SIGHUP has it read the module file and \
            the certificates again.
            """
    )

    @Argument(help: ArgumentHelp("The module file.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(
        help: ArgumentHelp(
            "Where to take requests: unix:PATH, or [address:]port, at 127.0.0.1 by default; may be repeated.",
            valueName: "address"
        ),
        transform: Self.address
    )
    var listen: [ListenAddress]

    @Option(
        help: ArgumentHelp("Who may connect to sockets, as the mode of their files; by default 0600.", valueName: "mode"),
        transform: Self.mode
    )
    var listenMode: UInt16 = 0o600

    @Option(help: ArgumentHelp("Calls in flight in all.", valueName: "n"))
    var maxInFlight = GatewayOptions().maxInFlight

    @Option(help: ArgumentHelp("Calls in flight of each endpoint; by default as many as in all.", valueName: "n"))
    var maxInFlightPerEndpoint: Int?

    @Option(help: ArgumentHelp("Calls that may wait in line before others are answered with 503.", valueName: "n"))
    var maxWaiting = GatewayOptions().maxWaiting

    @Option(help: ArgumentHelp("How long a call may wait in line; by default 10 s.", valueName: "duration"), transform: Self.duration)
    var maxWait = GatewayOptions().waitLimit

    @Option(help: ArgumentHelp("Connections of the runtime; further ones wait.", valueName: "n"))
    var maxConnections = GatewayOptions().maxConnections

    @Option(
        help: ArgumentHelp(
            "Bytes of messages and answers at a time, before further messages, and answers that come, are answered with 503.",
            valueName: "n"
        )
    )
    var maxBufferedBytes = GatewayOptions().maxBufferedBytes

    @Option(help: ArgumentHelp("Threads that pass messages on. One has the least delay, and is enough for most.", valueName: "n"))
    var threads = 1

    @Option(
        name: .customLong("host-map"),
        help: ArgumentHelp(
            "Call another host instead of one of the module file, such as functions=127.0.0.1; the port stays. May be repeated.",
            valueName: "host=address"
        ),
        transform: HostMapping.init(parsing:)
    )
    var hostMap: [HostMapping] = []

    @Option(
        help: ArgumentHelp(
            "Serve /healthz, /readyz and /metrics on this port of 127.0.0.1, or of another address.",
            valueName: "[address:]port"
        )
    )
    var admin: String?

    @Flag(help: "Take over the module file when it changes. A file with an error is reported, and the one before stays.")
    var watch = false

    @Option(
        help: ArgumentHelp("How long calls in flight may go on after the first Ctrl-C; by default 30 s.", valueName: "duration"),
        transform: Self.duration
    )
    var drain = Duration.seconds(30)

    @Flag(help: "Print the module file for the runtime, and end: the same one, with the gateway as the URL of every endpoint.")
    var printModule = false

    @Option(
        help: ArgumentHelp(
            "With --print-module, the URL at which the runtime finds the gateway; by default the first address of --listen.",
            valueName: "url"
        )
    )
    var advertise: String?

    @OptionGroup var common: CommonOptions

    private static func duration(_ text: String) throws -> Duration {
        do throws(SpecTextError) {
            return try DurationText.parse(text)
        } catch {
            throw ValidationError(error.description)
        }
    }

    private static func address(_ text: String) throws -> ListenAddress {
        guard let address = ListenAddress(parsing: text) else {
            throw ValidationError("'\(text)' is no address; write unix:/run/gateway.sock, 127.0.0.1:8080 or 8080.")
        }
        return address
    }

    private static func mode(_ text: String) throws -> UInt16 {
        guard let mode = UInt16(text, radix: 8), (0...0o777).contains(mode) else {
            throw ValidationError("'\(text)' is no mode; write one such as 0600 or 0660.")
        }
        return mode
    }

    func validate() throws {
        let numbers = [
            ("max-in-flight", maxInFlight, 1), ("max-in-flight-per-endpoint", maxInFlightPerEndpoint ?? 1, 1),
            ("max-waiting", maxWaiting, 0),
            ("max-connections", maxConnections, 1), ("max-buffered-bytes", maxBufferedBytes, 1), ("threads", threads, 1),
        ]
        for (name, value, least) in numbers where value < least {
            throw ValidationError("--\(name) is a number from \(least).")
        }
        guard threads <= 1_024 else { throw ValidationError("--threads is a number up to 1024.") }
        guard !listen.isEmpty else { throw ValidationError("--listen is needed, such as --listen unix:/run/gateway.sock.") }
        for (index, address) in listen.enumerated() where listen[..<index].contains(address) {
            throw ValidationError("--listen \(address) is given twice.")
        }
        guard maxWait > .zero else { throw ValidationError("--max-wait is a duration above 0; --max-waiting 0 lets no call wait.") }
        if printModule, advertise == nil, case .port(_, 0)? = listen.first {
            throw ValidationError(
                "The system chooses port 0 anew each time; listen on a port that is known, or name the URL with --advertise."
            )
        }
        if advertise != nil, !printModule { throw ValidationError("--advertise goes with --print-module.") }
        _ = try AdminOption.address(admin)
        _ = try HostMapping.table(hostMap)
    }

    private var options: GatewayOptions {
        var options = GatewayOptions()
        options.maxInFlight = maxInFlight
        options.maxInFlightPerEndpoint = maxInFlightPerEndpoint ?? maxInFlight
        options.maxWaiting = maxWaiting
        options.waitLimit = maxWait
        options.maxConnections = maxConnections
        options.maxBufferedBytes = maxBufferedBytes
        return options
    }

    func run() async throws {
        // First of all: a signal that comes while it begins asks for no more than that, and does not end it.
        let reload = ReloadSignal()
        common.bootstrapLogging()
        try OpenFiles.raiseLimit()
        // Messages of some 100 KB come and go all the time. Giving their memory back to the system and asking for it again took up to a fifth
        // of the processor time of a call.
        allocator_keep_freed(Int32(FreedMemory.kept), 4 << 20)
        FreedMemory.giveBackAfterPeaks()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let loops = group.makeIterator().map { EventLoopCallLoop($0) }
        let hosts = try HostMapping.table(hostMap)
        let largest = maxBufferedBytes
        let answerRoom = AnswerRoom(limit: largest)
        let makeTransports: @Sendable () -> StandardTransports = {
            // No answer may be longer than all together may be, whatever it inflates to.
            StandardTransports(hosts: hosts, loops: loops, blockingPayload: largest, answerRoom: answerRoom)
        }
        let transports = makeTransports()
        let module = try common.loadForUse(file, transports: transports)
        guard !module.endpoints.isEmpty else { throw RuntimeSession.failed("\(file) has no endpoint, so there is nothing to call") }
        if let problem = SelfCall(at: listen).problem(in: module) {
            show([problem], in: module)
            throw ExitCode.failure
        }
        if printModule {
            return try printModule(module, transports)
        }
        let signals = StopSignals()
        let logger = Logger(label: "statefun.gateway")
        let gateway = Gateway(module, transports: transports, group: group, loops: loops, options: options, logger: logger)
        let server = try AdminOption.address(admin).map { AdminServer(gateway, at: $0, logger: logger) { gateway.closeIdle() } }
        let adminURL: String?
        let urls: [String]
        do throws(ComponentFailure) {
            adminURL = try await server?.start()
            urls = try await gateway.start(at: listen, mode: listenMode)
        } catch {
            await server?.stop(drainingFor: .zero)
            throw RuntimeSession.failed(error.description)
        }
        await show(module, transports, urls, adminURL)
        let following = Task { await follow(gateway, makeTransports, module, reload) }
        let limit = drain
        let status = try await signals.wait {
            await gateway.stop(drainingFor: limit)
        } stopNow: { stopping in
            await gateway.stop(drainingFor: .zero)
            await stopping.value
        }
        following.cancel()
        await server?.stop(drainingFor: .seconds(1))
        try? await group.shutdownGracefully()
        if status != 0 { throw ExitCode(status) }
    }

    // MARK: The module file

    private func printModule(_ module: FunctionModule, _ transports: StandardTransports) throws {
        let options = common.moduleOptions
        do {
            let flink = FlinkModule(advertise: advertise, listen: listen, waitLimit: maxWait)
            let text = try flink.text(of: module) { text in
                FunctionModule(
                    ModuleText(file: file, text),
                    options: options,
                    transports: transports.registry,
                    connector: transports.connector
                )
            }
            guard Terminal.standardOutput.write(text) else {
                throw RuntimeSession.failed("the module file cannot be written whole: \(Terminal.lastError)")
            }
            let warnings = flink.warnings(of: module)
            if !warnings.isEmpty { show(warnings, in: module) }
        } catch let problem as SpecDiagnostic {
            show([problem], in: module)
            throw ExitCode.failure
        }
    }

    /// Says what is wrong with a module file.
    private func show(_ problems: [SpecDiagnostic], in module: FunctionModule) {
        let terminal = Terminal.standardError
        terminal.write(terminal.diagnosticRenderer.render(problems, in: [module.text]))
    }

    /// Reads the module file again when the signal comes and, if that was asked for, when it changes: it is looked at twice a
    /// second.
    private func follow(
        _ gateway: Gateway,
        _ makeTransports: @escaping @Sendable () -> StandardTransports,
        _ module: FunctionModule,
        _ reload: ReloadSignal
    ) async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        // Not in the stream, from which a look that takes long would drop it.
        let isAsked = NIOLockedValueBox(false)
        let signals = reload.stream
        let asking = Task {
            for await _ in signals {
                isAsked.withLockedValue { $0 = true }
                continuation.yield()
            }
        }
        let looking =
            watch
            ? Task {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(500))
                    continuation.yield()
                }
            } : nil
        defer {
            asking.cancel()
            looking?.cancel()
        }
        var module = ModuleReload(
            of: module,
            options: common.moduleOptions,
            selfCall: SelfCall(at: listen),
            makeTransports: makeTransports
        )
        for await _ in stream {
            let isAsked = isAsked.withLockedValue { isAsked in
                defer { isAsked = false }
                return isAsked
            }
            module.look(isAsked: isAsked, for: gateway)
        }
    }

    // MARK: What a person sees

    private func show(_ module: FunctionModule, _ transports: StandardTransports, _ urls: [String], _ adminURL: String?) async {
        let output = Terminal.standardOutput
        let answers = await EndpointProbe(connector: transports.connector, limit: .milliseconds(300)).probe(module.endpoints)
        var rows: [(String, String)] = []
        for (endpoint, answer) in zip(module.endpoints, answers) {
            let isUp = answer == "answers"
            rows.append((endpoint.targets.description, "\(endpoint.urlPathTemplate)  \(output.paint(answer, isUp ? .success : .failure))"))
        }
        rows += urls.map { ("gateway", $0) }
        if let adminURL {
            rows.append(("admin", adminURL))
        }
        let width = rows.map(\.0.count).max() ?? 0
        for (name, text) in rows {
            output.write(name + String(repeating: " ", count: width - name.count + 2) + text + "\n")
        }
        output.write("passing on; Ctrl-C stops\n")
    }
}
