import SpecParser
import Testing
import TransportCore

@Suite struct DiagnosticRendererTests {
    private func render(_ line: String, column: Int, length: Int = 1, width: Int = 120) -> [String] {
        let diagnostic = SpecDiagnostic(
            .error,
            at: SourcePosition(line: 2, column: column),
            length: length,
            "wrong",
            remedy: "write right",
            file: "m.yaml"
        )
        let text = ModuleText(file: "m.yaml", "first\n\(line)\n")
        let shown = DiagnosticRenderer(width: width).render([diagnostic], in: [text])
        #expect(shown.hasPrefix("m.yaml:2:\(column): error: wrong; write right\n"))
        return shown.split(separator: "\n").dropFirst().map(String.init)
    }

    @Test("the line is shown with a caret and tildes below what is meant")
    func caret() {
        #expect(render("  functon: a/b", column: 3, length: 7) == ["2 |   functon: a/b", "  |   ^~~~~~~"])
        #expect(render("a", column: 1) == ["2 | a", "  | ^"])
        #expect(render("a: b", column: 4, length: 50) == ["2 | a: b", "  |    ^"], "no further than the line goes")
        #expect(render("abc", column: 9) == ["2 | abc", "  |    ^"], "a place behind the line is shown at its end")
        #expect(render("abc", column: 900) == ["2 | abc", "  |    ^"])
        #expect(render("abc", column: 0) == ["2 | abc", "  | ^"])
    }

    @Test("the gutter is as wide as the number of the line")
    func gutter() {
        let text = ModuleText(file: "m", String(repeating: "\n", count: 99) + "abc\n")
        let diagnostic = SpecDiagnostic(.warning, at: SourcePosition(line: 100, column: 2), "odd", remedy: "look", file: "m")
        #expect(DiagnosticRenderer().render(diagnostic, in: text) == "m:100:2: warning: odd; look\n100 | abc\n    |  ^\n")
    }

    @Test("the caret stands below its character whatever is before it")
    func columns() {
        #expect(render("\ta: b", column: 2) == ["2 |     a: b", "  |     ^"])
        #expect(render("\ta", column: 1) == ["2 |     a", "  | ^~~~"])
        #expect(render("日本: x", column: 5) == ["2 | 日本: x", "  |       ^"])
        #expect(render("e\u{301}a", column: 3) == ["2 | e\u{301}a", "  |  ^"])
        #expect(render("日", column: 1) == ["2 | 日", "  | ^~"])
    }

