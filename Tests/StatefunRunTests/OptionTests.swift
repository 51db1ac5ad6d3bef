import Foundation
import TestSupport
import Testing
import TransportCore

/// What the options of `statefun run` do, with functions of the published SDK.
@Suite struct OptionTests {
    private static let greeting = "application/vnd.example/GreetRequest"
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func url() async throws -> String { try await SDKFunctions.shared()[.http] }

    @Test("a file written for containers runs with the addresses of this machine, and with another default transport")
    func containers() async throws {
        let here = try await url()
        let there = here.replacing("127.0.0.1", with: "functions.example")
        #expect(here != there)
        let module = try ModuleFile.write(there, settings: [], in: folder)
        let runtime = try await RunningStatefun(
            module,
            ["--host-map", "Functions.Example=127.0.0.1", "--default-transport", "io.statefun.transports.v1/async"],
            in: folder
        )
        #expect(runtime.process.output.contains("com.example/*  \(there)/{function.name}  answers"))
        #expect(try await runtime.put("com.example/greeter/Bob", #"{"name": "Bob"}"#, type: Self.greeting) == 202)
        #expect(try await runtime.take("greetings") == "Hello Bob for the 1. time")
        #expect(try await runtime.stop() == 0)
    }

    @Test("a transport that is not there is an error, whether the file names it or the command line")
    func unknownTransport() async throws {
        let module = try ModuleFile.write(try await url(), settings: [], in: folder)
        let outcome = try await run(module, "--default-transport", "io.statefun.transports.v1/carrier-pigeon")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("carrier-pigeon"))
        #expect(outcome.errors.contains("--default-transport"))
    }

    private func run(_ arguments: String...) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run("\(RepositoryLayout.products)/statefun", ["run"] + arguments, directory: folder.path)
    }

    @Test(
        "a component that cannot be served is an error with its place, or is left out where that is asked for",
        arguments: ["io.statefun.kafka.v1/ingress", "io.statefun.kinesis.v1/egress"]
    )
    func unsupported(kind: String) async throws {
        let more = "---\nkind: \(kind)\nspec:\n  id: com.example/names\n"
        let module = try ModuleFile.write(try await url(), more: more, in: folder)
        let refused = try await run(module)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("module.yaml:16:7: error: `statefun run` cannot serve a component of kind '\(kind)'"))
        #expect(refused.errors.contains("--skip-unsupported"))
        #expect(refused.output.isEmpty)
        let runtime = try await RunningStatefun(module, ["--skip-unsupported"], in: folder)
        #expect(runtime.process.errors.contains("module.yaml:16:7: warning: "))
        #expect(try await runtime.put("com.example/greeter/Bob", #"{"name": "Bob"}"#, type: Self.greeting) == 202)
        #expect(try await runtime.take("greetings") == "Hello Bob for the 1. time")
        #expect(try await runtime.stop() == 0)
    }

    @Test("so many calls are in flight at a time, of which one function gets three quarters")
    func inFlight() async throws {
        let runtime = try await RunningStatefun(ModuleFile.write(url(), in: folder), ["--max-in-flight", "4"], in: folder)
        let group = UUID().uuidString
        // The first call of a function goes alone.
        try await runtime.put("com.example/releaser/first", "\(group)-first")
        try await runtime.put("com.example/held/first", "\(group)-first")
        #expect(try await runtime.take("told") == "first was one of 1")
        for number in 0..<6 {
            #expect(try await runtime.put("com.example/held/\(number)", group) == 202)
        }
        try await eventually("three calls") {
            let standings = try await runtime.standings()
            return standings.filter { $0 == "called" }.count == 3 && standings.filter { $0 == "inLine" }.count == 3
        }
        // There is still room for others.
        try await runtime.put("com.example/commander/x", #"[{"do":"egress","text":"past them"}]"#, type: "application/vnd.example/Commands")
        #expect(try await runtime.take("told") == "past them")
        try await runtime.put("com.example/releaser/x", group)
        var told: [String] = []
        while told.count < 6 { told.append(try await runtime.take("told")) }
        #expect(told.sorted().map { $0.prefix(1) } == ["0", "1", "2", "3", "4", "5"])
        #expect(told.prefix(1).allSatisfy { $0.hasSuffix("was one of 3") })
        #expect(try await runtime.stop() == 0)
    }

    @Test("with --max-attempts a batch is given up after so many calls; the dead letter is shown, replayed and dropped beside the runtime")
    func maxAttempts() async throws {
        let runtime = try await RunningStatefun(
            ModuleFile.write(url(), settings: ["transport: {type: io.statefun.transports.v1/async, call: 200ms}"], in: folder),
            ["--max-attempts", "2"],
            in: folder
        )
        try await runtime.put("com.example/failing/Bob", "hello")
        try await runtime.says("a message to com.example/failing/Bob cannot be delivered: ")
        let letters = try await runtime.json("dead-letters", "module.yaml")["deadLetters"] as? [[String: Any]]
        let letter = try #require(letters?.first)
        #expect(letter["calls"] as? Int == 2)
        let number = try #require(letter["number"] as? Int)
        let table = try await runtime.statefun("dead-letters", "module.yaml").output
        #expect(table.contains("1 message to com.example/failing/Bob"))
        #expect(try await runtime.statefun("dead-letters", "show", "module.yaml", "\(number)").output.contains("string:hello"))
        #expect(try await runtime.statefun("dead-letters", "replay", "module.yaml", "\(number)").output == "replayed 1 dead letter\n")
        try await eventually("the next dead letter") { runtime.count(of: "cannot be delivered") == 2 }
        #expect(try await runtime.statefun("dead-letters", "drop", "module.yaml", "--all").output == "dropped 1 dead letter\n")
        #expect(try await runtime.statefun("dead-letters", "module.yaml").output == "there are no dead letters\n")
        #expect(try await runtime.stop() == 0)
    }

    @Test("of thousands of dead letters a few are named, and how many more there are")
    func manyDeadLetters() async throws {
        let runtime = try await RunningStatefun(ModuleFile.write(url(), topics: ["greetings"], in: folder), in: folder)
        let commands = Array(repeating: #"{"do":"egress","text":"x"}"#, count: 2_000).joined(separator: ",")
        try await runtime.put("com.example/commander/x", "[\(commands)]", type: "application/vnd.example/Commands")
        try await runtime.says(" more dead letters; 'statefun dead-letters module.yaml' lists them\n")
        #expect(try await runtime.stop() == 0)
        let lines = runtime.process.errors.split(separator: "\n")
        let shown = lines.filter { $0.contains("cannot be delivered: the egress has no topic 'told'; it has greetings") }.count
        let others = lines.compactMap { $0.firstMatch(of: /^(\d+) more dead letters/).flatMap { Int($0.1) } }.reduce(0, +)
        #expect(shown + others == 2_000)
        #expect(shown < 1_000)
    }

    @Test("with --compat-status clients of the original get the statuses that they know")
    func compatStatus() async throws {
        let runtime = try await RunningStatefun(ModuleFile.write(url(), in: folder), ["--compat-status"], in: folder)
        #expect(try await runtime.put("com.example/greeter/Bob", #"{"name": "Bob"}"#, type: Self.greeting) == 200)
        #expect(try await runtime.take("greetings") == "Hello Bob for the 1. time")
        let empty = try await HTTPCall.get("\(runtime.egress)/greetings")
        #expect(empty.status == 200)
        #expect(empty.body.isEmpty)
        for wrong in ["\(runtime.ingress)/com.example", "\(runtime.egress)/nothing"] {
            let answer = try await HTTPCall.get(wrong)
            #expect(answer.status == 200)
            #expect(answer.field("Status") == "404")
        }
        #expect(try await runtime.stop() == 0)
    }
}
