import SpecParser
import Testing
import TransportCore

@Suite struct ModuleReaderEndpointTests {
    private func endpoint(_ version: String, _ spec: String, default transport: Setting<String>? = nil) -> TestModule {
        let text = "kind: io.statefun.endpoints.\(version)/http\nspec:\n" + spec
        let parser = transport.map { TestParser(defaultTransport: $0) } ?? TestParser()
        return parser.parse(text, file: "module.yaml", environment: [:])
    }

    private static let required = "  functions: com.example/*\n  urlPathTemplate: https://example.com/{function.name}\n"

    @Test("an endpoint with only its functions and URL has the documented defaults", arguments: ["v1", "v2"])
    func defaults(version: String) throws {
        let module = endpoint(version, Self.required)
        #expect(module.diagnostics.isEmpty)
        let endpoint = try #require(module.endpoints.first)
        #expect(endpoint.version == (version == "v1" ? .v1 : .v2))
        #expect(endpoint.targets.value.specText == "com.example/*")
        #expect(endpoint.targets.position == SourcePosition(line: 3, column: 14))
        #expect(endpoint.urlPathTemplate.value.specText == "https://example.com/{function.name}")
        #expect(endpoint.urlPathTemplate.position == SourcePosition(line: 4, column: 20))
        #expect(endpoint.maxNumBatchRequests == Setting(1000, from: .byDefault))
        #expect(endpoint.batchLimit == 1000)
        #expect(endpoint.transportType == Setting("io.statefun.transports.v1/okhttp", from: .byDefault))
        #expect(endpoint.transport.node.entries.isEmpty)
        #expect(endpoint.transport.file == "module.yaml")
    }

    @Test("the singular function means the same")
    func singular() {
        let module = endpoint("v2", "  function: com.example/greeter\n  urlPathTemplate: https://example.com\n")
        #expect(module.diagnostics.isEmpty)
        #expect(module.endpoints.first?.targets.value.specText == "com.example/greeter")
    }

    @Test("singular and plural together are an error that names both")
    func singularAndPlural() {
        let module = endpoint("v2", "  function: a/b\n  urlPathTemplate: https://example.com\n  functions: c/d\n")
        let message = "the endpoint has both 'function' on line 3 and 'functions' here"
        #expect(lines(module.diagnostics) == ["5:3 error \(message) | keep one of the two, and write one endpoint for each target"])
    }

    @Test("a template that several endpoints have has its own place in each, and other bytes are another template")
    func repeatedTemplates() {
        let written = ["http://h/caf\u{E9}", "http://h/cafe\u{301}", "http://h/caf\u{E9}", "none", "none"]
        let module = TestParser().parse(
            written.map { "kind: io.statefun.endpoints.v2/http\nspec:\n  functions: a/b\n  urlPathTemplate: \($0)\n" }.joined(
                separator: "---\n"
            ),
            file: "module.yaml",
            environment: [:]
        )
        let templates = module.endpoints.map(\.urlPathTemplate)
        #expect(templates.map { Array($0.value.specText.utf8) } == written.prefix(3).map { Array($0.utf8) })
        #expect(templates.map(\.position) == [4, 9, 14].map { SourcePosition(line: $0, column: 20) })
        #expect(module.diagnostics.map { $0.position?.line } == [19, 24])
    }

    @Test("everything under transport is kept as a tree, with its type as the chosen one")
    func transport() throws {
        let module = endpoint(
            "v2",
            Self.required
                + "  maxNumBatchRequests: 20\n  transport:\n    type: io.statefun.transports.v1/async\n    call: 2m\n    pool: {size: 0x10}\n"
        )
        #expect(module.diagnostics.isEmpty)
        let endpoint = try #require(module.endpoints.first)
        let line = { (line: Int, column: Int) in
            SettingSource.line(file: "module.yaml", SourcePosition(line: line, column: column))
        }
        #expect(endpoint.maxNumBatchRequests == Setting(20, from: line(5, 24)))
        #expect(endpoint.transportType == Setting("io.statefun.transports.v1/async", from: line(7, 11)))
        #expect(endpoint.transport.node.entries.map(\.key) == ["type", "call", "pool"])
        #expect(endpoint.transport.node.entry("call")?.keyPosition == SourcePosition(line: 8, column: 5))
        #expect(endpoint.transport.node["pool"]?["size"]?.text == "0x10")
    }

    @Test("keys inside transport are the factory's business")
    func unknownTransportKeys() {
        #expect(endpoint("v2", Self.required + "  transport:\n    timeout: 5\n    cal: 1\n").diagnostics.isEmpty)
    }

