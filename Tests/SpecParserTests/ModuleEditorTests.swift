import Testing
import TransportCore

@testable import SpecParser

/// What an editor leaves as it is, and where it refuses to change anything.
@Suite struct ModuleEditorTests {
    private let wanted: [ModuleEditor.Key] = [
        .init("urlPathTemplate", .text("http://g/")),
        .init("transport", .keys([.init("type", .text("a/b")), .init("timeouts", .keys([.init("call", .text("5 s"))]))])),
    ]

    private func edited(_ yaml: String, endpointAt position: SourcePosition = SourcePosition(line: 1, column: 1)) throws -> String {
        var editor = ModuleEditor(ModuleText(file: "m.yaml", yaml))
        try editor.setSpec(ofEndpointAt: position, to: wanted)
        return try editor.edited()
    }

    private static let written: [(before: String, after: String)] = [
        // Quotes, comments and spaces.
        (
            "kind: k\nspec:\n  'urlPathTemplate' :   \"http://h/#x\" # where\n  other: 1\n",
            "kind: k\nspec:\n  'urlPathTemplate' :   http://g/ # where\n  transport:\n    type: a/b\n    timeouts:\n      call: 5 s\n  other: 1\n"
        ),
        // A list and a block of text among what becomes a comment.
        (
            "kind: k\nspec:\n  urlPathTemplate: http://h/\n  transport:\n    type: x\n    list:\n    - 1\n\n    # said\n    - 2\n    text: |\n      a\n       b\n\n  last: 1\n",
            "kind: k\nspec:\n  urlPathTemplate: http://g/\n  transport:\n    type: a/b\n    timeouts:\n      call: 5 s\n    # list:\n    # - 1\n\n    # said\n    # - 2\n"
                + "    # text: |\n      # a\n       # b\n\n  last: 1\n"
        ),
        // A value that an alias stands for, and one with an anchor.
        (
            "kind: &k k\nspec:\n  x: &u http://h/\n  urlPathTemplate: *u\n  transport: {type: x}\n",
            "kind: &k k\nspec:\n  x: &u http://h/\n  urlPathTemplate: http://g/\n  transport: {type: a/b, timeouts: {call: 5 s}}\n"
        ),
        // An alias that stands for what is wanted.
        (
            "kind: k\nspec:\n  x: &u http://g/\n  urlPathTemplate: *u # here\n  transport: {type: x}\n",
            "kind: k\nspec:\n  x: &u http://g/\n  urlPathTemplate: http://g/ # here\n  transport: {type: a/b, timeouts: {call: 5 s}}\n"
        ),
        (
            "kind: k\nspec:\n  urlPathTemplate: !!str &u 'it''s'\n  transport: ~\n",
            "kind: k\nspec:\n  urlPathTemplate: !!str &u http://g/\n  transport: {type: a/b, timeouts: {call: 5 s}}\n"
        ),
        // A value on the line below its key.
        (
            "kind: k\nspec:\n  urlPathTemplate:\n    # here\n    http://h/\n  transport:\n    timeouts:\n      call: 1s\n      read: 1s\n    type: y\n",
            "kind: k\nspec:\n  urlPathTemplate:\n    # here\n    http://g/\n  transport:\n    timeouts:\n      call: 5 s\n      # read: 1s\n    type: a/b\n"
        ),
        // Letters of more than one byte before what changes.
        (
            "kind: k\nspec: {é: \"ü\", urlPathTemplate: http://é/, x: [1, {a: b}]}",
            "kind: k\nspec: {é: \"ü\", urlPathTemplate: http://g/, transport: {type: a/b, timeouts: {call: 5 s}}, x: [1, {a: b}]}"
        ),
    ]

    @Test("values change where they stand, and every other byte stays", arguments: written)
    func edits(before: String, after: String) throws {
        #expect(try edited(before) == after)
    }

    @Test("only the document that is meant changes")
    func documents() throws {
        let one = "kind: k\nspec:\n  urlPathTemplate: http://h/\n"
        let text = try edited("\(one)---\n\(one)", endpointAt: SourcePosition(line: 5, column: 1))
        #expect(text.hasPrefix("\(one)---\n"))
        #expect(text.hasSuffix("  urlPathTemplate: http://g/\n  transport:\n    type: a/b\n    timeouts:\n      call: 5 s\n"))
    }

    private static let refused: [(yaml: String, line: Int, says: String)] = [
        ("kind: k\nspec:\n  urlPathTemplate: |\n    http://h/\n", 3, "takes several lines"),
        ("kind: k\nspec:\n  urlPathTemplate: \"http://h/\\\n    a\"\n", 3, "takes several lines"),
        ("kind: k\nspec:\n  urlPathTemplate: 'http://h/\n    a'\n", 3, "takes several lines"),
        ("kind: k\nspec:\n  urlPathTemplate: http://h/\n  transport: {\n    a: b}\n", 4, "takes several lines"),
        ("kind: k\nspec:\n  urlPathTemplate: http://h/\n  transport: { # why\n    a: b}\n", 4, "takes several lines"),
        ("spec: 1\nkind: k\n", 1, "there are no keys here"),
        ("kind: k\nspec:\n  u: &u v\n  urlPathTemplate: *u\n  x: [1, *u]\n", 5, "'*u' would stay in the file"),
        (
            "kind: k\nspec:\n  u: &u {type: x}\n  urlPathTemplate: http://h/\n  transport:\n    <<: *u\n    a: b\n", 6,
            "'<<' would stay in the file"
        ),
        ("kind: k\nspec:\n  urlPathTemplate: http://h/\n  transport:\n    <<: {type: x}\n    a: b\n", 5, "'<<' would stay in the file"),
        ("kind: k\nspec:\n  urlPathTemplate: http://h/\n---\nkind: l\nspec: {x: &x 1, y: *x}\n", 6, "'*x' would stay in the file"),
    ]

    @Test("what is written in another way is refused with its place", arguments: refused)
    func refusals(yaml: String, line: Int, says: String) {
        #expect {
            try edited(yaml)
        } throws: { error in
            guard let diagnostic = error as? SpecDiagnostic else { return false }
            return diagnostic.position?.line == line && diagnostic.message.contains(says) && diagnostic.file == "m.yaml"
        }
    }
}
