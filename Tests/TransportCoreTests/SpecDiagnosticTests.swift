import Testing
import TransportCore

@Suite struct SpecDiagnosticTests {
    @Test(
        "the description is one line with everything that is known",
        arguments: [
            ("module.yaml", SourcePosition(line: 3, column: 5), "module.yaml:3:5: error: wrong; write right"),
            (nil, SourcePosition(line: 3, column: 5), "3:5: error: wrong; write right"),
            ("module.yaml", nil, "module.yaml: error: wrong; write right"),
            (nil, nil, "error: wrong; write right"),
        ] as [(String?, SourcePosition?, String)]
    )
    func description(file: String?, position: SourcePosition?, text: String) {
        let diagnostic = SpecDiagnostic(.error, at: position, "wrong", remedy: "write right", file: file)
        #expect(diagnostic.description == text)
    }

    @Test("a warning says that it is one")
    func warning() {
        #expect(SpecDiagnostic(.warning, at: nil, "odd", remedy: "look").description == "warning: odd; look")
    }

    @Test("at least one character is meant", arguments: [(-3, 1), (0, 1), (1, 1), (7, 7)])
    func length(given: Int, meant: Int) {
        #expect(SpecDiagnostic(.error, at: nil, length: given, "wrong", remedy: "write right").length == meant)
    }

    @Test("places are ordered by line, then by column")
    func order() {
        let places = [(2, 1), (1, 9), (1, 10)].map { SourcePosition(line: $0.0, column: $0.1) }
        #expect(places.sorted() == [places[1], places[2], places[0]])
    }
}