    @Test("an empty transport is none", arguments: ["", " {}", " ~"])
    func emptyTransport(written: String) {
        let module = endpoint("v2", Self.required + "  transport:\(written)\n")
        #expect(module.diagnostics.isEmpty)
        #expect(module.endpoints.first?.transport.node.entries.isEmpty == true)
    }

    @Test("the runtime's setting replaces the default transport of version 2, and of no other")
    func defaultTransport() {
        let setting = Setting("io.statefun.transports.v1/async", from: .program("default-transport"))
        #expect(endpoint("v2", Self.required, default: setting).endpoints.first?.transportType == setting)
        #expect(endpoint("v1", Self.required, default: setting).endpoints.first?.transportType == EndpointDefaults.transportType)
        let named = endpoint("v2", Self.required + "  transport: {type: com.example/own}\n", default: setting)
        #expect(named.endpoints.first?.transportType.value == "com.example/own")
    }

    @Test("the timeouts of version 1 are those of OkHttp")
    func timeouts() throws {
        let module = endpoint("v1", Self.required + "  timeouts:\n    call: 1 min\n")
        #expect(module.diagnostics.isEmpty)
        let node = try #require(module.endpoints.first?.transport.node)
        #expect(node.entries.map(\.key) == ["timeouts"])
        #expect(node.entries.first?.keyPosition == SourcePosition(line: 5, column: 3))
        #expect(node["timeouts"]?["call"]?.text == "1 min")
        #expect(node["timeouts"]?["call"]?.position == SourcePosition(line: 6, column: 11))
    }

