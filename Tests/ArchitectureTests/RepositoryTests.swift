import Testing

@Suite struct RepositoryTests {
    private static let longestFile = 400

    @Test("the top level holds what it should and nothing else")
    func topLevel() throws {
        let expected: Set = [
            "Package.swift", "Modules", "Tests", "Tools", "Documentation", "scripts", "README.md", "LICENSE",
        ]
        // The package manager writes it anew; it is not kept.
        let ignored: Set = ["Package.resolved"]
        for entry in try SourceTree.entries(of: "") where !entry.hasPrefix(".") && !ignored.contains(entry) {
            #expect(expected.contains(entry), "\(entry) has no place at the top level")
        }
    }

    @Test("every folder in Modules is a module with a rule")
    func folders() throws {
        let known = ModuleRule.all.map(\.name) + ModuleRule.systemLibraries
        #expect(try SourceTree.entries(of: "Modules") == known.sorted())
    }

    @Test("a module imports its hub and what its rule allows", arguments: ModuleRule.all)
    func imports(rule: ModuleRule) throws {
        let files = try SourceTree.files(under: "Modules/\(rule.name)", withSuffix: ".swift")
        #expect(!files.isEmpty)
        for file in files {
            let violations = rule.violations(in: try SourceTree.text(of: file))
            #expect(violations.isEmpty, "\(file)")
        }
    }

    @Test("no rule allows what no file imports", arguments: ModuleRule.all)
    func unusedRules(rule: ModuleRule) throws {
        let imported = try SourceTree.files(under: "Modules/\(rule.name)", withSuffix: ".swift")
            .flatMap { ImportStatement.all(in: try SourceTree.text(of: $0)).map(\.module) }
        let unused = Set(rule.package + rule.outside + rule.toolchain).subtracting(imported)
        #expect(unused.isEmpty, "\(rule.name)")
    }

    @Test("files of modules are short enough to be read at once")
    func length() throws {
        for file in try SourceTree.files(under: "Modules", withSuffix: ".swift") where !file.hasSuffix(".pb.swift") {
            let lines = try SourceTree.text(of: file).split(separator: "\n", omittingEmptySubsequences: false).count - 1
            #expect(lines <= Self.longestFile, "\(file) has \(lines) lines")
        }
    }

    @Test("no two modules have a public type of the same name")
    func typeNames() throws {
        var owners: [String: Set<String>] = [:]
        for file in try SourceTree.files(under: "Modules", withSuffix: ".swift") {
            for name in PublicTypes.names(in: try SourceTree.text(of: file)) {
                owners[name, default: []].insert(SourceTree.module(of: file))
            }
        }
        #expect(owners.count > ModuleRule.all.count)
        for (name, modules) in owners where modules.count > 1 {
            Issue.record("\(name) is declared by \(modules.sorted().joined(separator: " and "))")
        }
    }
}
