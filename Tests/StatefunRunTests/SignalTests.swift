import Foundation
import TestSupport
import Testing
import TransportCore

/// How `statefun run` ends.
@Suite struct SignalTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    /// A runtime with a call in flight that ends only when its group is released.
    private func startCall(_ group: String, _ arguments: [String] = []) async throws -> RunningStatefun {
        let url = try await SDKFunctions.shared()[.http]
        let runtime = try await RunningStatefun(ModuleFile.write(url, in: folder), arguments, in: folder)
        try await runtime.put("com.example/releaser/x", "another group")
        try await runtime.put("com.example/held/Bob", group)
        try await eventually("the call") { try await runtime.standings() == ["called"] }
        return runtime
    }

    /// Lets a group of calls go that another runtime has begun.
    private func release(_ group: String) async throws {
        let folder = try TemporaryDirectory()
        let url = try await SDKFunctions.shared()[.http]
        let runtime = try await RunningStatefun(ModuleFile.write(url, in: folder), ["--in-memory"], in: folder)
        try await runtime.put("com.example/releaser/x", group)
        try await eventually("the release") { try await runtime.standings().isEmpty }
        #expect(try await runtime.stop() == 0)
    }

    @Test("the first signal takes nothing more, lets calls in flight end and stores what came of them", arguments: [SIGINT, SIGTERM])
    func drain(signal: Int32) async throws {
        let group = UUID().uuidString
        var runtime = try await startCall(group)
        runtime.process.send(signal: signal)
        try await runtime.says("stopping after the calls in flight; Ctrl-C again stops at once")
        await #expect(throws: (any Error).self) { try await runtime.put("com.example/commander/x", "[]") }
        try await release(group)
        #expect(try await runtime.process.exit().status == 0)
        #expect(try await runtime.statefun("pending", "module.yaml").output.contains("1 egress record in told to be taken"))
        runtime = try await RunningStatefun("module.yaml", in: folder)
        #expect(try await runtime.take("told") == "Bob was one of 1")
        #expect(try await runtime.stop() == 0)
    }

    @Test("clients that wait for records when it stops are told at once, and that it is the last answer")
    func waitingClients() async throws {
        let group = UUID().uuidString
        let runtime = try await startCall(group)
        let client = try await WireClient(to: runtime.egress)
        // The second one waits when the answer to the first one is sent.
        try await client.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\nGET /told?wait=1min HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try await client.answer().status == 404)
        runtime.process.send(signal: SIGTERM)
        let answer = try await client.answer()
        #expect(answer.status == 204)
        #expect(answer.fields["connection"] == "close")
        try await client.ended()
        try await release(group)
        #expect(try await runtime.process.exit().status == 0)
    }

    @Test("a second signal ends it at once, and the status says so; what was in flight goes on at the next start")
    func twice() async throws {
        let group = UUID().uuidString
        var runtime = try await startCall(group)
        runtime.process.send(signal: SIGINT)
        try await runtime.says("stopping after the calls in flight")
        // Signals at one moment are one, so that it is sent until it counts.
        try await eventually("the second signal") {
            runtime.process.send(signal: SIGINT)
            return runtime.process.errors.contains("stopping at once")
        }
        #expect(try await runtime.process.exit().status == 130)
        let shown = try await runtime.json("pending", "module.yaml")["addresses"] as? [[String: Any]]
        #expect(shown?.map { $0["address"] as? String } == ["com.example/held/Bob"])
        runtime = try await RunningStatefun("module.yaml", in: folder)
        try await runtime.put("com.example/releaser/x", group)
        #expect(try await runtime.take("told") == "Bob was one of 1")
        #expect(try await runtime.stop() == 0)
    }

    @Test("calls in flight are cut off when --drain is over")
    func limit() async throws {
        let runtime = try await startCall(UUID().uuidString, ["--drain", "100ms"])
        #expect(try await runtime.stop() == 0)
        let shown = try await runtime.json("pending", "module.yaml")["addresses"] as? [[String: Any]]
        #expect(shown?.count == 1)
    }
}
