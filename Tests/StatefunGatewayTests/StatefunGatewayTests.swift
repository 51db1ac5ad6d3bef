import Foundation
import RequestReply
import TestSupport
import Testing
import TransportCore

/// The whole command, with functions of the published SDK.
@Suite struct StatefunGatewayTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func writeModule(_ name: String = "module.yaml") async throws {
        let url = try await SDKFunctions.shared()[.http]
        _ = try folder.write(
            """
            # The functions.
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: com.example/*
              urlPathTemplate: \(url)/{function.name}  # where they are
              transport:
                type: io.statefun.transports.v1/async
                call: 10s

            """,
            to: name
        )
    }

    private let request = Self.request("hello", to: "sink")

    private static func request(_ text: String, to type: String) -> [UInt8] {
        let body = EncodedBatch.bytes(
            target: MessageAddress(namespace: "com.example", type: type, id: "1"),
            state: [],
            invocations: [EncodedInvocation(EncodedValue(.string(text)))]
        )
        return Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    private func ask(_ url: String) async throws -> WireAnswer {
        let client = try await WireClient(to: url)
        try await client.send(request)
        let answer = try await client.answer()
        await client.close()
        return answer
    }

    private func page(_ url: String, _ path: String) async throws -> WireAnswer {
        let client = try await WireClient(to: url)
        try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        let answer = try await client.answer()
        await client.close()
        return answer
    }

    @Test("it passes calls on over both kinds of address, tells its figures, and ends on a signal")
    func passing() async throws {
        try await writeModule()
        let gateway = try await RunningGateway(
            "module.yaml",
            ["--listen", "unix:\(folder.file("g.sock"))", "--listen", "127.0.0.1:0", "--admin", "0"],
            in: folder
        )
        #expect(gateway.urls.count == 2)
        for url in gateway.urls {
            #expect(try await ask(url).status == 200)
        }
        #expect(try await page(gateway.admin, "/healthz").status == 200)
        #expect(try await page(gateway.admin, "/readyz").text == "ready\n")
        let figures = try await page(gateway.admin, "/metrics").text
        #expect(figures.contains(#"statefun_gateway_calls_total{endpoint="com.example/*"} 2"#))
        #expect(figures.contains(#"statefun_gateway_connections_open{endpoint="com.example/*"} 1"#))
        #expect(figures.contains(#"statefun_gateway_connections_idle{endpoint="com.example/*"} 1"#))
        #expect(try await gateway.stop() == 0)
        #expect(!FileManager.default.fileExists(atPath: folder.file("g.sock")))
    }

    @Test("a second signal ends the calls in flight at once, and the status says so")
    func twice() async throws {
        try await writeModule()
        let gateway = try await RunningGateway("module.yaml", ["--listen", "127.0.0.1:0", "--admin", "0"], in: folder)
        let client = try await WireClient(to: gateway.urls[0])
        // It is not released.
        try await client.send(Self.request(UUID().uuidString, to: "held"))
        try await eventually("the call") {
            try await page(gateway.admin, "/metrics").text.contains(#"statefun_gateway_in_flight{endpoint="com.example/*"} 1"#)
        }
        gateway.process.send(signal: SIGTERM)
        try await eventually("the first signal") { gateway.process.errors.contains("stopping after the calls in flight") }
        // Signals at one moment are one, so that it is sent until it counts.
        try await eventually("the second signal") {
            gateway.process.send(signal: SIGTERM)
            return gateway.process.errors.contains("stopping at once")
        }
        #expect(try await gateway.process.exit().status == 143)
        await client.close()
    }

    @Test("the module file is read again on SIGHUP, and one that cannot be used leaves the one before")
    func reload() async throws {
        try await writeModule()
        let gateway = try await RunningGateway("module.yaml", ["--listen", "0"], in: folder)
        _ = try folder.write("kind: nonsense\n", to: "module.yaml")
        gateway.process.send(signal: SIGHUP)
        try await eventually("the refusal") { gateway.process.errors.contains("cannot be used as it is now; the one before stays") }
        #expect(try await ask(gateway.urls[0]).status == 200)
        try await writeModule()
        gateway.process.send(signal: SIGHUP)
        try await eventually("the change") { gateway.process.errors.contains("has been read again and is used now") }
        #expect(try await ask(gateway.urls[0]).status == 200)
        #expect(try await gateway.stop() == 0)
    }

    @Test("certificates that have changed are used from SIGHUP on, also where the module file is as it was")
    func certificates() async throws {
        let certificates = try await TestCertificates.shared()
        let trusted = folder.file("trusted.pem")
        func trust(_ authority: String) throws {
            try Data(contentsOf: URL(fileURLWithPath: authority)).write(to: URL(fileURLWithPath: trusted), options: .atomic)
        }
        try trust(certificates.clientAuthority)
        let scripts: [[RawServer.Step]] = [[.readRequest], [.readRequest, .sendResult([7])]]
        let server = try await RawServer.start(.tcp, scripts: scripts, tls: certificates.server(.localhost))
        _ = try folder.write(
            """
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: com.example/*
              urlPathTemplate: https://localhost:\(server.port)/
              transport:
                type: io.statefun.transports.v1/async
                call: 30s
                trust_cacerts: \(trusted)

            """,
            to: "module.yaml"
        )
        let gateway = try await RunningGateway("module.yaml", ["--listen", "0"], in: folder)
        #expect(try await ask(gateway.urls[0]).status == 502)
        try trust(certificates.authority)
        gateway.process.send(signal: SIGHUP)
        try await eventually("the change") { gateway.process.errors.contains("has been read again and is used now") }
        #expect(try await ask(gateway.urls[0]).body == [7])
        #expect(try await gateway.stop() == 0)
        try await server.allClosed()
    }

    @Test("with --watch a changed file is taken over without being asked")
    func watching() async throws {
        try await writeModule()
        let gateway = try await RunningGateway("module.yaml", ["--listen", "0", "--watch"], in: folder)
        _ = try folder.write(
            "kind: io.statefun.endpoints.v2/http\nspec:\n  functions: other/*\n  urlPathTemplate: http://127.0.0.1:1/\n",
            to: "module.yaml"
        )
        try await eventually("the change") { gateway.process.errors.contains("has been read again and is used now") }
        #expect(try await ask(gateway.urls[0]).status == 404)
        #expect(try await gateway.stop() == 0)
    }

    @Test("ten thousand connections that do nothing hold up nobody")
    func idleConnections() async throws {
        try await writeModule()
        let gateway = try await RunningGateway("module.yaml", ["--listen", "127.0.0.1:0", "--admin", "0"], in: folder)
        let script = """
            import resource, socket, sys
            limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            held = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60) for _ in range(10_000)]
            print("ready held", flush=True)
            sys.stdin.read()
            """
        let port = gateway.urls[0].split(separator: ":").last.map(String.init) ?? ""
        let peer = try await SubprocessPeer(try RepositoryLayout.python(), ["-c", script, port])
        try await eventually("all connections") {
            try await page(gateway.admin, "/metrics").text.contains("statefun_gateway_clients 10000")
        }
        for _ in 1...20 {
            #expect(try await ask(gateway.urls[0]).status == 200)
        }
        await peer.stop()
        try await eventually("no connection") { try await page(gateway.admin, "/metrics").text.contains("statefun_gateway_clients 0") }
        #expect(try await gateway.stop() == 0)
    }

    /// How many connections the system lets wait at a socket, whatever a program asks for; `nil` where it does not say.
    private static let longestLine = (try? String(contentsOfFile: "/proc/sys/net/core/somaxconn", encoding: .utf8)).flatMap {
        Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    @Test("hundreds can connect to its socket at once", .enabled(if: (longestLine ?? 0) >= 600))
    func manyAtOnce() async throws {
        try await writeModule()
        let gateway = try await RunningGateway("module.yaml", ["--listen", "unix:gateway.sock"], in: folder)
        // It accepts none meanwhile.
        gateway.process.send(signal: SIGSTOP)
        let script = """
            import socket
            held = [socket.socket(socket.AF_UNIX) for _ in range(600)]
            for one in held:
                one.setblocking(False)
                one.connect("gateway.sock")
            print("connected")
            """
        let outcome = try await ChildProcess.run(try RepositoryLayout.python(), ["-c", script], directory: folder.path)
        #expect(outcome.output == "connected\n", "\(outcome.errors)")
        gateway.process.send(signal: SIGCONT)
        #expect(try await gateway.stop() == 0)
    }

    @Test("the module for the runtime names the gateway, checks, and calls through it", arguments: [true, false])
    func printing(overSocket: Bool) async throws {
        try await writeModule()
        let address = overSocket ? "unix:g.sock" : "127.0.0.1:\(try await Self.freePort())"
        let program = "\(RepositoryLayout.products)/statefun"
        let printed = try await ChildProcess.run(
            program,
            ["gateway", "module.yaml", "--listen", address, "--print-module"],
            directory: folder.path
        )
        #expect(printed.status == 0)
        #expect(printed.output.contains("# The functions.\n"))
        #expect(printed.output.contains("  # where they are\n"))
        _ = try folder.write(printed.output, to: "flink.yaml")
        let check = try await ChildProcess.run(program, ["check", "--strict", "flink.yaml"], directory: folder.path)
        #expect(check.status == 0)
        let gateway = try await RunningGateway("module.yaml", ["--listen", address], in: folder)
        let invoke = try await ChildProcess.run(
            program,
            ["invoke", "flink.yaml", "com.example/counter/x", "--long", "5"],
            directory: folder.path
        )
        #expect(invoke.status == 0, "\(invoke.errors)")
        #expect(try await gateway.stop() == 0)
    }

    private static func freePort() async throws -> Int {
        let server = try await RawServer.start(.tcp, [])
        let port = server.port
        try await server.stop()
        return port
    }

    private static let wrong: [(arguments: [String], status: Int32, says: String)] = [
        ([], 64, "--listen"),
        (["--listen", "nowhere:x"], 64, "is no address; write unix:/run/gateway.sock, 127.0.0.1:8080 or 8080"),
        (["--listen", "0", "--listen-mode", "999"], 64, "is no mode"),
        (["--listen", "0", "--max-in-flight", "0"], 64, "--max-in-flight is a number from 1"),
        (["--listen", "0", "--advertise", "http://x"], 64, "--advertise goes with --print-module"),
        (["--listen", "unix:/run/gateway", "--print-module"], 1, "ends in .sock"),
        (["--listen", "0", "--print-module"], 64, "--advertise"),
        (["--listen", "0", "--print-module", "--advertise", "https://x"], 1, "does not speak TLS"),
        (["--listen", "unix:/nowhere/g.sock"], 1, "No such file or directory"),
        (["--listen", "8080", "--listen", "127.0.0.1:8080"], 64, "--listen 127.0.0.1:8080 is given twice"),
        (["--listen", "300.1.1.1:8080"], 1, "the name 300.1.1.1 leads to no address; listen on 127.0.0.1"),
        (["--listen", "0", "--host-map", "functions"], 64, "'functions' is no host=address, such as functions=127.0.0.1"),
        (["--listen", "0", "--host-map", "=127.0.0.1"], 64, "is no host; write host=address"),
        (["--listen", "0", "--host-map", "a b=127.0.0.1"], 64, "'a b' of 'a b=127.0.0.1' is no host"),
        (["--listen", "0", "--host-map", "a=b=c"], 64, "'b=c' of 'a=b=c' is no address"),
        (["--listen", "0", "--host-map", "a=http://b"], 64, "has a port in its address"),
        (["--listen", "0", "--host-map", "a=[::1]:8000"], 64, "has a port in its address"),
        (["--listen", "0", "--host-map", "a:8000=::1"], 64, "has a port in its host"),
        (
            ["--listen", "0", "--host-map", "10.1.2.3=127.0.0.1"], 64,
            "only names are mapped; write the address to call into the module file"
        ),
        (["--listen", "0", "--host-map", "[::2]=::1"], 64, "'[::2]=::1' has an address in place of its host"),
        (["--listen", "0", "--host-map", "a=::1", "--host-map", "A=[::2]"], 64, "--host-map has more than one address for 'a'"),
    ]

    @Test("the module for the runtime is none for the gateway, be it at its start or later")
    func selfCall() async throws {
        try await writeModule()
        let program = "\(RepositoryLayout.products)/statefun"
        let address = "unix:\(folder.file("g.sock"))"
        let printed = try await ChildProcess.run(
            program,
            ["gateway", "module.yaml", "--listen", address, "--print-module"],
            directory: folder.path
        )
        _ = try folder.write(printed.output, to: "flink.yaml")
        let outcome = try await ChildProcess.run(program, ["gateway", "flink.yaml", "--listen", address], directory: folder.path)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("flink.yaml:5:20: error:") && outcome.errors.contains("would call itself"), "\(outcome.errors)")
        let gateway = try await RunningGateway("module.yaml", ["--listen", address], in: folder)
        _ = try folder.write(printed.output, to: "module.yaml")
        gateway.process.send(signal: SIGHUP)
        try await eventually("the file to be refused") { gateway.process.errors.contains("the one before stays") }
        #expect(try await ask(gateway.urls[0]).status == 200)
        #expect(try await gateway.stop() == 0)
    }

    private func shell(_ script: String) async throws -> ChildProcess.Outcome {
        try await writeModule()
        return try await ChildProcess.run("/bin/sh", ["-c", script], directory: folder.path)
    }

    @Test("a module file that cannot be written whole is an error")
    func fullDisk() async throws {
        let outcome = try await shell(
            "exec \(RepositoryLayout.products)/statefun gateway module.yaml --listen 8080 --print-module > /dev/full"
        )
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("the module file cannot be written whole: No space left on device"), "\(outcome.errors)")
    }

    @Test("with too few files there is no start, but words")
    func fewFiles() async throws {
        let outcome = try await shell("ulimit -n 20; exec \(RepositoryLayout.products)/statefun gateway module.yaml --listen 0")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("the process may open 20 files and needs 64 at least; raise the limit (ulimit -n)"))
    }

    @Test("what cannot be is said with what to do instead", arguments: wrong)
    func usage(arguments: [String], status: Int32, says: String) async throws {
        try await writeModule()
        let outcome = try await ChildProcess.run(
            "\(RepositoryLayout.products)/statefun",
            ["gateway", "module.yaml"] + arguments,
            directory: folder.path
        )
        #expect(outcome.status == status)
        #expect(outcome.errors.contains(says), "\(outcome.errors)")
    }
}
