import SpecParser
import Testing
import TransportCore

@Suite struct ModuleTextTests {
    @Test(
        "lines end at every kind of line break, and the last break begins no further line",
        arguments: [
            ("", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]), ("a\r\nb\r\n", ["a", "b"]), ("a\rb", ["a", "b"]),
            ("\n\n", ["", ""]), ("é\n\u{1F600}x\n", ["é", "\u{1F600}x"]), ("a\u{2028}b\nc", ["a\u{2028}b", "c"]),
        ]
    )
    func lines(text: String, lines: [String]) {
        let module = ModuleText(file: "m", text)
        #expect(module.lineCount == lines.count)
        #expect((1...lines.count).map { module.line($0) } == lines)
        #expect(module.line(0) == nil)
        #expect(module.line(lines.count + 1) == nil)
    }

    @Test("a byte order mark at the beginning is no part of the text")
    func byteOrderMark() {
        let text = "\u{FEFF}kind: a\nspec: {}\n"
        #expect(ModuleText(file: "m", text).line(1) == "kind: a")
        let module = parse(text)
        #expect(module.diagnostics.isEmpty)
        #expect(module.others.first?.kind == Located("a", at: SourcePosition(line: 1, column: 7)))
    }

    @Test("a byte order mark in front of a later document is skipped, and elsewhere at the beginning of a line an error")
    func laterByteOrderMark() {
        #expect(parse("kind: a\nspec: 1\n\u{FEFF}---\nkind: b\nspec: 2\n").diagnostics.isEmpty)
        let later = parse("kind: a\n\u{FEFF}spec: 1\n")
        #expect(SpecParserTests.lines(later.diagnostics).first?.hasPrefix("2:1 error there is a control character U+FEFF here") == true)
        #expect(parse("kind: a\nspec: \"x\u{FEFF}y\"\n").others.first?.spec.text == "x\u{FEFF}y")
    }

    @Test("carriage returns before line feeds change nothing")
    func carriageReturns() {
        let text = "kind: a\nspec:\n  key: |\n    one\n    two\n"
        let plain = parse(text)
        let windows = parse(text.replacing("\n", with: "\r\n"))
        #expect(plain == windows)
        #expect(plain.others.first?.spec["key"]?.text == "one\ntwo\n")
    }

    @Test(
        "bytes that are not UTF-8 are one error at their place, and the rest is read all the same",
        arguments: [
            ([0x80], 3, 6), ([0xC3, 0x28], 3, 6), ([0xE9], 3, 6), ([0xF8, 0x88, 0x80, 0x80, 0x80], 3, 6), ([0xED, 0xA0, 0x80], 3, 6),
        ] as [([UInt8], Int, Int)]
    )
    func invalidUTF8(bytes: [UInt8], line: Int, column: Int) {
        let text = Array("kind: a\r\nspec:\n  k: ".utf8) + bytes + Array("\n---\nkind: b\nspec: {}\n".utf8)
        let module = TestParser().parse(bytes: text, file: "module.yaml", environment: [:])
        #expect(module.diagnostics.count == 1)
        #expect(module.diagnostics.first?.position == SourcePosition(line: line, column: column))
        #expect(module.diagnostics.first?.message == "the file is not UTF-8 from here on")
        #expect(module.others.map(\.kind.value) == ["a", "b"])
    }

    @Test(
        "another encoding of Unicode is recognised and named",
        arguments: [
            ([0xFF, 0xFE, 0x6B, 0x00], "UTF-16"), ([0xFE, 0xFF, 0x00, 0x6B], "UTF-16"), ([0x6B, 0x00, 0x69, 0x00], "UTF-16"),
            ([0x00, 0x6B, 0x00, 0x69], "UTF-16"), ([0xFF, 0xFE, 0x00, 0x00], "UTF-32"), ([0x00, 0x00, 0xFE, 0xFF], "UTF-32"),
        ] as [([UInt8], String)]
    )
    func otherEncodings(bytes: [UInt8], name: String) {
        let module = TestParser().parse(bytes: bytes, file: "module.yaml", environment: [:])
        #expect(SpecParserTests.lines(module.diagnostics) == ["1:1 error the file is \(name), not UTF-8 | save it as UTF-8"])
        #expect(module.components.isEmpty)
    }
}
