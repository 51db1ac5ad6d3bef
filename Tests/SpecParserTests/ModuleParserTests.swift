import SpecParser
import Testing
import TransportCore

@Suite struct ModuleParserTests {
    @Test("documents become components in the order of the file, empty ones are skipped")
    func documents() {
        let module = parse(
            """
            ---
            # a comment
            ---
            kind: com.example/one
            spec:
              a: 1
            ---
            ---
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: com.example/*
              urlPathTemplate: https://example.com
            ---
            """
        )
        #expect(module.file == "module.yaml")
        #expect(module.diagnostics.isEmpty && !module.hasErrors)
        #expect(module.components.count == 2)
        #expect(module.others.map(\.kind) == [Located("com.example/one", at: SourcePosition(line: 4, column: 7))])
        #expect(module.others.first?.position == SourcePosition(line: 4, column: 1))
        #expect(module.endpoints.first?.position == SourcePosition(line: 9, column: 1))
    }

    @Test("a file without anything is no mistake", arguments: ["", "\n", "# nothing\n", "---\n", "---\n---\n...\n"])
    func nothing(text: String) {
        let module = parse(text)
        #expect(module.components.isEmpty && module.diagnostics.isEmpty)
    }

    @Test(
        "a document that is no component is reported with its number and line",
        arguments: [
            ("hello\n", "1:1 error the 1st document (line 1) is text, not a component"),
            ("kind: a\nspec: 1\n---\n- b\n", "4:1 error the 2nd document (line 4) is a list, not a component"),
            ("kind: a\nspec: 1\n---\nspec: {}\n", "4:1 error the 2nd document (line 4) has no 'kind'"),
            ("\nkind: a\n", "2:1 error the 1st document (line 2) has no 'spec'"),
            ("kind: a\nspec: 1\n---\n\tx\n---\nkind: c\n", "6:1 error the 3rd document (line 6) has no 'spec'"),
            ("kind:\nspec: {}\n", "1:6 error the kind is nothing"),
            ("kind: [a]\nspec: {}\n", "1:7 error the kind is a list"),
            ("kind: ''\nspec: {}\n", "1:7 error the kind is text"),
            ("kind: a\nspec:\n", "2:6 error the spec of 'a' is empty"),
        ]
    )
    func noComponent(text: String, problem: String) {
        let module = parse(text)
        #expect(module.hasErrors)
        #expect(lines(module.diagnostics).last?.hasPrefix(problem) == true, "\(lines(module.diagnostics))")
    }

