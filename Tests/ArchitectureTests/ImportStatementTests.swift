import Testing

@Suite struct ImportStatementTests {
    @Test(
        "every form of import is found",
        arguments: [
            ("import X", "X", nil, []),
            ("public import X", "X", "public", []),
            ("internal import X.Y", "X", "internal", []),
            ("import struct X.Y", "X", nil, []),
            ("private import func X.y", "X", "private", []),
            ("package import typealias X.Y", "X", "package", []),
            ("@testable import X", "X", nil, ["testable"]),
            ("@_exported public import X", "X", "public", ["_exported"]),
            ("public @_exported import X", "X", "public", ["_exported"]),
            ("@preconcurrency\n  internal\n  import\n  X", "X", "internal", ["preconcurrency"]),
            ("@_spi(Tests) @testable import X", "X", nil, ["_spi", "testable"]),
            ("internal import `X`", "X", "internal", []),
            ("/* import A */ internal /* import B */ import X // import C", "X", "internal", []),
            ("#if canImport(Other)\ninternal import X\n#endif", "X", "internal", []),
            ("let a = 1; fileprivate import X", "X", "fileprivate", []),
        ] as [(String, String, String?, [String])]
    )
    func forms(source: String, module: String, access: String?, attributes: [String]) {
        let found = ImportStatement.all(in: source)
        #expect(found.map(\.module) == [module])
        #expect(found.first?.access == access)
        #expect(found.first?.attributes == attributes)
    }

    @Test(
        "what only looks like an import is none",
        arguments: [
            "// import X",
            "/* outer /* inner */ import X */",
            #"let text = "import X""#,
            #"let text = "\(name("import X")) import Y""#,
            "let text = \"\"\"\n  import X\n  \"\"\"",
            ##"let text = #"a " import X"#"##,
            "file.import(x)",
            "call(import: x)",
            "func add(import x: Int) {}",
            "let `import` = 1",
            "let important = 1",
            "#if canImport(X)\n#endif",
        ]
    )
    func lookalikes(source: String) {
        #expect(ImportStatement.all(in: source).isEmpty)
    }

    @Test("lines are counted through comments and long strings")
    func lines() {
        let source = "/*\n\n*/\nlet text = \"\"\"\n  a\n  \"\"\"\nimport X"
        #expect(ImportStatement.all(in: source).map(\.line) == [7])
    }

    @Test("several imports come in their order")
    func order() {
        let source = "#if A\npublic import One\n#else\ninternal import Two\n#endif\nimport struct Three.Part"
        #expect(ImportStatement.all(in: source).map(\.module) == ["One", "Two", "Three"])
    }
}
