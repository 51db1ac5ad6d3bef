import Testing
import TransportCore

@testable import SpecParser

@Suite struct DocumentComposerTests {
    /// The first document of a text, and what is wrong with it.
    private func compose(_ text: String) -> (SpecNode?, [String]) {
        let source = ModuleText(file: "m", text)
        var composer = DocumentComposer(source)
        let node = source.documents().first.flatMap { composer.compose($0) }
        return (node, SpecParserTests.lines(composer.diagnostics))
    }

    /// A tree as one line, each node with its place.
    private func show(_ node: SpecNode?) -> String {
        guard let node else { return "none" }
        let place = "\(node.position.line):\(node.position.column)"
        switch node.content {
        case .scalar(let text): return "\(place)'\(text)'"
        case .null: return "\(place)null"
        case .sequence(let items): return "\(place)[" + items.map { show($0) }.joined(separator: " ") + "]"
        case .mapping(let entries):
            let shown = entries.map { "\($0.keyPosition.line):\($0.keyPosition.column)\($0.key)=\(show($0.value))" }
            return "\(place){" + shown.joined(separator: " ") + "}"
        }
    }

    @Test(
        "a tree has the place of everything in it",
        arguments: [
            ("a: 1\nb:\n  - x\n  - y: z\n", "1:1{1:1a=1:4'1' 2:1b=3:3[3:5'x' 4:5{4:5y=4:8'z'}]}"),
            ("--- {a: [1, 'q']}\n", "1:5{1:6a=1:9[1:10'1' 1:13'q']}"),
            ("# c\n\né: \u{1F600}, x\n", "3:1{3:1é=3:4'\u{1F600}, x'}"),
            ("a:\nb: ~\n", "1:1{1:1a=1:3null 2:1b=2:4null}"),
            ("\r\na: 1\rb: 2\r\n", "2:1{2:1a=2:4'1' 3:1b=3:4'2'}"),
            ("a: x\u{85}y\nb: \"p\u{2028}q\"\nc: 1\n", "1:1{1:1a=1:4'x\u{85}y' 2:1b=2:4'p\u{2028}q' 3:1c=3:4'1'}"),
        ]
    )
    func places(text: String, tree: String) {
        let (node, problems) = compose(text)
        #expect(show(node) == tree)
        #expect(problems.isEmpty)
    }

    @Test(
        "what is not text to YAML stays text as written",
        arguments: ["0x10", "1_000", "1.50", "true", "yes", "2020-01-01", "0o17", "1e3", ".inf", "12:30:45", "007", "="]
    )
    func numbers(written: String) {
        #expect(compose("a: \(written)").0?["a"]?.text == written)
    }

    @Test("nothing, ~ and null hold nothing", arguments: ["", "~", "null", "Null", "NULL", "!!null x"])
    func null(written: String) {
        #expect(compose("a: \(written)").0?["a"]?.content == .null)
    }

    @Test(
        "the same in quotes is text",
        arguments: [("\"\"", ""), ("'~'", "~"), ("\"null\"", "null"), ("!!str null", "null"), ("nil", "nil")]
    )
    func quotedNull(written: String, text: String) {
        #expect(compose("a: \(written)").0?["a"]?.text == text)
    }

    @Test("a document that holds nothing is none", arguments: ["---\n", "--- ~\n", "---\n# comment\n", "--- null\n"])
    func emptyDocuments(text: String) {
        let (node, problems) = compose(text)
        #expect(node == nil && problems.isEmpty)
    }

    // MARK: - Keys

