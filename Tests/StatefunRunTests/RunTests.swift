import Foundation
import TestSupport
import Testing
import TransportCore

/// Applications of the published SDK, run by `statefun run` and used with an HTTP client.
@Suite struct RunTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func start(_ arguments: [String] = []) async throws -> RunningStatefun {
        try await RunningStatefun(ModuleFile.write(SDKFunctions.shared()[.http], in: folder), arguments, in: folder)
    }

    @Test("what goes in as JSON comes out as a greeting", arguments: [[], ["--in-memory"]])
    func greeting(arguments: [String]) async throws {
        let runtime = try await start(arguments)
        #expect(try await runtime.put("com.example/greeter/Bob", #"{"name": "Bob"}"#, type: "application/vnd.example/GreetRequest") == 202)
        #expect(try await runtime.take("greetings") == "Hello Bob for the 1. time")
        #expect(try await HTTPCall.get("\(runtime.egress)/greetings").status == 204)
        #expect(try await runtime.stop() == 0)
    }

    @Test("state and what nobody has taken survive a stop and a kill")
    func restart() async throws {
        var runtime = try await start()
        for time in 1...3 {
            try await runtime.put("com.example/greeter/Eve", #"{"name": "Eve"}"#, type: "application/vnd.example/GreetRequest")
            if time == 1 {
                #expect(try await runtime.take("greetings") == "Hello Eve for the 1. time")
                #expect(try await runtime.stop() == 0)
            } else {
                try await runtime.kill()
            }
            runtime = try await start()
        }
        #expect(try await runtime.take("greetings") == "Hello Eve for the 2. time")
        #expect(try await runtime.take("greetings") == "Hello Eve for the 3. time")
        _ = try await runtime.stop()
    }

    @Test("delayed messages come when they are due, also those that were due while nothing ran, and not when taken back")
    func delayed() async throws {
        var runtime = try await start()
        func tell(_ commands: String) async throws {
            try await runtime.put("com.example/commander/x", commands, type: "application/vnd.example/Commands")
        }
        try await tell(
            #"[{"do":"later","to":"x","delay_ms":1500,"commands":[{"do":"egress","text":"late"}]},{"do":"egress","text":"now"}]"#
        )
        try await tell(
            #"[{"do":"later","to":"x","delay_ms":1000,"token":"t","commands":[{"do":"egress","text":"never"}]},{"do":"cancel","token":"t"}]"#
        )
        #expect(try await runtime.take("told") == "now")
        try await runtime.kill()
        // The process has the system's clock: the message falls due while nothing runs. Should it run early or late, the
        // outcome is the same.
        try await Task.sleep(for: .seconds(2))
        runtime = try await start()
        #expect(try await runtime.take("told") == "late")
        #expect(try await runtime.take("told", waiting: "500ms") == "")
        _ = try await runtime.stop()
    }

    @Test("a function that fails holds up no other, and is called again until it answers")
    func failing() async throws {
        let runtime = try await start(["--max-attempts", "2"])
        try await runtime.put("com.example/failing/x", "hello")
        try await runtime.put("com.example/greeter/Bob", #"{"name": "Bob"}"#, type: "application/vnd.example/GreetRequest")
        #expect(try await runtime.take("greetings") == "Hello Bob for the 1. time")
        try await eventually("the dead letter") {
            runtime.process.errors.contains("a message to com.example/failing/x cannot be delivered: ")
        }
        _ = try await runtime.stop()
    }

    @Test("a second instance on the same data says who has it")
    func twice() async throws {
        let runtime = try await start()
        let second = try await ChildProcess.run("\(RepositoryLayout.products)/statefun", ["run", "module.yaml"], directory: folder.path)
        #expect(second.status == 1)
        #expect(second.errors.contains("process \(runtime.process.processID) uses the data in .statefun"))
        _ = try await runtime.stop()
    }
}
