import Testing
import TransportCore

@Suite struct TransportPropertiesTests {
    @Test(
        "relative paths start from the folder of the file",
        arguments: [
            ("module.yaml", "."), ("./module.yaml", "."), ("etc/module.yaml", "etc"), ("/etc/statefun/module.yaml", "/etc/statefun"),
            ("/module.yaml", "/"), ("", "."), ("../a/b.yaml", "../a"),
        ]
    )
    func directory(file: String, directory: String) {
        let node = SpecNode(.mapping([]), at: SourcePosition(line: 1, column: 1))
        #expect(TransportProperties(file: file, node: node).directory == directory)
    }

    @Test("no properties read as a type whose every property is optional")
    func none() throws {
        struct Options: Decodable, Equatable {
            var call: Duration?
        }
        #expect(try TransportProperties.none.decode(Options.self) == Options(call: nil))
    }

    @Test("a value that does not fit is reported with the file and its place")
    func wrong() {
        struct Options: Decodable {
            var size: Int
        }
        let entry = SpecNode.Entry(
            key: "size",
            keyPosition: SourcePosition(line: 7, column: 5),
            value: SpecNode(.scalar("many"), at: SourcePosition(line: 7, column: 11))
        )
        let properties = TransportProperties(file: "module.yaml", node: SpecNode(.mapping([entry]), at: entry.keyPosition))
        let error = #expect(throws: SpecDiagnostic.self) { try properties.decode(Options.self) }
        let message = "'size' must be a whole number, not 'many'; write digits only, such as 10"
        #expect(error?.description == "module.yaml:7:11: error: \(message)")
    }
}
