import Foundation
import TestSupport
import Testing

@Suite struct DocumentedCodeTests {
    @Test("every block of Swift is a file that is compiled, or says why not")
    func marks() throws {
        let blocks = try DocumentedCode.all().filter { $0.language == "swift" }
        #expect(blocks.count > 10)
        for block in blocks {
            #expect(block.mark != nil, "\(block.place) has no mark before it")
        }
    }

    @Test("a block is what its file says")
    func equality() throws {
        for block in try DocumentedCode.all() {
            guard case .file(let path, _)? = block.mark else { continue }
            #expect(path.hasPrefix("Tests/DocumentationExamples"), "\(block.place)")
            let source = try String(contentsOfFile: RepositoryLayout.path(path), encoding: .utf8)
            #expect(block.difference(from: source) == nil)
        }
    }

    @Test("every part of the examples stands in a text")
    func unused() throws {
        let marks = try DocumentedCode.all().compactMap { block -> String? in
            guard case .file(let path, let region)? = block.mark else { return nil }
            return region.map { "\(path)#\($0)" } ?? path
        }
        for folder in ["Tests/DocumentationExamples", "Tests/DocumentationExamplesTests"] {
            for file in try FileManager.default.contentsOfDirectory(atPath: RepositoryLayout.path(folder)) where file.hasSuffix(".swift") {
                let source = try String(contentsOfFile: RepositoryLayout.path("\(folder)/\(file)"), encoding: .utf8)
                for match in source.matches(of: #/(?m)^ *// begin (\S+)$/#) {
                    #expect(marks.contains("\(folder)/\(file)#\(match.output.1)"))
                }
            }
        }
    }

    private let text = """
        # A page

        <!-- compiled: a/B.swift#part -->
        ```swift
        import One

        let a = 1
          print(a)  // 1
        ```

        <!-- not compiled: only a sketch -->
        ```swift
        let b
        ```
        ```
        no language
        ```
        <!-- read: c.yaml -->
        ```yaml
        a: b
        ```
        """

    private var blocks: [DocumentedCode] { DocumentedCode.all(in: text, of: "P.md") }

    @Test("blocks are found with their languages, lines and marks")
    func finding() {
        #expect(blocks.map(\.language) == ["swift", "swift", "", "yaml"])
        #expect(blocks.map(\.line) == [5, 13, 16, 20])
        #expect(
            blocks.map(\.mark) == [
                .file("a/B.swift", region: "part"), .excused("only a sketch"), nil, .file("c.yaml", region: nil),
            ]
        )
        #expect(blocks[0].promisedOutput == ["1"])
    }

    @Test("a part is compared without its indentation, imports wherever they stand")
    func parts() {
        let source = "import Two\nimport One\nfunc f() {\n    // begin part\n    let a = 1\n      print(a)  // 1\n    // end part\n}\n"
        #expect(blocks[0].difference(from: source) == nil)
        #expect(blocks[0].difference(from: source.replacing("let a = 1", with: "let a = 2")) != nil)
        #expect(blocks[0].difference(from: source.replacing("import One", with: "import Three")) != nil)
        #expect(blocks[0].difference(from: source.replacing("begin part", with: "begin")) != nil)
    }

    @Test("a whole file is compared to the last byte")
    func wholeFiles() {
        #expect(blocks[3].difference(from: "a: b\n") == nil)
        #expect(blocks[3].difference(from: "a: b") != nil)
    }
}
