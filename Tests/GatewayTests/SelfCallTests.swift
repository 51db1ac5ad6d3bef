import HTTPFunctionEndpoint
import SpecParser
import TestSupport
import Testing
import TransportCore

@testable import Gateway

/// A gateway that would call itself.
@Suite struct SelfCallTests {
    private static let cases: [(url: String, listen: String, isItself: Bool)] = [
        ("http://127.0.0.1:8080/", "127.0.0.1:8080", true),
        ("http://localhost:8080/f", "8080", true),
        ("http://[::1]:8080/", "0.0.0.0:8080", true),
        ("http://gateway:8080/{function.name}", "gateway:8080", true),
        ("http://127.0.0.1:8081/", "127.0.0.1:8080", false),
        ("http://functions:8080/", "127.0.0.1:8080", false),
        ("http://functions:8080/", "0.0.0.0:8080", false),
        ("http://127.0.0.1:8080/", "10.1.2.3:8080", false),
        ("http+unix:///run/gateway.sock/f", "unix:/run/gateway.sock", true),
        ("http+unix:///run/../run/gateway.sock/f", "unix:/run/gateway.sock", true),
        ("http+unix:///nowhere/gateway.sock/", "unix:/nowhere/gateway.sock", true),
        ("http+unix:///run/functions.sock/f", "unix:/run/gateway.sock", false),
        ("http+unix:///run/gateway.sock/f", "8080", false),
    ]

    @Test("an endpoint where the gateway itself listens is told with its place", arguments: cases)
    func found(url: String, listen: String, isItself: Bool) throws {
        let transports = StandardTransports()
        let text = GatewayWorld.endpoint("first/*", "http://elsewhere:1/") + "---\n" + GatewayWorld.endpoint("a/*", url)
        let module = try GatewayWorld.module(text, transports)
        let address = try #require(ListenAddress(parsing: listen))
        let problem = SelfCall(at: [.port(host: "127.0.0.1", port: 1), address]).problem(in: module)
        #expect((problem != nil) == isItself)
        if let problem {
            #expect(problem.position == module.endpoints.last?.spec.urlPathTemplate.position)
            #expect(problem.message.contains("would call itself"))
        }
    }
}
