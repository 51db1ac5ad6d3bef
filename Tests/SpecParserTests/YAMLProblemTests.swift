import SpecParser
import Testing
import TransportCore

@Suite struct YAMLProblemTests {
    @Test(
        "what is not YAML is explained at its place",
        arguments: [
            ("a: b: c", "1:5 error there is a second ': ' in this line"),
            ("url: https://a: 8080", "1:15 error there is a second ': ' in this line"),
            ("a: 1\n  b: 2", "2:4 error this line goes on from the one before, so no ': ' can stand in it"),
            ("a\nb: 1", "2:2 error this line goes on from the one before, so no ': ' can stand in it"),
            ("a: b\nfoo\nbar: 1", "2:1 error this line is not a 'key: value'"),
            ("a:\n  - 1\n - 2", "3:2 error this does not fit what is around it"),
            ("- a\nb: 1", "2:1 error this does not fit what is around it"),
            ("a: 'x' y", "1:8 error this does not fit what is around it"),
            ("a: [1, 2", "1:4 error the list in brackets that begins here does not end"),
            ("a: {function.name", "1:4 error what begins with '{' here does not end"),
            ("a: {b: ${C}}", "1:8 error '${' opens a list of keys here, as any '{' does between braces or brackets"),
            ("a: [${C}]", "1:5 error '${' opens a list of keys here, as any '{' does between braces or brackets"),
            ("a: ]", "1:4 error a value is missing here"),
            ("a: \"foo\nb: 1\n", "1:4 error the quote that opens here is not closed"),
            ("a: 'foo\nb: 1\n...\n", "1:4 error the quote that opens here is not closed"),
            ("a: \"C:\\dir\"", "1:7 error this is not an escape that double quotes know"),
            ("a: \"\\xZZ\"", "1:7 error this is not an escape that double quotes know"),
            ("a: \"\\ud800\"", "1:7 error this is not an escape that double quotes know"),
            ("a: *", "1:4 error a text cannot begin with '*'"),
            ("a: */x", "1:4 error a text cannot begin with '*'"),
            ("a: & b", "1:4 error a text cannot begin with '&'"),
            ("a: @x", "1:4 error a text cannot begin with '@'"),
            ("a: `x`", "1:4 error a text cannot begin with '`'"),
            ("a: %x", "1:4 error a text cannot begin with '%'"),
            ("a: - b", "1:4 error a list cannot begin here"),
            ("a: ? b", "1:4 error a key cannot begin here"),
            ("a: |x\n foo", "1:5 error text follows the '|' or '>' that announces it"),
            ("a: |0\n foo", "1:5 error an indentation of 0 is not possible"),
            ("a: !<x", "1:4 error the tag that begins with '!' here is not complete"),
            ("a: !x!y z", "1:4 error the tag that begins with '!' here is not complete"),
            ("%FOO\n---\na: 1", "1:1 error this directive is not one of YAML"),
            ("%YAML 3.0\n---\na: 1", "1:1 error this version of YAML is not supported"),
            ("%YAML 1.1\n%YAML 1.1\n---\na: 1", "2:1 error this directive is not one of YAML"),
            ("{a: 1} b", "1:8 error something follows the end of the document"),
        ]
    )
    func explained(text: String, problem: String) {
        let found = lines(parse(text).diagnostics)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(problem + " |") == true, "\(found)")
    }

    @Test(
        "a tab in the indentation is named as the cause, wherever the reader noticed",
        arguments: [
            ("\ta: 1\n", "1:1", ""),
            ("a:\n\tb: 2\n", "2:1", ""),
            ("a:\n  b: 1\n  \tc: 2\n", "3:3", ""),
            ("a: 1\n\tb: 2\n", "2:1", ""),
            ("a:\n\tb: 2\n\tc: 3\n", "2:1", ", as 1 other line is"),
            ("a:\n\tb: 2\n\tc: 3\n\td: 3\n", "2:1", ", as 2 other lines are"),
        ]
    )
    func tabs(text: String, place: String, others: String) {
        let message = "\(place) error this line is indented with a tab\(others), which YAML does not allow | indent with spaces"
        #expect(lines(parse(text).diagnostics) == [message])
    }

    @Test("tabs between a key and its value, and at the end of a line, are allowed")
    func allowedTabs() {
        let module = parse("kind:\ta\t\nspec:\t{x: 1}\t# c\n")
        #expect(module.diagnostics.isEmpty)
        #expect(module.others.first?.spec["x"]?.text == "1")
    }

    @Test("a document that is not YAML leaves the others readable, and each is reported at its own lines")
    func otherDocuments() {
        let module = parse(
            """
            kind: a
            spec: 1
            ---
            kind: b
            spec: "open
            ---
            kind: c
            spec: 3
            ---
            \tkind: d
            ---
            kind: e
            spec: 5
            """
        )
        #expect(module.others.map(\.kind.value) == ["a", "c", "e"])
        #expect(module.others.map(\.position.line) == [1, 7, 12])
        #expect(module.diagnostics.map(\.position) == [SourcePosition(line: 5, column: 7), SourcePosition(line: 10, column: 1)])
    }
}
