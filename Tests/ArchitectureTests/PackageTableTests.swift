import Testing

@Suite struct PackageTableTests {
    private let sample = """
        enum Outside {
            static let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
            static let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
        }
        // let modules = nothing
        let modules: [(name: String, imports: [String], outside: [Target.Dependency])] = [
            ("Core", [], [Outside.nioCore]),
            ("Leaf", [], []),
            (
                "Assembly",
                [
                    "Core", "Leaf",
                ],
                [Outside.nioCore, Outside.log]
            ),
        ]
        let other = [("Ignored", [], [])]
        """

    @Test("the rows are read with the names of the outside modules")
    func reading() throws {
        let table = try #require(PackageTable(sample))
        #expect(
            table.rows == [
                PackageTable.Row(name: "Core", imports: [], outside: ["NIOCore"]),
                PackageTable.Row(name: "Leaf", imports: [], outside: []),
                PackageTable.Row(name: "Assembly", imports: ["Core", "Leaf"], outside: ["NIOCore", "Logging"]),
            ]
        )
    }

    @Test(
        "a table of another form is not read",
        arguments: ["let other = []", "let modules = [(\"A\", [])]", "let modules = [.init(name: \"A\")]", "let modules = [(\"A\", [], ["]
    )
    func otherForms(text: String) {
        #expect(PackageTable(text) == nil)
    }

    @Test("Package.swift and the rules say the same")
    func agreement() throws {
        let table = try #require(PackageTable(try SourceTree.text(of: "Package.swift")), "its table has another form")
        let rules = ModuleRule.all.map { PackageTable.Row(name: $0.name, imports: $0.package, outside: $0.outside) }
        #expect(table.rows.map(\.name) == rules.map(\.name))
        for (row, rule) in zip(table.rows, rules) {
            #expect(row == rule)
        }
    }
}
