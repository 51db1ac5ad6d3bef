import SpecParser
import Testing
import TransportCore

@Suite struct SubstitutionTests {
    private static let environment = [
        "HOST": "example.com", "EMPTY": "", "PRICE": "$5 \\1 ${HOST} \"x\": 'y'", "_a1": "under", "my.name": "dotted",
    ]

    private func spec(_ value: String) -> (SpecNode?, [String]) {
        let module = parse("kind: a\nspec:\n  key: \(value)\n", environment: Self.environment)
        return (module.others.first?.spec["key"], lines(module.diagnostics))
    }

    @Test(
        "a value takes in what the environment says, once and literally",
        arguments: [
            ("${HOST}", "example.com"), ("https://${HOST}:80/${HOST}", "https://example.com:80/example.com"),
            ("'${HOST}'", "example.com"), ("\"${HOST}\"", "example.com"), ("${_a1}", "under"), ("${my.name}", "dotted"),
            ("${PRICE}", "$5 \\1 ${HOST} \"x\": 'y'"), ("a${EMPTY}b", "ab"), ("${EMPTY}", ""),
            ("${HOST:-other}", "example.com"), ("${MISSING:-other}", "other"), ("${EMPTY:-other}", "other"),
            ("${MISSING:-}", ""), ("${MISSING:-a:-b}", "a:-b"), ("${MISSING:-$x}", "$x"), ("${:-$}{HOST}", "${HOST}"),
            ("$HOST", "$HOST"), ("$$", "$$"), ("$${HOST}", "$example.com"), ("$ {HOST}", "$ {HOST}"), ("costs 5$", "costs 5$"),
        ]
    )
    func values(written: String, meant: String) {
        let (node, problems) = spec(written)
        #expect(node?.text == meant)
        #expect(node?.position == SourcePosition(line: 3, column: 8))
        #expect(problems.isEmpty)
    }

    @Test(
        "what cannot be put in is reported at its exact place",
        arguments: [
            ("x ${MISSING} y", "3:10 error the environment has no value for 'MISSING'"),
            ("\"x ${MISSING}\"", "3:11 error the environment has no value for 'MISSING'"),
            ("é ${MISSING}", "3:10 error the environment has no value for 'MISSING'"),
            ("\"\\n${MISSING}\"", "3:8 error the environment has no value for 'MISSING'"),
            ("a ${HOST", "3:10 error '${' is not closed"),
            ("${}", "3:8 error '' is not the name of a variable"),
            ("${a b}", "3:8 error 'a b' is not the name of a variable"),
            ("${1a}", "3:8 error '1a' is not the name of a variable"),
            ("${HOST-x}", "3:8 error 'HOST-x' is not the name of a variable"),
            ("${HOST:?x}", "3:8 error 'HOST:?x' is not the name of a variable"),
            ("${A:-${HOST}}", "3:8 error a default cannot hold another '${'"),
        ]
    )
    func problems(written: String, problem: String) {
        let (node, problems) = spec(written)
        #expect(node == nil, "a value that could not be made is left out")
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix(problem + " |") == true, "\(problems)")
    }

    @Test("every missing name of a value is reported, up to a limit")
    func severalProblems() {
        #expect(spec("${A} ${B}").1.map { $0.prefix(4) } == ["3:8 ", "3:13"])
        #expect(spec(String(repeating: "${A}", count: 500)).1.count == 20)
    }

    @Test("the remedy shows how to set the name or give a default")
    func remedy() {
        #expect(spec("${A}").1.first?.hasSuffix("| set the variable A, or write a default such as ${A:-value}") == true)
    }

    @Test("values in lists and below other keys are substituted, keys are not")
    func everywhere() {
        let text = "kind: a\nspec:\n  ${HOST}: [1, '${HOST}', {b: \"${HOST}\"}]\n"
        let spec = parse(text, environment: Self.environment).others.first?.spec
        let list = spec?["${HOST}"]
        #expect(list?.items.map(\.text) == ["1", "example.com", nil])
        #expect(list?.items.last?["b"]?.text == "example.com")
    }

    @Test("nothing outside a spec is substituted")
    func outside() {
        let module = parse("kind: ${HOST}\nspec: {}\n", environment: Self.environment)
        #expect(module.others.first?.kind.value == "${HOST}")
        #expect(module.diagnostics.isEmpty)
    }

    @Test("what several aliases stand for is reported once")
    func aliases() {
        let module = parse("kind: a\nspec:\n  a: &x ${MISSING}\n  b: *x\n  c: *x\n")
        #expect(lines(module.diagnostics).map { $0.prefix(3) } == ["3:6"], "the anchor stands before the value")
    }

    @Test("values that add up to too much are refused")
    func size() {
        let references = String(repeating: "${BIG}", count: 17)
        let module = parse("kind: a\nspec: \(references)\n", environment: ["BIG": String(repeating: "x", count: 1_000_000)])
        #expect(module.diagnostics.first?.message == "the values put into this file add up to more than 16000000 bytes")
    }
}
