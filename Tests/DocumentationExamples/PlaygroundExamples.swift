import AdminIO
import Logging
import PlaygroundIO
import RuntimeCore

/// The smallest uses of what connects a runtime with its users. What stands between `begin` and `end` is the text of their
/// pages.
enum PlaygroundExamples {
    static func ingress(into messages: any MessageAccepting, logger: Logger) async throws {
        // begin playgroundio
        let ingress = PlaygroundIngress(PlaygroundIngressSpec(port: 8090), logger: logger)
        print(try await ingress.start(into: messages))  // http://127.0.0.1:8090
        // … until the program ends
        await ingress.stop(drainingFor: .seconds(10))
        // end playgroundio
    }

    static func admin(of runtime: some RuntimeAdministration, logger: Logger) async throws {
        // begin adminio
        let server = AdminServer(runtime, at: .port(host: "127.0.0.1", port: 8092), logger: logger)
        print(try await server.start())  // http://127.0.0.1:8092
        // … until the program ends
        await server.stop(drainingFor: .seconds(10))
        // end adminio
    }
}
