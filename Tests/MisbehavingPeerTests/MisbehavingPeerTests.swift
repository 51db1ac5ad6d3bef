import Foundation
import TestSupport
import Testing

/// The program, as a person starts it.
@Suite struct MisbehavingPeerTests {
    private static let program = "\(RepositoryLayout.products)/misbehaving-peer"

    /// Runs the program to its end.
    private func run(_ arguments: String...) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(Self.program, arguments)
    }

    @Test("it follows a script, says what came in, and ends in order when it is asked to", arguments: ["TCP", "UNIX"])
    func serving(kind: String) async throws {
        let folder = try TemporaryDirectory()
        let script = try folder.write(
            "# one answer\nread request\nsend \"HTTP/1.1 200 \"\nsend \"OK\\r\\n\\r\\nhi\"\nclose\n",
            to: "script"
        )
        let socket = folder.file("peer.sock")
        let peer = try await SubprocessPeer(Self.program, kind == "UNIX" ? ["--unix", socket, script] : [script])
        if kind == "UNIX" {
            #expect(peer.readyText == "http+unix://\(socket)")
        } else {
            #expect(peer.readyText.wholeMatch(of: #/http:\/\/127\.0\.0\.1:[0-9]+\//#) != nil)
        }
        let url = kind == "UNIX" ? "http://localhost/" : peer.readyText
        let client = try await ChildProcess.run(
            "/usr/bin/env",
            ["python3", "-c", Self.client, url, kind == "UNIX" ? socket : ""]
        )
        #expect(client.output == "HTTP/1.1 200 OK\r\n\r\nhi", "\(client.errors)")
        await peer.stop()
        let exit = try await peer.process.exit()
        #expect(exit.status == 0)
        let lines = peer.process.output.split(separator: "\n").dropFirst()
        #expect(lines == ["0 accepted", #"0 received "GET / HTTP/1.1\r\nA: \"\xff\"\r\n\r\n""#, "0 closed"])
    }

    /// Sends a request and prints the answer. Python has UNIX domain sockets in its library.
    private static let client = """
        import socket, sys, urllib.parse
        url, path = urllib.parse.urlparse(sys.argv[1]), sys.argv[2]
        if path:
            peer = socket.socket(socket.AF_UNIX)
            peer.connect(path)
        else:
            peer = socket.create_connection((url.hostname, url.port))
        peer.sendall(b'GET / HTTP/1.1\\r\\nA: "\\xff"\\r\\n\\r\\n')
        while True:
            some = peer.recv(1000)
            if not some:
                break
            sys.stdout.buffer.write(some)
        """

    @Test("with a certificate and its key it speaks TLS")
    func tls() async throws {
        let certificates = try await TestCertificates.shared()
        let identity = certificates.server(.localhost)
        let peer = try await SubprocessPeer(
            Self.program,
            ["--certificate", identity.certificate, "--key", identity.key, "--misdeed", "silent"]
        )
        #expect(peer.readyText.hasPrefix("https://127.0.0.1:"))
        await peer.stop()
    }

    @Test("every misdeed is listed with its explanation")
    func list() async throws {
        let outcome = try await run("--list")
        #expect(outcome.status == 0)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == Misdeed.all.count)
        for (line, misdeed) in zip(lines, Misdeed.all) {
            #expect(line.hasPrefix(misdeed.name + "  ") && line.hasSuffix("  " + misdeed.explanation))
        }
    }

    @Test("the documentation lists the same misdeeds")
    func documentation() throws {
        let text = try String(contentsOfFile: RepositoryLayout.path("Documentation/MisbehavingPeer.md"), encoding: .utf8)
        let rows = text.split(separator: "\n").drop { $0 != "## Misdeeds" }.filter { $0.hasPrefix("| `") }
        #expect(rows.map { String($0) } == Misdeed.all.map { "| `\($0.name)` | \($0.explanation) |" })
    }

    @Test(
        "wrong usage ends with 64 and says what to write",
        arguments: [
            ([], "give either a script file or --misdeed and a name"),
            (["--misdeed", "nonsense"], "there is no misdeed 'nonsense'; --list prints the names"),
            (["--misdeed", "silent", "script"], "give either a script file or --misdeed and a name"),
            (["--misdeed", "silent", "--tcp", "65536"], "a port is a number from 0 to 65535"),
            (["--misdeed", "silent", "--key", "x"], "--certificate and --key belong together"),
        ] as [([String], String)]
    )
    func usage(arguments: [String], message: String) async throws {
        let outcome = try await ChildProcess.run(Self.program, arguments)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(message))
    }

    @Test("a script that is not understood ends with 65 and the place")
    func badScript() async throws {
        let folder = try TemporaryDirectory()
        let script = try folder.write("read request\nclose door\n", to: "script")
        let outcome = try await run(script)
        #expect(outcome.status == 65)
        #expect(outcome.errors == "\(script):2:7: error: the step is complete, write the next one on a line of its own; found 'door'\n")
    }

    @Test("a file that cannot be read ends with 66 and its name")
    func missingFile() async throws {
        let script = try await run("/nowhere/script")
        #expect(script.status == 66)
        #expect(script.errors.hasPrefix("/nowhere/script cannot be read"))
        let key = try await run("--misdeed", "silent", "--certificate", "/nowhere/a.pem", "--key", "/nowhere/a.key")
        #expect(key.status == 66)
        #expect(key.errors == "/nowhere/a.pem cannot be read\n")
    }

    @Test("where nobody can listen it ends with 69")
    func taken() async throws {
        let other = try RefusingServer()
        let outcome = try await run("--tcp", "\(other.port)", "--misdeed", "silent")
        #expect(outcome.status == 69)
        #expect(outcome.errors.hasPrefix("cannot serve on port \(other.port): "))
        withExtendedLifetime(other) {}
    }
}