    @Test("a long line is shown around the place")
    func windows() {
        let line = String(repeating: "a", count: 500) + "X" + String(repeating: "b", count: 500)
        let shown = render(line, column: 501, width: 40)
        #expect(shown[0].contains("X") && shown[0].count < 60)
        #expect(shown[0].hasPrefix("2 | …a") && shown[0].hasSuffix("b…"))
        #expect(
            shown[1].firstIndex(of: "^")
                == shown[0].firstIndex(of: "X").map { shown[0].distance(from: shown[0].startIndex, to: $0) }.map {
                    shown[1].index(shown[1].startIndex, offsetBy: $0)
                }
        )
        let start = render(line, column: 1, width: 40)
        #expect(start[0].hasPrefix("2 | a") && start[0].hasSuffix("…") && start[1] == "  | ^")
        let end = render(line, column: 1001, width: 40)
        #expect(end[0].hasPrefix("2 | …b") && !end[0].hasSuffix("…"))
        #expect(end[1].count == end[0].count)
        let enormous = render(String(repeating: "é", count: 1_000_000), column: 900_000, width: 40)
        #expect(enormous.allSatisfy { $0.count < 60 })
    }

    @Test("what a terminal would obey is not passed on")
    func hostile() {
        let diagnostic = SpecDiagnostic(
            .error,
            at: SourcePosition(line: 1, column: 1),
            "the key '\u{1B}[2J\n' is odd",
            remedy: "not \u{202E}this",
            file: "m\u{7}"
        )
        let text = ModuleText(file: "m\u{7}", "\u{1B}[31mred\u{202E}\u{9B}x\n")
        let shown = DiagnosticRenderer().render([diagnostic], in: [text])
        #expect(
            shown == """
                m\u{FFFD}:1:1: error: the key '\u{FFFD}[2J\u{FFFD}' is odd; not \u{FFFD}this
                1 | \u{FFFD}[31mred\u{FFFD}\u{FFFD}x
                  | ^

                """
        )
    }

    @Test("without the text or a place only the message is shown")
    func noText() {
        let somewhere = SpecDiagnostic(.error, at: SourcePosition(line: 9, column: 1), "wrong", remedy: "write right", file: "m")
        #expect(DiagnosticRenderer().render([somewhere], in: []) == "m:9:1: error: wrong; write right\n")
        #expect(DiagnosticRenderer().render(somewhere, in: ModuleText(file: "m", "a\n")) == "m:9:1: error: wrong; write right\n")
        let nowhere = SpecDiagnostic(.warning, at: nil, "odd", remedy: "look")
        #expect(DiagnosticRenderer().render(nowhere, in: nil) == "warning: odd; look\n")
        #expect(DiagnosticRenderer().render([], in: []).isEmpty)
    }

    @Test("each diagnostic gets the line of its own file")
    func severalFiles() {
        let texts = [ModuleText(file: "a", "one\n"), ModuleText(file: "b", "two\n")]
        let diagnostics = ["b", "a"].map { SpecDiagnostic(.error, at: SourcePosition(line: 1, column: 1), "x", remedy: "y", file: $0) }
        #expect(
            DiagnosticRenderer().render(diagnostics, in: texts)
                == "b:1:1: error: x; y\n1 | two\n  | ^\na:1:1: error: x; y\n1 | one\n  | ^\n"
        )
    }

    @Test("a replacement follows, indented")
    func replacement() {
        let diagnostic = SpecDiagnostic(.error, at: nil, "old", remedy: "write it anew", replacement: "kind: a\n\nspec:\n  b: 1")
        #expect(
            DiagnosticRenderer().render(diagnostic, in: nil)
                == "error: old; write it anew\nwrite instead:\n    kind: a\n\n    spec:\n      b: 1\n"
        )
    }

    @Test("colours are there only when asked for")
    func colours() {
        let text = ModuleText(file: "m", "abc\n")
        let error = SpecDiagnostic(.error, at: SourcePosition(line: 1, column: 1), length: 3, "wrong", remedy: "write right", file: "m")
        let warning = SpecDiagnostic(.warning, at: nil, "odd", remedy: "look")
        let esc = "\u{1B}["
        #expect(
            DiagnosticRenderer(colours: true).render(error, in: text)
                == "\(esc)1mm:1:1:\(esc)0m \(esc)1;31merror:\(esc)0m \(esc)1mwrong\(esc)0m; write right\n"
                + "\(esc)2m1 | \(esc)0mabc\n\(esc)2m  | \(esc)0m\(esc)32m^~~\(esc)0m\n"
        )
        #expect(DiagnosticRenderer(colours: true).render(warning, in: nil) == "\(esc)1;33mwarning:\(esc)0m \(esc)1modd\(esc)0m; look\n")
        #expect(!DiagnosticRenderer().render(error, in: text).contains("\u{1B}"))
    }

    @Test("strict mode makes errors of warnings and changes nothing else")
    func strict() {
        let module = parse("kind: a\nspec: 1\nextra: 2\n---\nspec: 1\n")
        #expect(module.diagnostics.map(\.severity) == [.warning, .error])
        let strict = module.diagnostics.treatingWarningsAsErrors()
        #expect(strict.map(\.severity) == [.error, .error])
        #expect(strict.map(\.message) == module.diagnostics.map(\.message))
    }
}
