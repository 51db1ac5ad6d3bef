import Foundation
import TestSupport
import Testing
import TransportCore

/// The built program, run as a user runs it.
@Suite struct StatefunCommandTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func statefun(_ arguments: String..., environment: [String: String] = [:]) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run("\(RepositoryLayout.products)/statefun", arguments, environment: environment, directory: folder.path)
    }

    private func write(_ text: String, to name: String = "module.yaml") throws {
        try text.write(toFile: folder.file(name), atomically: true, encoding: .utf8)
    }

    private func writeModule(_ url: String, transport: String = KnownTransport.okHttp, more: String = "") throws {
        try write(
            """
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: com.example/*
              urlPathTemplate: \(url)
              transport:
                type: \(transport)
            \(more)
            """
        )
    }

    private let greeting = ["--type", "example/GreetRequest", "--json", #"{"name":"Bob"}"#]

    // MARK: - check

    @Test("five mistakes of different kinds are five messages with line, caret and remedy, and status 1")
    func checkMistakes() async throws {
        try write(
            """
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: com.example/a*
              urlPathTemplate: ftp://localhost/{name}
              transport:
                timeouts:
                  call: 1 fortnight
            ---
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: com.example/*
              urlPathTemplate: http://localhost/${STATEFUN_TEST_NOT_SET}
              maxNumBatchRequests: many
            """
        )
        let outcome = try await statefun("check", "module.yaml")
        #expect(outcome.status == 1)
        let places = outcome.output.split(separator: "\n").filter { $0.hasPrefix("module.yaml:") && $0.contains(": error: ") }
        #expect(places.count == 5)
        #expect(outcome.output.contains("module.yaml:7:13: error: "))
        #expect(outcome.output.split(separator: "\n").filter { $0.contains("^") }.count == 5)
        #expect(!outcome.output.contains("\u{1B}"))
    }

    @Test(
        "a warning leaves status 0, and 1 with --strict",
        arguments: [(["check"], 0), (["check", "--strict"], 1)] as [([String], Int32)]
    )
    func checkWarnings(arguments: [String], status: Int32) async throws {
        try writeModule("http://localhost/", more: "  batch: 5")
        let outcome = try await ChildProcess.run(
            "\(RepositoryLayout.products)/statefun",
            arguments + ["module.yaml"],
            directory: folder.path
        )
        #expect(outcome.status == status)
        #expect(outcome.output.contains("module.yaml:7:3: \(status == 0 ? "warning" : "error"): "))
    }

    @Test("check prints JSON for programs, an empty array where all is well")
    func checkJSON() async throws {
        try writeModule("http://localhost/")
        #expect(try await statefun("check", "--format", "json", "module.yaml").output == "[]\n")
        try writeModule("nowhere")
        let outcome = try await statefun("check", "--format", "json", "module.yaml")
        let found = try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
        #expect(found.count == 1)
        #expect(found.first?["line"] as? Int == 4)
        #expect(found.first?["severity"] as? String == "error")
    }

    @Test("a file that is not there is one error, and the other files are checked all the same")
    func checkMissingFile() async throws {
        try writeModule("http://localhost/")
        let outcome = try await statefun("check", "nowhere.yaml", "module.yaml")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("nowhere.yaml: error: "))
        #expect(outcome.output.contains("module.yaml: ok"))
    }

    // MARK: - Wrong usage

    @Test(
        "wrong usage is status 64 and says what is missing",
        arguments: [
            ["check"], ["invoke", "m.yaml", "com.example/greeter", "--int", "1"], ["invoke", "m.yaml", "com.example/greeter/Bob"],
            ["invoke", "m.yaml", "com.example/greeter/Bob", "--int", "1", "--string", "a"],
            ["invoke", "m.yaml", "com.example/greeter/Bob", "--int", "99999999999"],
            ["invoke", "m.yaml", "com.example/greeter/Bob", "--json", "{}"],
            ["invoke", "m.yaml", "com.example/greeter/Bob", "--int", "1", "--state", "seen"],
            ["invoke", "m.yaml", "com.example/greeter/Bob", "--int", "1", "--repeat", "0"],
            ["resolve", "m.yaml", "greeter"], ["chek", "m.yaml"],
        ]
    )
    func wrongUsage(arguments: [String]) async throws {
        let outcome = try await ChildProcess.run("\(RepositoryLayout.products)/statefun", arguments, directory: folder.path)
        #expect(outcome.status == 64)
        #expect(!outcome.errors.isEmpty)
    }

    @Test("a value that has an option of its own is not taken as JSON, and the option is named")
    func ownOption() async throws {
        let outcome = try await statefun(
            "invoke",
            "m.yaml",
            "com.example/greeter/Bob",
            "--type",
            "io.statefun.types/string",
            "--json",
            #""Bob""#
        )
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("write --string."), "\(outcome.errors)")
    }

    @Test("there is help for everything", arguments: [[], ["check"], ["resolve"], ["invoke"]])
    func help(command: [String]) async throws {
        let outcome = try await ChildProcess.run("\(RepositoryLayout.products)/statefun", command + ["--help"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("USAGE: statefun"))
    }

    // MARK: - resolve

    @Test("resolve names the endpoint, the URL, and every option with the line that sets it")
    func resolve() async throws {
        try writeModule("http://localhost:8000/{function.name}", transport: KnownTransport.async, more: "    call: 5s")
        let outcome = try await statefun("resolve", "module.yaml", "com.example/greeter")
        #expect(outcome.status == 0)
        let rows = outcome.output.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        #expect(rows.contains("url http://localhost:8000/greeter module.yaml:4:20"))
        #expect(rows.contains("call 5 s module.yaml:7:5"))
        #expect(rows.contains("connect 5 s default, lowered to call"))
        #expect(rows.contains("pool_size 1024 default"))
        let other = try await statefun("resolve", "module.yaml", "com.nobody/greeter")
        #expect(other.status == 1)
        #expect(other.errors.contains("com.example/*"))
    }

    // MARK: - invoke

    @Test("invoke prints what a function of the published SDK wants done", arguments: EndpointURL.Scheme.allCases)
    func invoke(scheme: EndpointURL.Scheme) async throws {
        let peer = try await SDKFunctions.shared()
        let tls = scheme.isSecure ? "    trust_cacerts: \(peer.authority)" : ""
        for transport in [KnownTransport.okHttp, KnownTransport.async] {
            try writeModule("\(peer[scheme])/functions", transport: transport, more: tls)
            let outcome = try await ChildProcess.run(
                "\(RepositoryLayout.products)/statefun",
                ["invoke", "module.yaml", "com.example/greeter/Bob"] + greeting + ["--state", "seen_count=int:41"],
                directory: folder.path
            )
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("  seen_count=int:42\n"))
            #expect(outcome.output.contains("  com.example/greetings  \"Hello Bob for the 42. time\"\n"))
            #expect(outcome.output.contains("2 requests"))
        }
    }

    @Test("repeated calls keep the state and end with a summary of the latencies")
    func repeated() async throws {
        let peer = try await SDKFunctions.shared()
        try writeModule("\(peer[.http])/functions")
        let outcome = try await statefun("invoke", "module.yaml", "com.example/counter/a", "--long", "2", "--repeat", "20")
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("count=long:40"))
        #expect(outcome.output.contains("20 calls in "))
        #expect(outcome.output.contains("p99 "))
    }

    @Test("the result is JSON for programs")
    func invokeJSON() async throws {
        let peer = try await SDKFunctions.shared()
        try writeModule("\(peer[.http])/functions")
        let outcome = try await statefun("invoke", "module.yaml", "com.example/counter/a", "--long", "2", "--format", "json")
        let object = try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        #expect(object["requests"] as? Int == 2)
        #expect(object["address"] as? String == "com.example/counter/a")
        #expect((object["state"] as? [[String: Any]])?.first?["value"] as? Int == 2)
    }

    @Test("a call that fails says what was tried, for how long, and why it failed, with status 1")
    func failure() async throws {
        let peer = try await SDKFunctions.shared()
        try writeModule("\(peer[.http])/functions", more: "    timeouts:\n      call: 300 ms")
        let outcome = try await statefun("invoke", "module.yaml", "com.example/failing/a", "--int", "1")
        #expect(outcome.status == 1)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains("500 Internal Server Error"))
        #expect(outcome.errors.contains("(module.yaml:8:7)"))
        #expect(outcome.errors.contains("attempts in "))
        #expect(outcome.errors.contains("pause of "))
    }

    @Test(
        "a peer whose certificate does not verify is refused at once, by either transport",
        arguments: [KnownTransport.okHttp, KnownTransport.async]
    )
    func untrusted(transport: String) async throws {
        let peer = try await SDKFunctions.shared()
        try writeModule("\(peer[.https])/functions", transport: transport)
        let outcome = try await statefun("invoke", "module.yaml", "com.example/sink/a", "--int", "1")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("trust_cacerts"))
        #expect(outcome.errors.contains("1 attempt"))
    }

    @Test("${NAME} comes from the environment")
    func environment() async throws {
        try writeModule("http://${STATEFUN_TEST_HOST:-localhost}/")
        let outcome = try await statefun("resolve", "module.yaml", "com.example/a", environment: ["STATEFUN_TEST_HOST": "example.org"])
        #expect(outcome.output.contains("http://example.org/"))
    }
}
