import ArgumentParser
import Dispatch
import Foundation
import TestSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Serves misdeeds to whoever tests an HTTP client.
@main
struct MisbehavingPeer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "misbehaving-peer",
        abstract: "A server that misbehaves on command, for tests of HTTP clients.",
        discussion: """
            It follows the script of a file, or a misdeed that --list names. When it can be called it prints a line that begins \
            with 'ready' and holds its URL; then it prints a line for each connection, for the exact bytes that come in, and for \
            each end, with the number of the connection in front. SIGINT or SIGTERM ends it.

            The script 'connection', 'read request', 'send "HTTP/1.1 200 OK\\r\\n"', 'pause 2s', 'reset', each on a line of its \
            own, stops in the middle of a head. Documentation/MisbehavingPeer.md has all steps.

            It ends with 64 for wrong usage, 65 for a script that is not understood, 66 for a file that cannot be read, and 69 \
            where it cannot listen.
            """
    )

    @Argument(help: ArgumentHelp("The script.", valueName: "script-file"))
    var scriptFile: String?

    @Option(help: ArgumentHelp("Follows a ready-made script.", valueName: "name"))
    var misdeed: String?

    @Flag(help: "Prints the ready-made misdeeds and ends.")
    var list = false

    @Option(help: "The port to listen on, on this machine only; 0 takes a free one.")
    var tcp = 0

    @Option(help: "A UNIX domain socket to listen on instead.")
    var unix: String?

    @Option(help: "A PEM file with the certificates to show; the server then speaks TLS.")
    var certificate: String?

    @Option(help: "A PEM file with the key of the certificate.")
    var key: String?

    func validate() throws {
        guard !list else { return }
        guard (0...65535).contains(tcp) else { throw ValidationError("a port is a number from 0 to 65535") }
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--certificate and --key belong together; give both or none")
        }
        guard (scriptFile == nil) != (misdeed == nil) else {
            throw ValidationError("give either a script file or --misdeed and a name; --list prints the names")
        }
        if let misdeed, Self.named(misdeed) == nil {
            throw ValidationError("there is no misdeed '\(misdeed)'; --list prints the names")
        }
    }

    func run() async throws {
        if list {
            let width = Misdeed.all.map(\.name.count).max() ?? 0
            for misdeed in Misdeed.all {
                print(misdeed.name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + misdeed.explanation)
            }
            return
        }
        let script = try readScript()
        let ended = Gate()
        let signals = Self.endSignals(opening: ended)
        defer { signals.forEach { $0.cancel() } }
        let server = try await start(script)
        print("ready \(url(of: server))")
        // Output that goes to a pipe or a file is kept back otherwise.
        fflush(nil)
        await withCheckedContinuation { continuation in
            ended.whenOpen { continuation.resume() }
        }
        try await server.stop()
        if let unix {
            unlink(unix)
        }
    }

    private static func named(_ name: String) -> Misdeed? { Misdeed.all.first { $0.name == name } }

    private func readScript() throws -> PeerScript {
        do {
            if let misdeed = misdeed.flatMap(Self.named) {
                return try PeerScript(parsing: misdeed.script, file: misdeed.name)
            }
            let file = scriptFile ?? ""
            return try PeerScript(parsing: String(contentsOfFile: file, encoding: .utf8), file: file)
        } catch let error as PeerScriptError {
            throw Self.failure("\(error)", status: 65)
        } catch {
            throw Self.failure("\(scriptFile ?? "") cannot be read as text in UTF-8: \(error.localizedDescription)", status: 66)
        }
    }

    private func start(_ script: PeerScript) async throws -> RawServer {
        for file in [certificate, key].compactMap(\.self) where !FileManager.default.isReadableFile(atPath: file) {
            throw Self.failure("\(file) cannot be read", status: 66)
        }
        var identity: TestCertificates.Identity?
        if let certificate, let key {
            identity = TestCertificates.Identity(certificate: certificate, key: key)
        }
        let place = unix.map { RawServer.Place.unix(path: $0) } ?? .tcp(port: tcp)
        do {
            return try await RawServer.start(place, scripts: script.connections, tls: identity, observe: Self.tell)
        } catch {
            let name = unix ?? "port \(tcp)"
            throw Self.failure("cannot serve on \(name): \(error)", status: 69)
        }
    }

    private func url(of server: RawServer) -> String {
        let scheme = certificate == nil ? "http" : "https"
        return unix.map { "\(scheme)+unix://\($0)" } ?? "\(scheme)://127.0.0.1:\(server.port)/"
    }

    @Sendable private static func tell(_ connection: Int, _ event: RawServer.Event) {
        switch event {
        case .accepted: print("\(connection) accepted")
        case .received(let bytes): print("\(connection) received \"\(EscapedBytes.write(bytes))\"")
        case .began: return
        case .closed(let inOrder): print("\(connection) \(inOrder ? "closed" : "closed without a farewell")")
        }
        fflush(nil)
    }

    /// Opens the gate when somebody wants this program to end, for as long as the result lives.
    private static func endSignals(opening gate: Gate) -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { gate.open() }
            source.activate()
            return source
        }
    }

    private static func failure(_ message: String, status: Int32) -> ExitCode {
        FileHandle.standardError.write(Data("\(message)\n".utf8))
        return ExitCode(status)
    }
}
