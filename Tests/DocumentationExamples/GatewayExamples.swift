import Gateway
import HTTPFunctionEndpoint
import Logging
import NIOCore

/// The smallest use of a gateway. What stands between `begin` and `end` is the text of its page.
enum GatewayExamples {
    static func gateway(_ module: FunctionModule, _ transports: StandardTransports, group: any EventLoopGroup, logger: Logger) async throws
    {
        // begin gateway
        let gateway = Gateway(module, transports: transports, group: group, logger: logger)
        print(try await gateway.start(at: [.socket(path: "/run/statefun/gateway.sock")]))
        // … until the program ends
        await gateway.stop(drainingFor: .seconds(30))
        // end gateway
    }
}