    @Test(
        "documents are counted in words",
        arguments: [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"), (112, "112th")]
    )
    func ordinals(count: Int, word: String) {
        let text = String(repeating: "kind: a\nspec: 1\n---\n", count: count - 1) + "x\n"
        #expect(parse(text).diagnostics.first?.message.hasPrefix("the \(word) document ") == true)
    }

    @Test(
        "a key beside kind and spec has no effect, and one that was meant as either of them is an error",
        arguments: [
            (
                "kind: a\nspec: 1\nmetadata: x\n",
                [
                    "3:1 warning 'metadata' is not a key of the 1st document (line 1) and has no effect | remove it, or use one of kind, spec"
                ], 1
            ),
            (
                "kind: a\nspec: 1\nspecs: x\n",
                ["3:1 warning 'specs' is not a key of the 1st document (line 1) and has no effect | write 'spec'"], 1
            ),
            ("knid: a\nspec: 1\n", ["1:1 error 'knid' is not a key of the 1st document (line 1) | write 'kind'"], 1),
            ("kind: a\nSpec: 1\n", ["2:1 error 'Spec' is not a key of the 1st document (line 1) | write 'spec'"], 1),
            (
                "kind: a\nspec: 1\nfunctions: x\n",
                ["3:1 warning 'functions' stands beside 'spec', where it has no effect | indent it below 'spec:'"], 1
            ),
        ]
    )
    func strayKeys(text: String, problems: [String], components: Int) {
        let module = parse(text)
        #expect(lines(module.diagnostics) == problems)
        #expect(module.components.count == components)
    }

    @Test(
        "the kinds of this ecosystem and kinds of one's own are kept without a word",
        arguments: ComponentKind.all.dropFirst(2) + ["com.example/thing", "http", "io.statefun.kafka.v2/ingress", "org.statefun/x"]
    )
    func otherKinds(kind: String) {
        let module = parse("kind: \(kind)\nspec: {port: 8080, topics: [a]}\n")
        #expect(module.diagnostics.isEmpty)
        #expect(module.others.first?.kind.value == kind)
        #expect(module.others.first?.spec["topics"]?.items.first?.text == "a")
    }

    @Test(
        "a kind that is almost that of an endpoint is a warning",
        arguments: [
            ("io.statefun.endpoints.v3/http", ComponentKind.endpointV2), ("io.statefun.endpoint.v2/http", ComponentKind.endpointV2),
            ("io.statefun.endpoints.v1/htpp", ComponentKind.endpointV1), ("io.statefun.endpoints.v2/grpc", ComponentKind.endpointV2),
            ("io.statefun.Endpoints.v1/HTTP", ComponentKind.endpointV1), ("io.statefun.endpoints.something/else", ComponentKind.endpointV2),
        ]
    )
    func misspeltKinds(kind: String, meant: String) {
        let module = parse("kind: \(kind)\nspec: {}\n")
        #expect(lines(module.diagnostics) == ["1:7 warning '\(kind)' is not a kind of endpoint | write \(meant)"])
        #expect(module.others.map(\.kind.value) == [kind])
    }

    @Test("mistakes of all sorts in several documents are reported in one pass, in the order of the file")
    func everythingAtOnce() {
        let module = parse(
            """
            kind: io.statefun.endpoints.v2/http
            spec:
              functon: com.example
              urlPathTemplate: example.com/${PATH_PART}
              transports: {}
              maxNumBatchRequests: many
            ---
            kind: io.statefun.endpoints.v1/http
            spec: {functions: a/b, functions: c/d, urlPathTemplate: nowhere}
            ---
            kind: "open
            ---
            spec: {x: "${MISSING}"}
            ---
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: a/b
              urlPathTemplate: http://x
            """
        )
        #expect(
            lines(module.diagnostics).map { $0.split(separator: " ").prefix(2).joined(separator: " ") } == [
                "3:3 error", "3:12 error", "4:32 error", "5:3 warning", "6:24 error", "9:24 error", "9:57 error", "11:7 error",
                "13:1 error", "13:12 error",
            ]
        )
        #expect(module.endpoints.map(\.position.line) == [15])
        #expect(module.partialEndpoints.map(\.position.line) == [1, 8])
        #expect(module.diagnostics.allSatisfy { $0.file == "module.yaml" && !$0.remedy.isEmpty })
    }

    @Test("no text brings the reader down, and every problem has a place in the text", arguments: 0..<300)
    func damagedTexts(seed: UInt64) {
        var generator = ModuleGenerator(seed: seed)
        let text = ModuleText(file: "module.yaml", generator.damagedText())
        let module = TestParser().parse(text, environment: [:])
        for diagnostic in module.diagnostics {
            let line = diagnostic.position.flatMap { text.line($0.line) }
            #expect(line.map { (1...$0.unicodeScalars.count + 1).contains(diagnostic.position?.column ?? 0) } == true, "\(diagnostic)")
        }
        let places = module.diagnostics.compactMap(\.position)
        #expect(places == places.sorted())
        #expect(!DiagnosticRenderer().render(module.diagnostics, in: [text]).isEmpty || module.diagnostics.isEmpty)
    }

    @Test("a file of ten megabytes is read to its end")
    func largeFile() {
        let comment = "# " + String(repeating: "what this endpoint is for, ", count: 60) + "\n"
        var text = ""
        for index in 0..<6100 {
            text += "---\nkind: io.statefun.endpoints.v2/http\n\(comment)spec:\n  functions: com.example/f\(index)\n"
            text += "  urlPathTemplate: https://example.com/{function.name}\n"
        }
        text += "---\nkind: x\nspec: é ${MISSING}\n"
        #expect(text.utf8.count > 10_000_000)
        let module = parse(text)
        #expect(module.endpoints.count == 6100)
        #expect(module.endpoints.last?.position == SourcePosition(line: 6099 * 6 + 2, column: 1))
        #expect(module.diagnostics.map(\.position) == [SourcePosition(line: 6100 * 6 + 3, column: 9)])
    }

    @Test("many problems on one very long line take linear time")
    func longLine() {
        let items = (0..<20_000).map { "\"é\($0) ${MISSING}\"" }.joined(separator: ", ")
        let module = parse("kind: a\nspec: [\(items)]\n")
        #expect(module.diagnostics.count == 20_000)
        #expect(module.diagnostics.first?.position == SourcePosition(line: 2, column: 12))
    }
}
