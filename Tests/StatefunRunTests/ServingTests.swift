import Foundation
import TestSupport
import Testing
import TransportCore

/// What clients of a running application meet: ingress, egress, health and figures.
@Suite struct ServingTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func start(_ arguments: [String] = [], batch: Int = 1_000) async throws -> RunningStatefun {
        let settings = ["maxNumBatchRequests: \(batch)", "transport: {type: io.statefun.transports.v1/async, call: 30s}"]
        return try await RunningStatefun(
            ModuleFile.write(SDKFunctions.shared()[.http], settings: settings, in: folder),
            arguments,
            in: folder
        )
    }

    @Test("a full inbox is 429 with Retry-After for its address only, and nothing that was accepted is lost")
    func full() async throws {
        let runtime = try await start(["--max-waiting", "6"], batch: 3)
        let group = UUID().uuidString
        try await runtime.put("com.example/releaser/x", "another group")
        try await eventually("the first call") { try await runtime.standings().isEmpty }
        for _ in 0..<3 {
            #expect(try await runtime.put("com.example/held/Bob", group) == 202)
        }
        let refused = try await HTTPCall.put("\(runtime.ingress)/com.example/held/Bob", group)
        #expect(refused.status == 429)
        #expect(Int(refused.field("Retry-After") ?? "") ?? 0 >= 1)
        #expect(refused.body.contains("maxNumBatchRequests"))
        // Others are not concerned, until as much waits as may in all.
        for id in ["Ann", "Cid", "Dan"] {
            #expect(try await runtime.put("com.example/held/\(id)", group) == 202)
        }
        let everybody = try await HTTPCall.put("\(runtime.ingress)/com.example/held/Eve", group)
        #expect(everybody.status == 429)
        #expect(everybody.field("Retry-After") != nil)
        let outcome = try await runtime.statefun("send", "module.yaml", "com.example/held/Eve", "--string", group)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("6 messages wait already"))
        // What is full cannot take the release either, so it comes from another runtime.
        try await release(group)
        var told: [String] = []
        while told.count < 6 { told.append(try await runtime.take("told")) }
        #expect(told.filter { $0.hasPrefix("Bob ") }.count == 3)
        #expect(try await runtime.stop() == 0)
    }

    private func release(_ group: String) async throws {
        let folder = try TemporaryDirectory()
        let module = try ModuleFile.write(await SDKFunctions.shared()[.http], in: folder)
        let other = try await RunningStatefun(module, ["--in-memory"], in: folder)
        try await other.put("com.example/releaser/x", group)
        try await eventually("the release") { try await other.standings().isEmpty }
        #expect(try await other.stop() == 0)
    }

    @Test("records are waited for, taken one by one or many at a time; a message with a key is taken once, also after a restart")
    func taking() async throws {
        var runtime = try await start()
        func tell(_ text: String, key: String? = nil) async throws -> Int {
            let commands = #"[{"do":"egress","text":"\#(text)"}]"#
            return try await runtime.put("com.example/commander/x", commands, type: "application/vnd.example/Commands", key: key)
        }
        let first = runtime
        async let waiting = first.take("told")
        #expect(try await tell("a") == 202)
        #expect(try await waiting == "a")
        for text in ["b", "c", "d"] {
            #expect(try await tell(text, key: "key of \(text)") == 202)
            #expect(try await tell("\(text) again", key: "key of \(text)") == 202)
        }
        #expect(try await tell("e") == 202)
        try await eventually("all to be handled") { try await runtime.standings().isEmpty }
        let two = try await HTTPCall.get("\(runtime.egress)/told?max=2")
        #expect(two.status == 200)
        #expect(try JSONDecoder().decode([String].self, from: Data(two.body.utf8)) == ["b", "c"])
        #expect(two.field("Content-Type")?.hasPrefix("application/json") == true)
        #expect(try await runtime.stop() == 0)
        runtime = try await start()
        #expect(try await tell("d once more", key: "key of d") == 202)
        #expect(try await runtime.takeAll("told") == ["d", "e"])
        #expect(try await HTTPCall.get("\(runtime.egress)/told").status == 204)
        #expect(try await HTTPCall.get("\(runtime.egress)/nothing").status == 404)
        #expect(try await HTTPCall.get("\(runtime.egress)/told?wait=forever").status == 400)
        #expect(try await runtime.stop() == 0)
    }

    @Test("health and figures are shown where they are asked for")
    func admin() async throws {
        let runtime = try await start(["--admin", "127.0.0.1:0"])
        #expect(try await HTTPCall.get("\(runtime.admin)/healthz").status == 200)
        #expect(try await HTTPCall.get("\(runtime.admin)/readyz").status == 200)
        for name in ["Bob", "Eve"] {
            let request = #"{"name": "\#(name)"}"#
            try await runtime.put("com.example/greeter/\(name)", request, type: "application/vnd.example/GreetRequest")
        }
        _ = try await runtime.take("greetings")
        _ = try await runtime.take("greetings")
        let figures = try await HTTPCall.get("\(runtime.admin)/metrics").body
        for line in [
            #"statefun_in_total{function="com.example/greeter"} 2"#, #"statefun_ingress_total{function="com.example/greeter"} 2"#,
            #"statefun_backlog{function="com.example/greeter"} 0"#, #"statefun_egress_taken_total{topic="greetings"} 2"#,
            #"statefun_inflight_async_ops{function="com.example/greeter"} 0"#,
        ] {
            #expect(figures.contains(line + "\n"), "\(line) in \(figures)")
        }
        // The greeter also sends to an egress that is not here.
        #expect(figures.contains(#"statefun_dead_letters_total{function="com.example/greeter"} 2"#))
        #expect(try await HTTPCall.get("\(runtime.admin)/other").status == 404)
        #expect(try await runtime.stop() == 0)
    }
}