    @Test(
        "a key that is written twice is reported with both places, and the first one counts",
        arguments: [
            ("k: 1\nx: 0\nk: 2\n", ["3:1 error the key 'k' is written twice, at 1:1 and here | keep one of the two"]),
            ("k: 1\n\"k\": 2\n", ["2:1 error the key 'k' is written twice, at 1:1 and here | keep one of the two"]),
            ("'k': 1\nk: 2\n", ["2:1 error the key 'k' is written twice, at 1:1 and here | keep one of the two"]),
            ("{k: 1, k: 2}\n", ["1:8 error the key 'k' is written twice, at 1:2 and here | keep one of the two"]),
            (
                "k: 1\nk: 2\nk: 3\n",
                [
                    "2:1 error the key 'k' is written twice, at 1:1 and here | keep one of the two",
                    "3:1 error the key 'k' is written twice, at 1:1 and here | keep one of the two",
                ]
            ),
            (
                "k: 1\na:\n  é: 1\n  é: 2\nk: 3\n",
                [
                    "4:3 error the key 'é' is written twice, at 3:3 and here | keep one of the two",
                    "5:1 error the key 'k' is written twice, at 1:1 and here | keep one of the two",
                ]
            ),
        ]
    )
    func duplicateKeys(text: String, problems: [String]) {
        let (node, found) = compose(text)
        #expect(found == problems)
        #expect(node?["k"]?.text == "1")
    }

    @Test("a duplicate key behind an anchor is reported as well, though the document is lost")
    func duplicateAnchoredKeys() {
        let (node, found) = compose("&x k: 1\nk: 2\n")
        #expect(node == nil)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("1:1 error the key 'k' is written twice in the keys that begin here") == true)
    }

    @Test("so many duplicate keys that reading them one by one would take too long are reported as one")
    func countlessDuplicateKeys() {
        let (node, found) = compose(String(repeating: "k: 1\n", count: 4000))
        #expect(node == nil)
        #expect(found.count == 1)
    }

    @Test("a key must be text")
    func complexKeys() {
        let (node, found) = compose("? [a]\n: 1\nb: 2\n? *b\n: 3\n")
        #expect(show(node) == "1:1{3:1b=3:4'2'}")
        #expect(found.count == 2)
        #expect(found[0] == "1:3 error a key must be text | write a name before the ':'")
        #expect(found[1] == "4:3 error an alias cannot stand for a key | write the key itself")
    }

    // MARK: - Aliases

    @Test(
        "an alias stands for what its anchor marks, at the place of the anchor",
        arguments: [
            ("a: &x 1\nb: *x\n", "1:1{1:1a=1:4'1' 2:1b=1:4'1'}"),
            ("a: &x [1]\nb: [*x, *x]\n", "1:1{1:1a=1:4[1:8'1'] 2:1b=2:4[1:4[1:8'1'] 1:4[1:8'1']]}"),
            ("a: &x 1\nb: &x 2\nc: *x\n", "1:1{1:1a=1:4'1' 2:1b=2:4'2' 3:1c=2:4'2'}"),
            ("&k a: 1\nb: *k\n", "1:1{1:1a=1:7'1' 2:1b=1:1'a'}"),
        ]
    )
    func aliases(text: String, tree: String) {
        let (node, problems) = compose(text)
        #expect(show(node) == tree)
        #expect(problems.isEmpty)
    }

    @Test("a '*' that begins no alias is a character like any other")
    func stars() {
        let (node, problems) = compose("a: com.example/*\nb: x*y *z\nc: '*d'\n# *e\nf: |\n  *g\n")
        #expect(node?.entries.map(\.value.text) == ["com.example/*", "x*y *z", "*d", "*g\n"])
        #expect(problems.isEmpty)
    }

