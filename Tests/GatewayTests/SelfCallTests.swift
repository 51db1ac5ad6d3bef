import Foundation
import HTTPFunctionEndpoint
import RuntimeCore
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
        ("http://0.0.0.0:8080/", "127.0.0.1:8080", true),
        ("http://[::]:8080/", "0.0.0.0:8080", true),
        ("http://0.0.0.0:8080/", "10.1.2.3:8080", false),
        ("http://functions.\(HostName.own ?? "this").example:8080/", "0.0.0.0:8080", false),
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

    private func isItself(_ url: String, _ listen: String) throws -> Bool {
        let module = try GatewayWorld.module(GatewayWorld.endpoint("a/*", url), StandardTransports())
        return SelfCall(at: [try #require(ListenAddress(parsing: listen))]).problem(in: module) != nil
    }

    @Test("the name of the machine leads to what listens at all its addresses", .enabled(if: HostName.own != nil))
    func ownName() throws {
        let name = try #require(HostName.own)
        #expect(try isItself("http://\(name):8080/", "0.0.0.0:8080"))
        #expect(try isItself("http://\(name).cluster.local:8080/", "[::]:8080"))
        #expect(try !isItself("http://\(name):8080/", "127.0.0.1:8080"))
        #expect(try !isItself("http://\(name):8081/", "0.0.0.0:8080"))
    }

    @Test("a symbolic link to the socket leads to it, and one that leads nowhere or round to nobody")
    func links() throws {
        let folder = try TemporaryDirectory()
        let socket = folder.file("gateway.sock")
        for (link, target) in [("a.sock", "gateway.sock"), ("b.sock", folder.file("a.sock")), ("c.sock", "c.sock"), ("d.sock", "e.sock")] {
            try FileManager.default.createSymbolicLink(atPath: folder.file(link), withDestinationPath: target)
        }
        #expect(try isItself("http+unix://\(folder.file("a.sock"))/f", "unix:\(socket)"))
        #expect(try isItself("http+unix://\(folder.file("b.sock"))/f", "unix:\(socket)"))
        #expect(try !isItself("http+unix://\(folder.file("c.sock"))/f", "unix:\(socket)"))
        #expect(try !isItself("http+unix://\(folder.file("d.sock"))/f", "unix:\(socket)"))
    }
}
