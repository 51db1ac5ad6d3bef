import Foundation
import SpecParser
import Testing
import TransportCore

@Suite struct DiagnosticRendererJSONTests {
    private struct Item: Decodable, Equatable {
        var file: String?
        var line: Int?
        var column: Int?
        var length: Int
        var severity: String
        var message: String
        var remedy: String
        var replacement: String?
    }

    private func read(_ diagnostics: [SpecDiagnostic]) throws -> [Item] {
        try JSONDecoder().decode([Item].self, from: Data(DiagnosticRenderer.json(diagnostics).utf8))
    }

    @Test("no diagnostics are an empty array")
    func none() throws {
        #expect(try read([]).isEmpty)
    }

    @Test("every key is there")
    func keys() {
        let diagnostic = SpecDiagnostic(
            .error,
            at: SourcePosition(line: 3, column: 5),
            length: 7,
            "wrong",
            remedy: "write right",
            file: "m"
        )
        #expect(
            DiagnosticRenderer.json([diagnostic, SpecDiagnostic(.warning, at: nil, "odd", remedy: "look", replacement: "a\nb")]) == """
                [
                  {"file": "m", "line": 3, "column": 5, "length": 7, "severity": "error", "message": "wrong", "remedy": "write right"},
                  {"file": null, "line": null, "column": null, "length": 1, "severity": "warning", "message": "odd", "remedy": "look", "replacement": "a\\nb"}
                ]

                """
        )
    }

    @Test(
        "any text arrives as it is",
        arguments: ["\"", "\\", "\n\r\t", "\u{0}\u{1F}", "\u{7F}\u{9B}", "\u{2028}\u{2029}", "é\u{1F600}", "\u{202E}", "</script>", "/"]
    )
    func texts(text: String) throws {
        let item = try #require(try read([SpecDiagnostic(.error, at: nil, text, remedy: text, replacement: text, file: text)]).first)
        #expect([item.file, item.message, item.remedy, item.replacement] == [text, text, text, text])
    }
}
