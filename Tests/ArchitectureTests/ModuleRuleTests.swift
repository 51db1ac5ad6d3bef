import Testing

@Suite struct ModuleRuleTests {
    private let rule = ModuleRule("Sample", package: ["TransportCore"], outside: ["NIOCore"], toolchain: ["Glibc"])

    @Test("what the rule names may be imported with an access level")
    func allowed() {
        let source = """
            public import NIOCore
            @preconcurrency internal import struct TransportCore.Origin
            #if canImport(Glibc)
            internal import Glibc
            #endif
            """
        #expect(rule.violations(in: source).isEmpty)
    }

    @Test(
        "every other import is a violation",
        arguments: [
            ("public import Batching", ["line 1: Sample may not import Batching"]),
            ("\ninternal import struct Foundation.Data", ["line 2: Sample may not import Foundation"]),
            ("#if DEBUG\ninternal import Yams\n#endif", ["line 2: Sample may not import Yams"]),
            ("import NIOCore", ["line 1: the import of NIOCore states no access level"]),
            ("@_exported public import NIOCore", ["line 1: the import of NIOCore is marked @_exported"]),
            ("@testable internal import TransportCore", ["line 1: the import of TransportCore is marked @testable"]),
            (
                "@testable import TypeName",
                [
                    "line 1: Sample may not import TypeName",
                    "line 1: the import of TypeName states no access level",
                    "line 1: the import of TypeName is marked @testable",
                ]
            ),
        ]
    )
    func violations(source: String, expected: [String]) {
        #expect(rule.violations(in: source) == expected)
    }

    @Test("no module but the assemblies knows a sibling")
    func siblings() {
        for rule in ModuleRule.all where !ModuleRule.assemblies.contains(rule.name) {
            let siblings = rule.package.filter { !(ModuleRule.hubs + ModuleRule.systemLibraries).contains($0) }
            #expect(siblings.isEmpty, "\(rule.name)")
        }
    }
}
