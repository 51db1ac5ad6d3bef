import Testing

@testable import SpecParser

@Suite struct DocumentRangeTests {
    private func documents(_ text: String) -> [String] {
        let module = ModuleText(file: "m", text)
        return module.documents().map { "\($0.firstLine): " + String(decoding: module.bytes[$0.bytes], as: UTF8.self) }
    }

    @Test(
        "a stream is cut at its markers",
        arguments: [
            ("", []),
            ("\n# nothing\n  \n", []),
            ("a: 1\n", ["1: a: 1\n"]),
            ("---\na: 1\n", ["1: ---\na: 1\n"]),
            ("a: 1\n---\nb: 2\n", ["1: a: 1\n", "2: ---\nb: 2\n"]),
            ("a: 1\n---\n", ["1: a: 1\n", "2: ---\n"]),
            ("a: 1\n--- b\n---\tc\n---\r\nd\n---", ["1: a: 1\n", "2: --- b\n", "3: ---\tc\n", "4: ---\r\nd\n", "6: ---"]),
            ("a: 1\n...\n# end\n", ["1: a: 1\n"]),
            ("a: 1\n...\nb: 2\n", ["1: a: 1\n", "3: b: 2\n"]),
            ("# first\na: 1\n", ["1: # first\na: 1\n"]),
            ("%YAML 1.1\n---\na: 1\n", ["1: %YAML 1.1\n---\na: 1\n"]),
            ("a: 1\n...\n%YAML 1.1\n# b\n---\nb: 2\n", ["1: a: 1\n", "3: %YAML 1.1\n# b\n---\nb: 2\n"]),
            ("a: 1\n ---\n----\n--- -\n", ["1: a: 1\n ---\n----\n", "4: --- -\n"]),
            ("a: 1\n\u{FEFF}---\nb: 2\n", ["1: a: 1\n", "2: ---\nb: 2\n"]),
        ] as [(String, [String])]
    )
    func cuts(text: String, documents: [String]) {
        #expect(self.documents(text) == documents)
    }

    @Test("a marker counts even inside quotes and block texts, as YAML says")
    func insideScalars() {
        #expect(documents("a: |\n  x\n---\nb: 'y\n---\nc: 1\n") == ["1: a: |\n  x\n", "3: ---\nb: 'y\n", "5: ---\nc: 1\n"])
    }
}
