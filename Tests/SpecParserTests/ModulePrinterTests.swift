import ModuleComparison
import Testing
import TransportCore

@testable import SpecParser

@Suite struct ModulePrinterTests {
    @Test("components are printed a document each, in the order of their keys")
    func components() {
        let text = """
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: com.example/*
              urlPathTemplate: https://bar.foo.com:8080/{function.name}
              maxNumBatchRequests: 20
              transport:
                type: io.statefun.transports.v1/async
                call: 2 min
            ---
            kind: io.statefun.endpoints.v1/http
            spec:
              functions: com.example/greeter
              urlPathTemplate: http+unix:///uds.sock/path
              timeouts:
                call: 1 min
            ---
            version: 3.0
            module:
              meta:
                type: remote
              spec:
                endpoints:
                  - endpoint:
                      meta:
                        kind: http
                      spec:
                        functions: com.old/*
                        urlPathTemplate: http://old
                  - endpoint:
                      meta:
                        kind: http
                      spec:
                        functions: com.older/*
                        urlPathTemplate: http://older
            ---
            kind: io.statefun.kafka.v1/ingress
            spec:
              id: a/b
              topics:
                - topic: names
                  targets:
                    - a/b
                    -
                      - nested
                      - {}
              properties: []
              nothing: null

            """
        let module = parse(text)
        #expect(module.diagnostics.map(\.severity) == [.warning], "of version 3.0 is a file by itself")
        #expect(ModulePrinter().print(module) == text)
    }

    @Test(
        "any text reads as itself",
        arguments: [
            "", " ", "a", " a", "a ", "a: b", "a:", ":a", "a #b", "a#b", "#a", "- a", "-", "?", "? a", "*a", "&a", "!a", "|", ">", "%a",
            "@a", "`a`", "'a'",
            "\"a\"", "'", "\"", "\\", "\\n", "a\nb", "\n", "a\n", "\ta", "a\tb", "\r", "a\r\nb", "null", "~", "Null", "nullable", "true",
            "1", "0x10", "{}",
            "[]", "{a: b}", "[a", "a, b", "---", "...", "--- a", "<<", "=", "${A}", "${", "${\u{301}A}", "$${A}", "$", "${:-$}{A}", "é",
            "\u{1F600}",
            "e\u{301}",
            "\u{0}", "\u{1}", "\u{1B}[31m", "\u{7F}", "\u{85}", "\u{A0}", "\u{2028}x\u{2029}", "\u{FEFF}", "\u{FEFF}x", "x\u{FEFF}",
            "\u{FFFD}",
            "\u{FFFE}", "\u{FFFF}", "\u{E000}", "\u{10F000}", "\u{10FFFF}", "\u{202E}x",
            String(repeating: "long ", count: 1000), String(repeating: "k", count: 1500),
        ]
    )
    func texts(text: String) {
        let node = SpecNode.keys([
            ("value", .text(text)), ("list", .list([.text(text), .text(text)])), ("keys", .keys([(text, .text("v"))])),
            ("listOfKeys", .list([.keys([(text, .keys([("deep", .text(text))])), ("second", .text(text))])])),
        ])
        let kind = text.isEmpty ? "kind" : text
        let component = ModuleComponent<TestTarget, TestURL>.other(
            OtherComponent(kind: Located(kind, at: node.position), spec: node, position: node.position)
        )
        let printed = ModulePrinter().print([component])
        let module = parse(printed, environment: ["A": "wrong"])
        // A kind in the first line may be one that a person would have misspelt, which is no matter here.
        #expect(!module.hasErrors, "\(module.diagnostics)")
        #expect(module.components.map(\.withoutPlaces) == [component.withoutPlaces], "\(printed)")
    }

    @Test("what was put in from the environment is not put in again")
    func substituted() {
        let module = parse("kind: a\nspec: {k: \"${A}\"}\n", environment: ["A": "${B} ${A} $"])
        let again = parse(ModulePrinter().print(module), environment: ["A": "x", "B": "y"])
        #expect(again.others.first?.spec["k"]?.text == "${B} ${A} $")
    }

    @Test("a transport type that only the setting knows is printed, and one from a default is not")
    func transportType() {
        let place = SourcePosition(line: 1, column: 1)
        var module = parse("kind: \(ComponentKind.endpointV2)\nspec: {functions: a/b, urlPathTemplate: 'http://x'}\n")
        #expect(!ModulePrinter().print(module).contains("transport"))
        module.components = module.components.map {
            guard case .endpoint(var endpoint) = $0 else { return $0 }
            endpoint.transportType = Setting("a/t", from: .line(file: "m", place))
            return .endpoint(endpoint)
        }
        #expect(parse(ModulePrinter().print(module)).endpoints.first?.transportType.value == "a/t")
    }

    @Test("any valid module, printed and read again, is the same module", arguments: 0..<200)
    func roundTrip(seed: UInt64) {
        var generator = ModuleGenerator(seed: seed)
        let components = generator.components()
        let printed = ModulePrinter().print(components)
        let module = TestParser().parse(printed, file: "module.yaml", environment: ["A": "wrong", "HOME": "wrong"])
        #expect(!module.hasErrors, "\(module.diagnostics)\n\(printed)")
        #expect(module.components.map(\.withoutPlaces) == components.map(\.withoutPlaces), "\(printed)")
        #expect(ModulePrinter().print(module) == printed, "what was read is printed as before")
    }
}