    @Test(
        "an alias that cannot be followed is reported",
        arguments: [
            ("a: *x\n", "1:4 error the alias *x has no anchor before it in this document"),
            ("a: &x [*x]\n", "1:8 error the alias *x has no anchor before it in this document"),
            ("a: *x y\n", "1:4 error a text cannot begin with '*', which stands for an alias"),
        ]
    )
    func badAliases(text: String, problem: String) {
        let found = compose(text).1
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(problem) == true)
    }

    @Test("an anchor of another document does not count")
    func otherDocument() {
        let module = parse("kind: a\nspec: &x 1\n---\nkind: b\nspec: *x\n")
        #expect(SpecParserTests.lines(module.diagnostics).first?.hasPrefix("5:7 error the alias *x has no anchor") == true)
    }

    @Test(
        "a merge key takes in keys that are not written beside it",
        arguments: [
            ("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n", "1:1{1:1a=1:4{1:8p=1:11'1' 1:14q=1:17'2'} 2:1b=3:3{4:3q=4:6'3' 1:8p=1:11'1'}}"),
            ("a: &x {p: 1}\nb: &y {p: 2, q: 3}\nc: {<<: [*x, *y]}\n", nil),
            ("a: {'<<': 1}\n", "1:1{1:1a=1:4{1:5<<=1:11'1'}}"),
        ] as [(String, String?)]
    )
    func mergeKeys(text: String, tree: String?) {
        let (node, problems) = compose(text)
        #expect(problems.isEmpty)
        if let tree {
            #expect(show(node) == tree)
        } else {
            #expect(node?["c"]?.entries.map { "\($0.key)=\($0.value.text ?? "")" } == ["p=1", "q=3"], "the earlier mapping wins")
        }
    }

    @Test("a merge key takes in nothing else")
    func badMergeKeys() {
        #expect(compose("a: {<<: 1, b: 2}").1 == ["1:9 error '<<' takes in keys with values, not text | write an alias, such as *defaults"])
    }

    @Test("aliases that multiply end at a limit instead of filling the memory")
    func bomb() {
        var text = "a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n"
        for level in 1...20 {
            text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
        }
        let (node, found) = compose(text)
        #expect(node != nil)
        #expect(found.count == 1)
        #expect(found.first?.contains("the aliases of this file stand for more than 100000 values") == true)
    }

    @Test("aliases as keys are never expanded, however much they stand for")
    func bombInKeys() {
        var text = "a0: &a0 [1, 2]\n"
        for level in 1...60 {
            text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n"
        }
        let (_, found) = compose(text + "? [*a60, *a60]\n: 1\n")
        #expect(found.contains { $0.hasSuffix("error a key must be text | write a name before the ':'") })
    }

    // MARK: - Limits

    @Test(
        "nesting that is too deep is one error",
        arguments: ["[", "- ", "? ", "{a: ", "[a: "],
        [150, 5000]
    )
    func depth(opening: String, count: Int) {
        let closing = ["[": "]", "{a: ": "}", "[a: ": "]"][opening] ?? ""
        let (_, found) = compose(String(repeating: opening, count: count) + "1" + String(repeating: closing, count: count))
        #expect(found.count == 1)
        #expect(opening == "? " || found.first?.contains("nested more than 100 levels deep") == true)
    }

    @Test("nesting within the limit is read")
    func allowedDepth() {
        let (node, found) = compose(String(repeating: "[", count: 100) + "1" + String(repeating: "]", count: 100))
        #expect(node != nil && found.isEmpty)
    }

    @Test("the nesting behind aliases counts as well")
    func depthOfAliases() {
        var text = "a0: &a0 [1]\n"
        for level in 1...120 {
            text += "a\(level): &a\(level) [*a\(level - 1)]\n"
        }
        #expect(compose(text).1.first?.contains("nested more than 100 levels deep") == true)
    }

    @Test("control characters are one error a document, and the document is read")
    func controlCharacters() {
        let (node, found) = compose("a: x\u{1}y\nb: \u{7F}z\n")
        #expect(node?["b"] != nil)
        #expect(
            found == [
                "1:5 error there is a control character U+0001 here, and 1 more like it in this document | remove it, or write it as an escape in double quotes"
            ]
        )
    }

    @Test("characters of the planes that stand for others are not mistaken for them")
    func privatePlane() {
        let text = "a: \u{10F000}\u{10FFFD}\nb: &x \u{10F001}\nc: *x\nc: 2\n"
        let (node, found) = compose(text)
        #expect(node?["a"]?.text == "\u{10F000}\u{10FFFD}")
        #expect(node?["c"]?.text == "\u{10F001}")
        #expect(found.count == 1)
    }

    @Test("a tag that means nothing here is a warning, and the tags of YAML are none")
    func tags() {
        #expect(compose("a: !!str 1\nb: !!int 2\nc: ! 3\nd: !!map {}\n").1.isEmpty)
        #expect(
            compose("a: !secret x\nb: !list [1]\n").1 == [
                "1:4 warning the tag '!secret' has no meaning here | remove it",
                "2:4 warning the tag '!list' has no meaning here | remove it",
            ]
        )
    }
}