    @Test("version 1 ignores transport with a warning that names the line")
    func transportInVersion1() {
        let module = endpoint("v1", Self.required + "  transport:\n    type: io.statefun.transports.v1/async\n")
        #expect(
            lines(module.diagnostics).first?.hasPrefix(
                "5:3 warning 'transport' has no effect in version 1 of endpoints, which always use OkHttp"
            ) == true
        )
        #expect(module.diagnostics.count == 1 && !module.hasErrors)
        #expect(module.endpoints.first?.transportType.value == KnownTransport.okHttp)
        #expect(module.endpoints.first?.transport.node.entries.isEmpty == true)
    }

    @Test("version 2 has its timeouts below transport")
    func timeoutsInVersion2() {
        let module = endpoint("v2", Self.required + "  timeouts:\n    call: 1 min\n")
        #expect(
            lines(module.diagnostics) == [
                "5:3 warning 'timeouts' has no effect here in version 2 of endpoints | move it below 'transport:'"
            ]
        )
    }

    @Test("no limit is a warning", arguments: [0, -1, -1000])
    func noLimit(number: Int) throws {
        let module = endpoint("v2", Self.required + "  maxNumBatchRequests: \(number)\n")
        #expect(lines(module.diagnostics).map { $0.prefix(12) } == ["5:24 warning"])
        let endpoint = try #require(module.endpoints.first)
        #expect(endpoint.maxNumBatchRequests.value == number)
        #expect(endpoint.batchLimit == nil)
    }

    @Test(
        "a limit that is no whole number is an error, and the rest is read",
        arguments: ["many", "1_000", "1e3", "10.0", "", "[1]", "99999999999999999999"]
    )
    func badLimit(written: String) {
        let module = endpoint("v2", Self.required + "  maxNumBatchRequests: \(written)\n")
        #expect(module.diagnostics.count == 1)
        #expect(module.diagnostics.first?.message.hasPrefix("maxNumBatchRequests must be a whole number, not ") == true)
        #expect(module.endpoints.first?.maxNumBatchRequests.value == 1000)
    }

    @Test(
        "an unknown key is a warning with the nearest known one",
        arguments: [
            ("v2", "transports", "write 'transport'"), ("v2", "transprot", "write 'transport'"), ("v1", "timeout", "write 'timeouts'"),
            ("v2", "maxNumBatchRequest", "write 'maxNumBatchRequests'"), ("v2", "maxnumbatchrequests", "write 'maxNumBatchRequests'"),
            ("v2", "functons", "write 'functions'"),
            ("v2", "id", "remove it, or use one of functions, function, urlPathTemplate, maxNumBatchRequests, transport"),
            ("v1", "id", "remove it, or use one of functions, function, urlPathTemplate, maxNumBatchRequests, timeouts"),
        ]
    )
    func unknownKeys(version: String, key: String, remedy: String) {
        let module = endpoint(version, Self.required + "  \(key): x\n")
        #expect(lines(module.diagnostics) == ["5:3 warning '\(key)' is not a key of the endpoint's spec and has no effect | \(remedy)"])
        #expect(module.diagnostics.first?.length == key.count)
        #expect(module.endpoints.count == 1)
    }

    @Test("an unknown key that was meant as a necessary one is an error, and its value is checked")
    func misspeltNecessaryKeys() {
        let module = endpoint("v2", "  functon: com.example\n  urlPathTemplates: https://example.com\n")
        #expect(
            lines(module.diagnostics) == [
                "3:3 error 'functon' is not a key of the endpoint's spec | write 'function'",
                "3:12 error 'com.example' has no slash | write namespace/name",
                "4:3 error 'urlPathTemplates' is not a key of the endpoint's spec | write 'urlPathTemplate'",
            ]
        )
    }

    @Test("what is missing is named")
    func missingKeys() {
        let module = endpoint("v2", "  maxNumBatchRequests: 5\n")
        #expect(
            lines(module.diagnostics) == [
                "3:3 error the endpoint's spec has no 'functions' | add 'functions: …'",
                "3:3 error the endpoint's spec has no 'urlPathTemplate' | add 'urlPathTemplate: …'",
            ]
        )
    }

    @Test(
        "a spec, a target or a transport of another form is reported",
        arguments: [
            ("v2", "  - a\n", "3:3 error the spec of the endpoint is a list"),
            ("v2", "", "2:6 error the spec of the endpoint is nothing"),
            ("v2", "  functions: [a/b]\n  urlPathTemplate: http://x\n", "3:14 error the target functions must be one text, not a list"),
            ("v2", "  functions:\n  urlPathTemplate: http://x\n", "3:13 error the target functions must be one text, not nothing"),
            (
                "v2", "  functions: a/b\n  urlPathTemplate: {function.name}\n",
                "4:20 error the urlPathTemplate must be one text, not keys with values"
            ),
            ("v2", required + "  transport: io.statefun.transports.v1/async\n", "5:14 error the transport is text"),
            ("v2", required + "  transport: [a]\n", "5:14 error the transport is a list"),
            ("v2", required + "  transport: {type: [a]}\n", "5:21 error the type of the transport is a list"),
        ]
    )
    func otherForms(version: String, spec: String, problem: String) {
        let module = endpoint(version, spec)
        #expect(module.diagnostics.count == 1)
        #expect(lines(module.diagnostics).first?.hasPrefix(problem) == true, "\(lines(module.diagnostics))")
        #expect(module.endpoints.isEmpty)
    }

    @Test(
        "a part of a text is reported at its exact column, where the file shows the text as it is",
        arguments: [
            ("a/b!c", 17, 1), ("'a/b!c'", 18, 1), ("\"a/b!c\"", 18, 1), ("é/\u{1F600}!c", 17, 1), ("\"\\x61/b!c\"", 14, 1),
            ("&x a/b!c", 14, 1), ("com.example", 14, 11), ("'com.example'", 15, 11),
        ]
    )
    func exactColumns(written: String, column: Int, length: Int) {
        let module = endpoint("v2", "  functions: \(written)\n  urlPathTemplate: http://x\n")
        #expect(module.diagnostics.map(\.position) == [SourcePosition(line: 3, column: column)])
        #expect(module.diagnostics.map(\.length) == [length])
    }

    @Test("what the environment changed is reported at the beginning of the value")
    func substitutedColumns() {
        let text = "kind: io.statefun.endpoints.v2/http\nspec:\n  functions: a/${N}!c\n  urlPathTemplate: http://x\n"
        let module = TestParser().parse(text, file: "m", environment: ["N": "name"])
        #expect(module.diagnostics.map(\.position) == [SourcePosition(line: 3, column: 14)])
    }

    @Test("an endpoint that cannot be used still shows its transport, so that it can be checked")
    func partialEndpoints() throws {
        let module = endpoint("v2", "  functions: nowhere\n  urlPathTemplate: http://x\n  transport: {type: com.example/own, call: 1}\n")
        #expect(module.endpoints.isEmpty && module.diagnostics.count == 1)
        let partial = try #require(module.partialEndpoints.first)
        #expect(partial.version == .v2 && partial.transportType.value == "com.example/own")
        #expect(partial.transport.node["call"]?.text == "1")
        #expect(partial.position == SourcePosition(line: 1, column: 1))
    }

    @Test("a value that the environment lacks is reported once, not again as missing")
    func missingEnvironment() {
        let module = endpoint(
            "v2",
            "  functions: ${A}\n  urlPathTemplate: ${B}\n  transport: {type: \"${C}\", call: \"${D}\"}\n  maxNumBatchRequests: ${E}\n"
        )
        #expect(module.diagnostics.map { $0.message.suffix(3) } == ["'A'", "'B'", "'C'", "'D'", "'E'"])
        #expect(module.components.isEmpty)
    }
}
