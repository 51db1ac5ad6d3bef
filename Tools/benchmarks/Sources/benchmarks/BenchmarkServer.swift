import Foundation

/// The server of a run: a program in C with one thread, on a core of its own.
final class BenchmarkServer {
    let port: Int
    let securePort: Int
    let socket: String
    let authority: String
    private let child: ChildProgram

    /// - Parameter folder: where its socket, certificate and key go.
    init(in folder: TemporaryFolder, core: Int) throws {
        let certificate = folder.file("certificate.pem")
        let key = folder.file("key.pem")
        guard let openssl = ChildProgram.find("openssl") else {
            throw BenchmarkFailure("openssl is not installed; scripts/bench installs it")
        }
        _ = try ChildProgram.run(
            openssl,
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out", certificate,
            ]
        )
        socket = folder.file("server.sock")
        authority = certificate
        child = try ChildProgram(
            try ProgramPaths.sibling("benchmark-server"),
            ["--core", "\(core)", "--unix", socket, "--certificate", certificate, "--key", key]
        )
        let words = try child.readLine().split(whereSeparator: { $0 == " " || $0 == "=" })
        guard words.count == 5, words[0] == "ready", let port = Int(words[2]), let securePort = Int(words[4]) else {
            throw BenchmarkFailure("the server said something else than where it listens")
        }
        self.port = port
        self.securePort = securePort
    }

    var processID: Int32 { child.processID }
    var plainURL: String { "http://127.0.0.1:\(port)/fixed" }
    var secureURL: String { "https://127.0.0.1:\(securePort)/fixed" }
    var counterURL: String { "http://127.0.0.1:\(port)/counter" }
}
