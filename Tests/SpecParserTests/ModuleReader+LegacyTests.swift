import ModuleComparison
import SpecParser
import Testing
import TransportCore

@Suite struct ModuleReaderLegacyTests {
    private static let legacy = """
        version: "3.0"

        module:
          meta:
            type: remote
          spec:
            endpoints:
              - endpoint:
                  meta:
                    kind: http
                  spec:
                    functions: com.example/*
                    urlPathTemplate: http://${HOST}:8080/{function.name}
                    timeouts:
                      call: 1minutes
                    maxNumBatchRequests: 10000
              - endpoint:
                  meta:
                    kind: http
                  spec:
                    functions: com.other/one
                    urlPathTemplate: http://other/one
            ingresses:
              - ingress:
                  meta:
                    type: io.statefun.kafka/ingress
                    id: com.example/names
                  spec:
                    address: ${HOST}:9092
                    topics: [names]
              - ingress:
                  meta: {type: com.example/own-ingress, id: com.example/own}
                  spec:
            egresses:
              - egress:
                  meta:
                    type: io.statefun.kinesis/egress
                    id: com.example/greets
                  spec: {id: other, address: x}
        """

    private static let modern = """
        kind: io.statefun.endpoints.v1/http
        spec:
          functions: com.example/*
          urlPathTemplate: http://${HOST}:8080/{function.name}
          maxNumBatchRequests: 10000
          timeouts:
            call: 1minutes
        ---
        kind: io.statefun.endpoints.v1/http
        spec:
          functions: com.other/one
          urlPathTemplate: http://other/one
        ---
        kind: io.statefun.kafka.v1/ingress
        spec:
          id: com.example/names
          address: ${HOST}:9092
          topics: [names]
        ---
        kind: com.example/own-ingress
        spec:
          id: com.example/own
        ---
        kind: io.statefun.kinesis.v1/egress
        spec:
          id: com.example/greets
          address: x
        """

    @Test("a document of version 3.0 gives the same model as its modern form")
    func sameModel() {
        let environment = ["HOST": "example.com"]
        let legacy = parse(Self.legacy, environment: environment)
        let modern = parse(Self.modern, environment: environment)
        #expect(legacy.diagnostics.isEmpty && modern.diagnostics.isEmpty)
        #expect(legacy.endpoints.map(\.version) == [.legacy, .legacy])
        let asModern = legacy.components.map { component in
            switch component {
            case .endpoint(var endpoint):
                endpoint.version = .v1
                return ModuleComponent.endpoint(endpoint)
            case .other: return component
            }
        }
        #expect(asModern.map(\.withoutPlaces) == modern.components.map(\.withoutPlaces))
    }

    @Test(
        "what the JVM runtime refuses of a document of version 3.0 is a warning",
        arguments: [
            ("module: {meta: {type: remote}, spec: {}}\n---\n", "1:1 warning a document of version 3.0 is alone in its file"),
            ("module: {meta: {type: remote}, spec: {}}\n---\nkind: a/b\nspec: {c: d}\n", "1:1 warning a document of version 3.0 is alone"),
            ("module: {spec: {}}\n", "2:9 warning the module has no type"),
            ("module: {meta: {name: x}, spec: {}}\n", "2:9 warning the module has no type"),
        ]
    )
    func refusedElsewhere(rest: String, says: String) {
        let found = lines(parse("version: '3.0'\n" + rest).diagnostics)
        #expect(found.count == 1 && found.first?.hasPrefix(says) == true, "\(found)")
    }

    @Test("positions lead into the legacy document")
    func positions() throws {
        let module = parse(Self.legacy, environment: ["HOST": "h"])
        let endpoint = try #require(module.endpoints.first)
        #expect(endpoint.position == SourcePosition(line: 8, column: 9))
        #expect(endpoint.targets.position == SourcePosition(line: 12, column: 24))
        #expect(module.others.first?.kind.position == SourcePosition(line: 26, column: 19))
    }

    @Test("the version may be written without quotes")
    func plainVersion() {
        let module = parse("version: 3.0\nmodule: {meta: {type: remote}, spec: {endpoints: []}}\n")
        #expect(module.diagnostics.isEmpty && module.components.isEmpty)
    }

    @Test("an endpoint there may have a kind of the current format")
    func modernKind() {
        let module = parse(
            "version: '3.0'\nmodule: {meta: {type: remote}, spec: {endpoints: [{endpoint: {meta: {kind: io.statefun.endpoints.v2/http}, "
                + "spec: {functions: a/b, urlPathTemplate: 'http://x', transport: {type: a/t}}}}]}}\n"
        )
        #expect(module.diagnostics.isEmpty)
        #expect(module.endpoints.map(\.version) == [.v2])
        #expect(module.endpoints.map(\.transportType.value) == ["a/t"])
    }

    @Test(
        "mistakes in the structure are reported at their place",
        arguments: [
            ("version: '3.0'\n", "1:1 error the document has no 'module'"),
            ("version: '3.0'\nmodul: {spec: {}}\n", "2:1 error 'modul' is not a key of the document | write 'module'"),
            ("version: '3.0'\nmodule: x\n", "2:9 error 'module' must be keys with values, but is text"),
            (
                "version: '3.0'\nmodule: {meta: {type: embedded}, spec: {}}\n",
                "2:23 warning only remote modules can be called | write 'type: remote'"
            ),
            ("version: '3.0'\nmodule: {spec: {routers: []}}\n", "2:17 warning routers are not supported"),
            (
                "version: '3.0'\nmodule: {spec: {endpoint: []}}\n",
                "2:17 warning 'endpoint' is not a key of the module's spec and has no effect | write 'endpoints'"
            ),
            ("version: '3.0'\nmodule: {spec: {endpoints: {}}}\n", "2:28 error 'endpoints' must be a list, but is keys with values"),
            ("version: '3.0'\nmodule: {spec: {endpoints: [a]}}\n", "2:29 error this item is text, not an endpoint"),
            ("version: '3.0'\nmodule: {spec: {egresses: [{other: {}}]}}\n", "2:28 error this item has no 'egress'"),
            (
                "version: '3.0'\nmodule: {spec: {ingresses: [{ingress: {meta: {type: a}, spec: {}}}]}}\n",
                "2:46 error the ingress's meta has no 'id'"
            ),
            ("version: '3.0'\nmodule: {spec: {endpoints: [{endpoint: {meta: {kind: }, spec: {}}}]}}\n", "2:54 error 'kind' is nothing"),
            ("version: '3.0'\nmodule: {spec: {endpoints: [{endpoint: {spec: {}}}]}}\n", "2:40 error the endpoint has no 'meta'"),
        ]
    )
    func structure(text: String, problem: String) {
        let found = lines(parse(text).diagnostics)
        #expect(found.contains { $0.hasPrefix(problem) }, "\(found)")
    }

    @Test("transport has no effect there either")
    func transport() {
        let module = parse(
            "version: '3.0'\nmodule: {meta: {type: remote}, spec: {endpoints: [{endpoint: {meta: {kind: http}, "
                + "spec: {functions: a/b, urlPathTemplate: 'http://x', transport: {}}}}]}}\n"
        )
        #expect(module.diagnostics.map(\.severity) == [.warning])
        #expect(module.diagnostics.first?.message.contains("'transport' has no effect in version 1") == true)
    }
}
