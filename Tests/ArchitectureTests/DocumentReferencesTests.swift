import Testing

@Suite struct DocumentReferencesTests {
    @Test("relative links are found, without fragments and titles")
    func links() {
        let text = """
            [a](Testing.md) and [b](../README.md#start) and ![c](images/c.png "title") but not
            [d](https://example.com/x.md), [e](#here), [f](mailto:a@example.com)
            """
        #expect(DocumentReferences.links(in: text) == ["Testing.md", "../README.md", "images/c.png"])
    }

    @Test("scripts are found in prose and in code, without the full stop")
    func scripts() {
        let text = "Run `scripts/test-module TypeName`, then scripts/run. Not scripts/ alone.\n    scripts/lib.sh.inc"
        #expect(DocumentReferences.scripts(in: text) == ["scripts/test-module", "scripts/run", "scripts/lib.sh.inc"])
    }

    @Test(
        "a link starts from the folder of its document",
        arguments: [
            ("Testing.md", "Documentation/Dependencies.md", "Documentation/Testing.md"),
            ("../README.md", "Documentation/Dependencies.md", "README.md"),
            ("./Documentation/Testing.md", "README.md", "Documentation/Testing.md"),
        ]
    )
    func resolving(link: String, document: String, expected: String) {
        #expect(DocumentReferences.resolve(link, in: document) == expected)
    }

    @Test("everything that the documentation refers to exists")
    func existence() throws {
        var documents = try SourceTree.files(under: "Documentation", withSuffix: ".md")
        #expect(!documents.isEmpty)
        documents += try SourceTree.entries(of: "").filter { $0.hasSuffix(".md") }
        for document in documents {
            let text = try SourceTree.text(of: document)
            for link in DocumentReferences.links(in: text) {
                let path = DocumentReferences.resolve(link, in: document)
                #expect(SourceTree.exists(path), "\(document) links to \(link)")
            }
            for script in DocumentReferences.scripts(in: text) {
                #expect(SourceTree.exists(script), "\(document) names \(script)")
            }
        }
    }
}
