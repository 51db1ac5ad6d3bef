import Foundation
import TestSupport
import Testing
import TransportCore

/// `statefun run` on data that cannot be used, and on a disk without room.
@Suite struct StoreTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func module() async throws -> String {
        try ModuleFile.write(await SDKFunctions.shared()[.http], in: folder)
    }

    @Test("a damaged store is reported with its path, and left as it is")
    func damaged() async throws {
        let module = try await module()
        var runtime = try await RunningStatefun(module, in: folder)
        for id in 0..<50 {
            try await runtime.put("com.example/commander/\(id)", #"[{"do":"add","amount":1}]"#, type: "application/vnd.example/Commands")
        }
        try await eventually("all to be handled") { try await runtime.standings().isEmpty }
        #expect(try await runtime.stop() == 0)
        let path = folder.file(".statefun/statefun.db")
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        for damage in [Data(repeating: 0x41, count: whole.count), whole.prefix(whole.count / 2), Data("SQLite format 3\0".utf8)] {
            _ = try folder.write(damage, to: ".statefun/statefun.db")
            let outcome = try await ChildProcess.run("\(RepositoryLayout.products)/statefun", ["run", module], directory: folder.path)
            #expect(outcome.status == 1)
            #expect(outcome.errors.hasPrefix("error: the store .statefun/statefun.db is damaged: "), "\(outcome.errors)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == damage)
        }
        _ = try folder.write(whole, to: ".statefun/statefun.db")
        runtime = try await RunningStatefun(module, in: folder)
        #expect(try await runtime.statefun("state", "module.yaml", "--limit", "1").output.contains("com.example/commander/0"))
        #expect(try await runtime.stop() == 0)
    }

    @Test(
        "a full disk accepts nothing that it does not store, says so once, and goes on when there is room",
        .enabled(if: TinyFileSystem.isPossible)
    )
    func fullDisk() async throws {
        let disk = try TinyFileSystem(bytes: 8 << 20)
        let module = try await module()
        var runtime = try await RunningStatefun(module, ["--data-dir", disk.file("data"), "--admin", "0"], in: folder)
        func tell(_ text: String) async throws -> HTTPCall {
            let commands = #"[{"do":"egress","text":"\#(text)"}]"#
            return try await HTTPCall.put(
                "\(runtime.ingress)/com.example/commander/x",
                commands,
                ["Content-Type": "application/vnd.example/Commands"]
            )
        }
        #expect(try await tell("before").status == 202)
        #expect(try await runtime.take("told") == "before")
        try disk.fill("ballast")
        var accepted: [String] = []
        var refused: HTTPCall?
        for number in 0..<10_000 where refused == nil {
            let answer = try await tell("\(number) " + String(repeating: "x", count: 4_000))
            if answer.status == 202 {
                accepted.append("\(number)")
            } else {
                refused = answer
            }
        }
        #expect(refused?.status == 503)
        #expect(refused?.field("Retry-After") != nil)
        try await runtime.says("nothing is accepted and no function is called: ")
        #expect(try await HTTPCall.get("\(runtime.admin)/readyz").status == 503)
        #expect(try await HTTPCall.get("\(runtime.admin)/healthz").status == 200)
        disk.remove("ballast")
        try await runtime.says("what happens is stored again; going on")
        try await eventually("messages to be accepted") { try await tell("after").status == 202 }
        var told: [String] = []
        while told.last != "after" { told.append(String(try await runtime.take("told").prefix { $0 != " " })) }
        #expect(told.dropLast() == accepted[...])
        #expect(runtime.count(of: "nothing is accepted") == 1)
        #expect(try await runtime.stop() == 0)
        runtime = try await RunningStatefun(module, ["--data-dir", disk.file("data")], in: folder)
        #expect(try await runtime.takeAll("told").isEmpty)
        #expect(try await runtime.stop() == 0)
    }
}
