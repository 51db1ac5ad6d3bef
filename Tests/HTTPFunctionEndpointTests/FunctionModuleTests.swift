import SpecParser
import Testing
import TransportCore
import TypeName

@testable import HTTPFunctionEndpoint

@Suite struct FunctionModuleTests {
    private let transports = StandardTransports()

    private func load(_ text: String, environment: [String: String] = [:], defaultTransport: String? = nil) -> FunctionModule {
        FunctionModule(
            ModuleText(file: "module.yaml", text),
            options: .init(
                environment: environment,
                defaultTransport: defaultTransport.map { Setting($0, from: .program("--default-transport")) }
                    ?? EndpointDefaults.transportType
            ),
            transports: transports.registry,
            connector: transports.connector
        )
    }

    private func endpoint(_ functions: String, _ url: String = "http://localhost/{function.name}", more: String = "") -> String {
        """
        kind: io.statefun.endpoints.v2/http
        spec:
          functions: \(functions)
          urlPathTemplate: \(url)
        \(more)
        ---

        """
    }

    @Test("an endpoint with a target and a URL has every documented default")
    func defaults() throws {
        let module = load(endpoint("com.example/*"))
        #expect(module.diagnostics.isEmpty)
        let resolution = try module.resolve(TypeName(parsing: "com.example/greeter"))
        #expect(resolution.url.description == "http://localhost/greeter")
        #expect(resolution.endpoint.spec.transportType == Setting(KnownTransport.okHttp, from: .byDefault))
        #expect(resolution.endpoint.spec.maxNumBatchRequests == Setting(1000, from: .byDefault))
        let options = Dictionary(uniqueKeysWithValues: resolution.endpoint.options.map { ($0.name, $0.value) })
        #expect(options["timeouts.call"] == "1 min")
        #expect(options["timeouts.connect"] == "10 s")
        #expect(options["timeouts.read"] == "10 s")
        #expect(options["timeouts.write"] == "10 s")
    }

    @Test("a function that nobody serves is told the nearest target, for the first of them only, as often as they are asked for")
    func nearestTargets() throws {
        let module = load(endpoint("com.example/greeter") + endpoint("com.other/*"))
        func refusal(_ function: String) throws -> String? {
            let function = try TypeName(parsing: function)
            return #expect(throws: FunctionResolutionError.self) { try module.resolve(function) }?.description
        }
        let nearest = "no endpoint of module.yaml serves com.example/greter; the nearest target is com.example/greeter"
        for _ in 0..<3 { #expect(try refusal("com.example/greter") == nearest) }
        for number in 1..<UnservedFunctions.most {
            #expect(try refusal("com.example/greeter\(number)")?.hasSuffix("the nearest target is com.example/greeter") == true)
        }
        #expect(try refusal("com.example/greetr")?.hasSuffix("its targets are com.example/greeter, com.other/*") == true)
        #expect(try refusal("com.example/greter") == nearest)
    }

    @Test("an endpoint for the function itself wins, whatever the order", arguments: [true, false])
    func exactWins(exactFirst: Bool) throws {
        let exact = endpoint("com.example/greeter", "http://exact/")
        let namespace = endpoint("com.example/*", "http://namespace/")
        let module = load(exactFirst ? exact + namespace : namespace + exact)
        #expect(try module.resolve(TypeName(parsing: "com.example/greeter")).url.host == "exact")
        #expect(try module.resolve(TypeName(parsing: "com.example/other")).url.host == "namespace")
        #expect(try module.resolve(TypeName(parsing: "com.example/greeter")).candidates.count == 2)
    }

    @Test(
        "two endpoints for the same target are an error that names both places",
        arguments: ["com.example/*", "com.example/", "com.example"]
    )
    func duplicates(second: String) {
        let module = load(endpoint("com.example/*") + endpoint(second))
        #expect(module.diagnostics.count == 1)
        let diagnostic = module.diagnostics.first
        #expect(diagnostic?.severity == .error)
        #expect(diagnostic?.position == SourcePosition(line: 9, column: 14))
        #expect(diagnostic?.message.contains("module.yaml:3:14") == true)
    }

    @Test("mistakes of the file, the targets, the URLs and the transports are reported in one pass, in order")
    func everythingAtOnce() {
        let module = load(
            """
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: com.example/a*
              urlPathTemplate: http://localhost:99999/{name}
              transports: {}
              transport:
                type: io.statefun.transports.v1/okhttp
                timeouts:
                  call: 1 fortnight
                  read: 0s
            ---
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: com.other/*
              urlPathTemplate: http+unix:///run/functions/call
              transport:
                type: io.statefun.transports.v1/asnyc
            """
        )
        let lines = module.diagnostics.compactMap { $0.position?.line }
        #expect(lines == lines.sorted())
        #expect(Set(lines) == [3, 4, 5, 9, 10, 15, 17])
        #expect(module.diagnostics.allSatisfy { $0.file == "module.yaml" })
        #expect(module.diagnostics.last?.remedy.contains(KnownTransport.async) == true)
    }

    @Test("files that a transport names are opened when the module is loaded")
    func missingCertificates() {
        let module = load(endpoint("com.example/*", "https://localhost/", more: "  transport:\n    trust_cacerts: nowhere.pem"))
        #expect(module.diagnostics.map(\.severity) == [.error])
        #expect(module.diagnostics.first?.message.contains("nowhere.pem") == true)
        #expect(module.diagnostics.first?.position?.line == 6)
    }

    @Test("an endpoint that names no transport gets the one that the program prefers, and one of version 1 does not")
    func defaultTransport() throws {
        let text = endpoint("com.example/*") + endpoint("com.old/*").replacing("v2", with: "v1")
        let module = load(text, defaultTransport: KnownTransport.async)
        #expect(try module.resolve(TypeName(parsing: "com.example/a")).endpoint.spec.transportType.value == KnownTransport.async)
        #expect(try module.resolve(TypeName(parsing: "com.old/a")).endpoint.spec.transportType.value == KnownTransport.okHttp)
    }

    @Test("a function that no endpoint serves is an error that names what there is")
    func unserved() throws {
        let module = load(endpoint("com.example/*"))
        let error = #expect(throws: FunctionResolutionError.self) { try module.resolve(TypeName(parsing: "com.exmaple/greeter")) }
        #expect(error?.description.contains("com.example/*") == true)
    }

    @Test("components of other kinds are kept, and the endpoints beside them work")
    func otherComponents() throws {
        let module = load("kind: io.statefun.kafka.v1/ingress\nspec:\n  id: a/b\n---\n" + endpoint("com.example/*"))
        #expect(module.others.map(\.kind.value) == ["io.statefun.kafka.v1/ingress"])
        #expect(module.endpoints.count == 1)
        #expect(!module.hasErrors)
    }

    @Test("a component of a kind that nobody knows is reported and kept, and the endpoints beside it work")
    func unknownKind() throws {
        let module = load("kind: com.acme/thing\nspec: {a: 1}\n---\n" + endpoint("com.example/*"))
        #expect(module.diagnostics.map(\.severity) == [.warning])
        #expect(module.diagnostics.first?.position == SourcePosition(line: 1, column: 7))
        #expect(module.others.count == 1)
        #expect(module.endpoints.count == 1)
    }
}
