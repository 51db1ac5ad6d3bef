import HTTPFunctionEndpoint
import RequestReply
import SpecParser
import TestSupport
import Testing
import TransportCore
import TypeName

/// What typenames, ids and specs can do to the head of a request: nothing.
@Suite struct RequestHeadTests {
    /// The functions behind a template, called over a real connection. Nothing is wrong with the file unless it says so.
    private func functions(_ template: String, transport: String) throws -> FunctionEndpoints {
        let transports = StandardTransports(threads: 4)
        let module = FunctionModule(
            ModuleText(
                file: "module.yaml",
                """
                kind: io.statefun.endpoints.v2/http
                spec:
                  functions: com.example/*
                  urlPathTemplate: \(template)
                  transport:
                    type: \(transport)
                """
            ),
            options: .init(),
            transports: transports.registry,
            connector: transports.connector
        )
        guard !module.hasErrors else { throw FunctionModuleError(module: module) }
        return FunctionEndpoints(module, transports: transports.registry)
    }

    /// The head that a request for `target` has, whatever its body.
    private func head(_ target: String, _ server: RawServer) -> String {
        let lines = [
            "POST \(target) HTTP/1.1", "host: 127.0.0.1:\(server.port)", "user-agent: \(StatefunProduct.userAgent)",
            "accept: application/octet-stream", "accept-encoding: gzip, deflate", "content-type: application/octet-stream",
            "content-length: ",
        ]
        return lines.joined(separator: "\r\n")
    }

    private static let transports = [KnownTransport.okHttp, KnownTransport.async]

    @Test(
        "a function's name stands in the URL percent-encoded, and adds no byte that means anything there",
        arguments: transports,
        [
            ("two words", "two%20words"), ("say \"hi\"", "say%20%22hi%22"), ("%0d%0ax: y", "%250d%250ax%3A%20y"),
            ("a?b#c&d=e", "a%3Fb%23c%26d%3De"), ("größe", "gr%C3%B6%C3%9Fe"),
            ("\u{10D0A}", "%F0%90%B4%8A"), ("a\\b", "a%5Cb"), ("{x}", "%7Bx%7D"), ("a:b@c", "a%3Ab%40c"),
        ]
    )
    func names(transport: String, name: (text: String, encoded: String)) async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .respond("200 OK")])
        let functions = try functions("http://127.0.0.1:\(server.port)/f/{function.name}?q={function.name}", transport: transport)
        let type = try TypeName(namespace: "com.example", name: name.text)
        _ = try await functions.invoke(Address(type, id: "Bob"), [.int(1)])
        let text = try await server.connection().receivedText
        #expect(text.hasPrefix(head("/f/\(name.encoded)?q=\(name.encoded)", server)), "\(text)")
        await functions.shutdown()
    }

    @Test(
        "a name that holds control characters is no name",
        arguments: ["a\r\nx: y", "a\nb", "a\0b", "a\u{7F}b", "a\u{85}b", "a\u{2028}b"]
    )
    func controlCharacters(name: String) {
        #expect(throws: TypeNameError.self) { try TypeName(namespace: "com.example", name: name) }
    }

    @Test("an id travels in the body only, whatever it holds", arguments: transports, ["a\r\nx: y\r\n\r\n", "\0", "größe", "%0d%0a", ""])
    func ids(transport: String, id: String) async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .respond("200 OK")])
        let functions = try functions("http://127.0.0.1:\(server.port)/f", transport: transport)
        _ = try await functions.invoke("com.example/greeter", id: id, .int(1))
        let text = try await server.connection().receivedText
        let prefix = head("/f", server)
        #expect(text.hasPrefix(prefix))
        // The length is the last field, and what follows is the body.
        #expect(text.dropFirst(prefix.count).drop { $0.isNumber }.hasPrefix("\r\n\r\n"))
        await functions.shutdown()
    }

    @Test(
        "a spec cannot put more into a head than a URL",
        arguments: [
            #""http://localhost/a\r\nx: y""#, #""http://localhost/a b""#, #""http://localhost\r\nx:y/""#, #""http://local host/""#,
            #""http://localhost/\t""#, #""http://localhost/\0""#, #""http://localhost/ä""#, #""http://localhost/a HTTP/1.1""#,
            #""http://user:secret@localhost/""#,
        ]
    )
    func specs(template: String) {
        let error = #expect(throws: FunctionModuleError.self) { try functions(template, transport: KnownTransport.async) }
        #expect(error?.description.contains("module.yaml:4:") == true)
    }
}
