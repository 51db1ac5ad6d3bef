import SpecParser
import Testing
import TransportCore

@Suite struct LegacyReplacementTests {
    @Test("the error for version 2.0 shows the document in its current form")
    func version2() {
        let module = parse(
            """
            version: "2.0"
            module:
              meta:
                type: remote
              spec:
                functions:
                  - function:
                      meta:
                        kind: grpc
                        type: com.example/hello
                      spec:
                        host: localhost
                        port: 5000
                  - function:
                      meta:
                        kind: http
                        type: com.foo/world
                      spec:
                        endpoint: http://${HOST}:5959/statefun
                        states:
                          - name: seen_count
                        timeout: 1minutes
                        readTimeout: 10 sec
                        maxNumBatchRequests: 10000
                routers:
                  - router: {}
                ingresses:
                  - ingress:
                      meta:
                        type: io.statefun.kafka/ingress
                        id: com.example/names
                      spec:
                        address: kafka-broker:9092
                        topics:
                          - names
                        properties:
                          - consumer.group: greeter
            """
        )
        #expect(module.components.isEmpty && module.diagnostics.count == 1)
        let diagnostic = module.diagnostics.first
        #expect(diagnostic?.position == SourcePosition(line: 1, column: 11))
        #expect(diagnostic?.message == "documents of version '2.0' are not supported")
        #expect(
            diagnostic?.replacement == """
                # the states move into the code of the function
                kind: io.statefun.endpoints.v2/http
                spec:
                  functions: com.foo/world
                  urlPathTemplate: http://${HOST}:5959/statefun
                  maxNumBatchRequests: 10000
                  transport:
                    timeouts:
                      call: 1minutes
                      read: 10 sec
                ---
                kind: io.statefun.kafka.v1/ingress
                spec:
                  id: com.example/names
                  address: kafka-broker:9092
                  topics:
                    - names
                  properties:
                    - consumer.group: greeter
                # com.example/hello: only functions that are served over HTTP can be called
                # routers have no current form: name the functions in the 'topics' of a Kafka ingress
                """
        )
    }

    @Test("the error for version 3.1 keeps the transport, and what it shows can be read", arguments: ["3.1", "3.2", "4"])
    func version31(version: String) throws {
        let module = parse(
            """
            version: "\(version)"
            module:
              spec:
                endpoints:
                  - endpoint:
                      meta: {kind: http}
                      spec:
                        functions: com.foo/*
                        urlPathTemplate: http://foo/{function.name}
                        transport:
                          type: com.example/own
                          list: [{a: 1}, [2], {}]
                  - endpoint:
                      meta: {kind: http}
                      spec: {functions: com.bar/*, urlPathTemplate: 'http://bar', timeouts: {call: 1s}}
                egresses:
                  - egress:
                      meta: {type: io.statefun.kafka/egress, id: a/b}
                      spec: {deliverySemantic: {type: none}}
            """
        )
        let replacement = try #require(module.diagnostics.first?.replacement)
        let current = parse(replacement)
        #expect(current.diagnostics.isEmpty)
        #expect(current.endpoints.map(\.targets.value.specText) == ["com.foo/*", "com.bar/*"])
        #expect(current.endpoints.map(\.version) == [.v2, .v2])
        #expect(current.endpoints.first?.transportType.value == "com.example/own")
        #expect(current.endpoints.last?.transport.node["timeouts"]?["call"]?.text == "1s")
        #expect(current.others.map(\.kind.value) == [ComponentKind.kafkaEgress])
        #expect(current.others.first?.spec.entries.map(\.key) == ["id", "deliverySemantic"])
    }

    @Test(
        "where there is nothing to go by, an example is shown",
        arguments: ["version: '1.0'\n", "module: {}\n", "version: [1]\nmodule: x\n"]
    )
    func example(text: String) throws {
        let module = parse(text)
        #expect(module.hasErrors)
        let replacement = try #require(module.diagnostics.first?.replacement)
        #expect(parse(replacement).endpoints.count == 1)
    }

    @Test("a long document is shown in part")
    func long() throws {
        let function = "{function: {meta: {kind: http, type: a/b}, spec: {endpoint: 'http://x'}}}"
        let functions = Array(repeating: function, count: 50).joined(separator: ",\n    ")
        let module = parse("version: '1.0'\nmodule: {spec: {functions: [\n    \(functions)]}}\n")
        let replacement = try #require(module.diagnostics.first?.replacement)
        #expect(parse(replacement).endpoints.count == 40)
        #expect(replacement.hasSuffix("# and so on for 10 more components"))
    }
}
