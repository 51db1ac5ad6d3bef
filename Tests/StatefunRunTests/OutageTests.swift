import Foundation
import TestSupport
import Testing
import TransportCore

/// Functions that are down for a while.
@Suite struct OutageTests {
    @Test("a function that is down is named once, with how much waits for it, and again when it is back; nothing is lost")
    func outage() async throws {
        let folder = try TemporaryDirectory()
        let socket = folder.file("functions.sock")
        let module = try ModuleFile.write(
            "http+unix://\(socket)",
            settings: ["transport: {type: io.statefun.transports.v1/async, call: 300ms, connect: 300ms}"],
            in: folder
        )
        let runtime = try await RunningStatefun(module, ["--admin", "0"], in: folder)
        #expect(!runtime.process.output.contains("answers\n"))
        for number in 1...3 {
            let request = #"{"name": "\#(number)"}"#
            #expect(try await runtime.put("com.example/greeter/\(number)", request, type: "application/vnd.example/GreetRequest") == 202)
        }
        try await runtime.says("com.example/greeter does not answer: http+unix://")
        #expect(runtime.process.errors.contains("; 3 messages wait for it\n"))
        try await eventually("the addresses to wait for their function") {
            try await HTTPCall.get("\(runtime.admin)/metrics").body.contains(
                #"statefun_blocked_addresses{function="com.example/greeter"} 3"#
            )
        }
        let summary = try await runtime.json("pending", "module.yaml")["functions"] as? [[String: Any]]
        #expect(summary?.first?["blocked"] as? Int == 3)
        #expect(summary?.first?["addresses"] as? Int == 3)
        #expect((summary?.first?["lastFailure"] as? String)?.contains("functions.sock") == true)
        let table = try await runtime.statefun("pending", "module.yaml").output
        #expect(table.contains("its endpoint"))

        let functions = try await SubprocessPeer(
            RepositoryLayout.python(),
            [RepositoryLayout.path("Tests/Support/functions/serve.py"), "--http-unix", socket],
            environment: ["PYTHONDONTWRITEBYTECODE": "1"]
        )
        try await runtime.says("com.example/greeter answers again")
        var greetings: [String] = []
        while greetings.count < 3 { greetings.append(try await runtime.take("greetings")) }
        #expect(greetings.sorted() == (1...3).map { "Hello \($0) for the 1. time" })
        #expect(runtime.count(of: "com.example/greeter does not answer") == 1)
        #expect(runtime.count(of: "com.example/greeter answers again") == 1)
        #expect(try await runtime.stop() == 0)
        await functions.stop()
    }
}
