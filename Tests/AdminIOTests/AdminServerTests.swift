import AdminIO
import Foundation
import RuntimeCore
import TestSupport
import Testing

/// The server for operators and tools, over real sockets.
@Suite struct AdminServerTests {
    private struct StubRuntime: RuntimeAdministration {
        var state = Readiness.ready

        func readiness() async -> Readiness { state }
        func figures() async -> String { "statefun_inbox 3\n" }
        func answer(_ request: [UInt8]) async -> [UInt8] { Array("answer to ".utf8) + request }
    }

    /// Starts a server, lets `body` use it, and stops it.
    private func withServer(
        _ runtime: StubRuntime = StubRuntime(),
        at address: AdminAddress = .port(host: "127.0.0.1", port: 0),
        _ body: (WireClient, String) async throws -> Void
    ) async throws {
        let server = AdminServer(runtime, at: address, logger: RecordedLog().logger)
        let url = try await server.start()
        let client = try await WireClient(to: url)
        try await body(client, url)
        await client.close()
        await server.stop(drainingFor: .seconds(10))
    }

    private func get(_ path: String, _ client: WireClient, method: String = "GET") async throws -> WireAnswer {
        try await client.send("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return try await client.answer(hasBody: method != "HEAD")
    }

    private func ask(_ question: String, _ client: WireClient) async throws -> WireAnswer {
        try await client.send("POST /control HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(question.utf8.count)\r\n\r\n\(question)")
        return try await client.answer()
    }

    @Test("it says that it lives, whether it is ready, and its figures")
    func pages() async throws {
        try await withServer { client, _ in
            let health = try await get("/healthz", client)
            #expect(health.status == 200)
            #expect(health.text == "ok\n")
            #expect(try await get("/readyz", client).text == "ready\n")
            let figures = try await get("/metrics?name=x", client)
            #expect(figures.text == "statefun_inbox 3\n")
            #expect(figures.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(try await get("/healthz", client, method: "HEAD").status == 200)
        }
    }

    @Test("a runtime that is not ready says why, and lives")
    func notReady() async throws {
        try await withServer(StubRuntime(state: .notReady("the store is being read"))) { client, _ in
            let readiness = try await get("/readyz", client)
            #expect(readiness.status == 503)
            #expect(readiness.text == "the store is being read\n")
            let answer = try await get("/healthz", client)
            #expect(answer.status == 200)
        }
    }

    @Test("a port cannot be asked to change anything")
    func noControlOverTCP() async throws {
        try await withServer { client, _ in
            let answer = try await ask("{}", client)
            #expect(answer.status == 404)
            #expect(answer.text == "there is nothing at this path; there is /healthz, /readyz, /metrics\n")
            #expect(try await get("/other", client).status == 404)
        }
    }

    @Test("only the methods that a path has are taken")
    func methods() async throws {
        try await withServer { client, _ in
            let answer = try await get("/metrics", client, method: "DELETE")
            #expect(answer.status == 405)
            #expect(answer.fields["allow"] == "GET")
        }
    }

    @Test("a tool asks over a socket that only its user can open")
    func control() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("control.sock")
        try await withServer(at: .socket(path: path)) { client, url in
            #expect(url == "http+unix://\(path)")
            let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
            #expect(permissions == 0o600)
            let answer = try await ask(#"{"show":"example/person/Bob"}"#, client)
            #expect(answer.status == 200)
            #expect(answer.text == #"answer to {"show":"example/person/Bob"}"#)
            #expect(answer.fields["content-type"] == "application/octet-stream")
            #expect(try await get("/control", client).fields["allow"] == "POST")
            #expect(try await get("/healthz", client).status == 200)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("a socket that a program left behind is replaced")
    func stale() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("control.sock")
        do {
            _ = try RefusingServer(.unix(path: path))
        }
        #expect(FileManager.default.fileExists(atPath: path))
        try await withServer(at: .socket(path: path)) { client, _ in
            let answer = try await get("/healthz", client)
            #expect(answer.status == 200)
        }
    }

    @Test("a socket that another program listens on is left alone")
    func inUse() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("control.sock")
        try await withServer(at: .socket(path: path)) { client, _ in
            let second = AdminServer(StubRuntime(), at: .socket(path: path), logger: RecordedLog().logger)
            await #expect(throws: ComponentFailure("another program listens on \(path); stop it or choose another path")) {
                _ = try await second.start()
            }
            let answer = try await get("/healthz", client)
            #expect(answer.status == 200)
        }
    }

    @Test("a file that is no socket is left alone")
    func otherFile() async throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("precious", to: "control.sock")
        let server = AdminServer(StubRuntime(), at: .socket(path: path), logger: RecordedLog().logger)
        await #expect(throws: ComponentFailure("\(path) is there and no socket; remove it or choose another path")) {
            _ = try await server.start()
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test("a path that no socket can have is refused")
    func longPath() async throws {
        let path = "/tmp/" + String(repeating: "x", count: 200)
        let server = AdminServer(StubRuntime(), at: .socket(path: path), logger: RecordedLog().logger)
        await #expect(throws: ComponentFailure.self) {
            _ = try await server.start()
        }
    }

    @Test("the port that is taken is named")
    func taken() async throws {
        try await withServer { _, url in
            let port = try #require(url.split(separator: ":").last.flatMap { Int($0) })
            let second = AdminServer(StubRuntime(), at: .port(host: "127.0.0.1", port: port), logger: RecordedLog().logger)
            let sentence = "port \(port) of 127.0.0.1 is in use; stop what listens there, or choose another port"
            await #expect(throws: ComponentFailure(sentence)) {
                _ = try await second.start()
            }
        }
    }

    @Test("a connection without a request ends")
    func idle() async throws {
        let server = AdminServer(
            StubRuntime(),
            at: .port(host: "127.0.0.1", port: 0),
            idleLimit: .milliseconds(50),
            logger: RecordedLog().logger
        )
        let client = try await WireClient(to: try await server.start())
        try await client.send("GET /heal")
        try await client.ended()
        await server.stop(drainingFor: .seconds(10))
    }
}
