import Testing

@testable import TypeName

@Suite struct EndpointTableTests {
    private func table(_ targets: [String]) throws -> EndpointTable<String> {
        var table = EndpointTable<String>()
        for target in targets {
            try table.add(TargetFunctions(parsing: target), "endpoint of \(target)")
        }
        return table
    }

    @Test("an exact target wins, whichever was added first", arguments: [["ns/*", "ns/f"], ["ns/f", "ns/*"]])
    func exactWins(targets: [String]) throws {
        let table = try table(targets)
        let exact = try #require(table[TypeName(parsing: "ns/f")])
        #expect(exact.endpoint == "endpoint of ns/f")
        #expect(exact.target.precision == .exact)
        let other = try #require(table[TypeName(parsing: "ns/g")])
        #expect(other.endpoint == "endpoint of ns/*")
        #expect(other.target.precision == .namespace)
    }

    @Test("what is not covered has no endpoint", arguments: ["ns.more/f", "n/f", "NS/f", "f/ns"])
    func notCovered(function: String) throws {
        let table = try table(["ns/*", "other/f"])
        #expect(table[try TypeName(parsing: function)] == nil)
        #expect(table.entries(covering: try TypeName(parsing: function)).isEmpty)
    }

    @Test("everything that covers a function is listed, the winner first")
    func allMatches() throws {
        let table = try table(["ns/*", "ns/g", "ns/f", "other/*"])
        #expect(table.entries(covering: try TypeName(parsing: "ns/f")).map(\.target.description) == ["ns/f", "ns/*"])
        #expect(table.entries(covering: try TypeName(parsing: "ns/h")).map(\.target.description) == ["ns/*"])
        #expect(table.entries.map(\.target.description) == ["ns/*", "ns/g", "ns/f", "other/*"])
    }

    @Test(
        "a second endpoint for the same target is refused, and both are named",
        arguments: [("ns/f", "ns/f"), ("ns/*", "ns"), ("ns", "ns/")]
    )
    func duplicates(first: String, second: String) throws {
        var table = try table([first])
        let error = try #require(throws: DuplicateTarget<String>.self) {
            try table.add(TargetFunctions(parsing: second), "another")
        }
        #expect(error == DuplicateTarget(target: try TargetFunctions(parsing: first), existing: "endpoint of \(first)", new: "another"))
        #expect(error.description.contains(error.target.description))
        #expect(table.entries.map(\.endpoint) == ["endpoint of \(first)"])
    }

    @Test(
        "functions whose fingerprints are the same, or next to one another, are told apart",
        arguments: [0, 1, 7, 1 << 32, Int.max, Int.min]
    )
    func sameFingerprints(fingerprint: Int) throws {
        var table = EndpointTable<Int>()
        let functions = try (0..<40).map { number in
            try TypeName(parsing: "ns/function-number-\(number)").withFingerprint(fingerprint &+ number % 3)
        }
        for (number, function) in functions.enumerated() {
            let target = try TargetFunctions(exactly: function)
            #expect(table[function] == nil)
            try table.add(target, number)
            let error = #expect(throws: DuplicateTarget<Int>.self) { try table.add(target, 1_000) }
            #expect(error?.existing == number)
        }
        for (number, function) in functions.enumerated() {
            #expect(table.endpoint(of: function) == number)
        }
    }

    @Test(
        "names that differ in one byte are different functions",
        arguments: ["f", "abcdefg", "abcdefgh", "abcdefghi", "abcdefghijklmnop", "abcdefghijklmnopqrs", "größegrößegröße"]
    )
    func oneByte(name: String) throws {
        let original = Array(name.utf8)
        let table = try table(["\(name)/x"])
        for place in original.indices where original[place] < 0x80 {
            var changed = original
            changed[place] ^= 1
            let namespace = String(decoding: changed, as: UTF8.self)
            let fingerprint = try TypeName(namespace: name, name: "x").fingerprint
            #expect(table[try TypeName(namespace: namespace, name: "x").withFingerprint(fingerprint)] == nil)
        }
        #expect(table[try TypeName(namespace: name, name: "x")] != nil)
    }

    // One pass over all targets for each look-up would take 10,000,000,000 steps.
    @Test("a look-up does not depend on the number of targets", .timeLimit(.minutes(1)))
    func manyTargets() throws {
        var table = EndpointTable<Int>()
        for number in 0..<50_000 {
            try table.add(TargetFunctions(parsing: "com.example.namespace\(number)/function"), number)
            try table.add(TargetFunctions(parsing: "com.example.namespace\(number)/*"), -number)
        }
        #expect(table.entries.count == 100_000)
        for number in 0..<50_000 {
            let exact = table[try TypeName(parsing: "com.example.namespace\(number)/function")]
            let covered = table[try TypeName(parsing: "com.example.namespace\(number)/another")]
            guard exact?.endpoint == number, covered?.endpoint == -number else {
                Issue.record("wrong endpoint for \(number)")
                return
            }
        }
        #expect(throws: DuplicateTarget<Int>.self) { try table.add(TargetFunctions(parsing: "com.example.namespace7"), 0) }
    }
}

extension TypeName {
    /// The same name, as if it had been hashed to this.
    fileprivate func withFingerprint(_ fingerprint: Int) -> TypeName {
        TypeName(known: namespace, name, fingerprint: fingerprint)
    }
}
