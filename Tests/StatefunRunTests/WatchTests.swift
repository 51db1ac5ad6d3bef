import Foundation
import NIOConcurrencyHelpers
import TestSupport
import Testing
import TransportCore

/// `statefun run --watch`: a module file that changes while the application runs.
@Suite struct WatchTests {
    private static let taken = "module.yaml has changed and is used now"

    @Test("a changed file is taken over without losing anything; a broken one is reported, and the one before stays")
    func watch() async throws {
        let folder = try TemporaryDirectory()
        let url = try await SDKFunctions.shared()[.http]
        try ModuleFile.write(url, functions: "com.example/commander", topics: ["told"], in: folder)
        let runtime = try await RunningStatefun("module.yaml", ["--watch"], in: folder)
        func tell(_ id: String) async throws -> Int {
            let commands = #"[{"do":"egress","text":"\#(id)"}]"#
            return try await runtime.put("com.example/commander/\(id)", commands, type: "application/vnd.example/Commands")
        }
        // Messages come all the time, whatever happens to the file.
        let isDone = NIOLockedValueBox(false)
        let sender = Task { () async throws -> [String] in
            var sent: [String] = []
            while !isDone.withLockedValue({ $0 }) {
                let id = "message-\(sent.count)"
                #expect(try await tell(id) == 202)
                sent.append(id)
            }
            return sent
        }

        // It is not there, and then it is no module.
        try FileManager.default.removeItem(atPath: folder.file("module.yaml"))
        try await runtime.says("module.yaml has changed and cannot be used; the one before stays: No such file or directory")
        _ = try folder.write("kind: io.statefun.endpoints.v2/http\nspec:\n  functions: com.example/*\n", to: "module.yaml")
        try await runtime.says("module.yaml has changed and cannot be used; the one before stays\n")
        #expect(runtime.process.errors.contains("module.yaml:3"))
        #expect(runtime.count(of: Self.taken) == 0)

        // More functions and a topic more.
        #expect(try await runtime.put("com.example/greeter/Bob", #"{"name": "Bob"}"#, type: "application/vnd.example/GreetRequest") == 404)
        try ModuleFile.write(url, topics: ["told", "greetings"], in: folder)
        try await eventually("the change") { runtime.count(of: Self.taken) == 1 }
        #expect(try await runtime.put("com.example/greeter/Bob", #"{"name": "Bob"}"#, type: "application/vnd.example/GreetRequest") == 202)
        #expect(try await runtime.take("greetings") == "Hello Bob for the 1. time")

        // An endpoint less: what functions send there is kept as a dead letter.
        try ModuleFile.write(url, functions: "com.example/commander", topics: ["told", "greetings"], in: folder)
        try await eventually("the second change") { runtime.count(of: Self.taken) == 2 }
        #expect(try await runtime.put("com.example/greeter/Bob", #"{"name": "Bob"}"#, type: "application/vnd.example/GreetRequest") == 404)
        #expect(runtime.count(of: "module.yaml has changed and cannot be used") == 2)

        isDone.withLockedValue { $0 = true }
        let sent = try await sender.value
        var told: [String] = []
        while told.count < sent.count {
            told.append(try await runtime.take("told"))
        }
        #expect(told.sorted() == sent.sorted())
        #expect(try await runtime.stop() == 0)
    }

    @Test("an ingress or egress on another port moves there, and one whose port is taken is reported")
    func ports() async throws {
        let folder = try TemporaryDirectory()
        let url = try await SDKFunctions.shared()[.http]
        let module = try ModuleFile.write(url, topics: ["told"], in: folder)
        let runtime = try await RunningStatefun(module, ["--watch"], in: folder)
        let occupied = try RefusingServer()
        let text = try String(contentsOfFile: folder.file(module), encoding: .utf8)
        let ports = text.components(separatedBy: "port: 0")
        try #require(ports.count == 3)
        _ = try folder.write("\(ports[0])port: \(occupied.port)\(ports[1])port: 0\(ports[2])", to: module)
        try await runtime.says("module.yaml has changed and cannot be used; the one before stays: ")
        // The egress stays what it was.
        #expect(try await HTTPCall.get("\(runtime.egress)/told").status == 204)
        #expect(try await runtime.stop() == 0)
    }
}
