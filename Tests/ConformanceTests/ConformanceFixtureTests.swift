import TestSupport
import Testing

@testable import ConformanceKit

@Suite struct ConformanceFixtureTests {
    private func folder(expected: String) throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        _ = try folder.write("kind: io.statefun.endpoints.v2/http\n", to: "one.yaml")
        _ = try folder.write(expected, to: "one.expected.yaml")
        return folder
    }

    @Test(
        "an expectation that cannot be understood is refused",
        arguments: [
            ("diagnostics: []", "'shows'"),
            ("shows: a\ndiagnostic: []", "'diagnostic'"),
            ("shows: [", "one.expected.yaml"),
            ("", "empty"),
        ]
    )
    func misunderstood(expected: String, reason: String) throws {
        let folder = try folder(expected: expected)
        #expect {
            try ConformanceFixture.all(in: folder.path)
        } throws: { error in
            "\(error)".contains(reason)
        }
    }

    @Test("a file that belongs to no fixture is reported")
    func stray() throws {
        let folder = try folder(expected: "shows: a")
        _ = try folder.write("", to: "two.yaml")
        #expect(throws: FixtureProblem.self) { try ConformanceFixture.all(in: folder.path) }
    }

    @Test(
        "a call that is not described whole is reported instead of being passed over",
        arguments: [
            "calls: [{invoke: com.example/greeter/Bob}]",
            "calls: [{invoke: com.example/greeter/Bob, with: 'int:1', reslut: nothing}]",
            "calls: []\nserve: udp",
            "calls: []\nconnections: [[{request: POST}]]",
            "calls: []\nconnections: [[{answer: close}]]",
            "calls: []\nconnections: [[{request: POST, body: '\u{2713}', answer: close}]]",
            "calls: []\nconnections: [[{request: POST, body: '', answers: close}]]",
        ]
    )
    func incompleteCall(text: String) async throws {
        let folder = try folder(expected: "shows: a\n\(text)")
        let results = try await ConformanceSuite(fixtures: ConformanceFixture.all(in: folder.path)).run()
        #expect(results.map(\.passed) == [false, false])
    }
}
