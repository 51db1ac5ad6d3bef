import Foundation
import TestSupport
import Testing
import TransportCore

/// What functions of the published SDK want done, seen from outside.
@Suite struct EffectTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func start(_ arguments: [String] = []) async throws -> RunningStatefun {
        try await RunningStatefun(ModuleFile.write(SDKFunctions.shared()[.http], in: folder), arguments, in: folder)
    }

    private static let int = "application/vnd.io.statefun.types/int"

    @Test("functions send to themselves and to one another, and see who sent")
    func loops() async throws {
        let runtime = try await start()
        try await runtime.put("com.example/countdown/Bob", "40", type: Self.int)
        #expect(try await runtime.take("told") == "com.example/countdown/Bob after com.example/countdown/Bob")
        try await runtime.put("com.example/ping/Eve", "41", type: Self.int)
        #expect(try await runtime.take("told") == "com.example/pong/Eve after com.example/ping/Eve")
        let toItself = #"[{"do":"send","to":"x","commands":[{"do":"egress","text":"to itself"}]}]"#
        try await runtime.put("com.example/commander/x", toItself, type: "application/vnd.example/Commands")
        #expect(try await runtime.take("told") == "to itself")
        #expect(try await runtime.stop() == 0)
    }

    @Test("values are forgotten so long after they were written, or after the function was called, and not before; also across a kill")
    func expiring() async throws {
        var runtime = try await start()
        let address = "com.example/expiring/Bob"
        /// When each value that is set is forgotten, in seconds.
        func shown() async throws -> [String: Double] {
            let values = try await runtime.json("state", "show", "module.yaml", address)["values"] as? [[String: Any]] ?? []
            let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            let times = try values.map { value in
                let expires = try (value["expires"] as? String).map { try Date($0, strategy: format).timeIntervalSince1970 }
                return (value["name"] as? String ?? "", expires ?? .infinity)
            }
            return Dictionary(uniqueKeysWithValues: times)
        }
        try await runtime.put(address, "7", type: Self.int)
        try await eventually("the values to be written") { try await shown()["kept"] != nil }
        let before = try await shown()
        try await runtime.put(address, "a call that writes nothing")
        // On a machine that takes seconds for this the values have gone already.
        try await eventually("the time of what was not called for to be put off") {
            let now = try await shown()
            #expect(now["written"] == nil || now["written"] == before["written"])
            return now["invoked"].map { $0 > before["invoked", default: 0] } ?? true
        }
        #expect(try await shown()["kept"] == .infinity)
        try await runtime.kill()
        runtime = try await start()
        try await eventually("the values to be forgotten") { try await shown().keys.sorted() == ["kept"] }
        try await runtime.put(address, "report")
        #expect(try await runtime.take("told") == "7 None None")
        // Written again after it was forgotten, it is there again.
        try await runtime.put(address, "8", type: Self.int)
        try await eventually("the values to be written again") { try await shown()["invoked"] != nil }
        #expect(try await runtime.stop() == 0)
    }
}
