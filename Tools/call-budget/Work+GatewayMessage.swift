import Gateway
import HTTPExchange
import HTTPFunctionEndpoint
import Logging
import NIOPosix
import SpecParser
import TransportCore

extension Work {
    /// A message through the gateway over kept connections, one at a time, from a client that allocates nothing.
    static func gatewayMessage() async throws -> Work {
        let server = try AnsweringServer()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let loops = [EventLoopCallLoop(loop)]
        let transports = StandardTransports(loops: loops, answerRoom: AnswerRoom(limit: GatewayOptions().maxBufferedBytes))
        let module = try module(url: "http://127.0.0.1:\(server.port)/", transport: KnownTransport.async, transports)
        let gateway = Gateway(module, transports: transports, group: loop, loops: loops, logger: Logger(label: "call-budget"))
        let url = try await gateway.start(at: [.port(host: "127.0.0.1", port: 0)])[0]
        guard let port = url.split(separator: ":").last.flatMap({ Int($0) }) else { throw BudgetFailure("the gateway is at \(url)") }
        let client = try PostingClient(port: port, body: try message())
        return Work(name: "gateway-message", warmUp: 200, count: 1_000) { count in
            try await client.post(count)
            withExtendedLifetime(gateway) {}
        }
    }
}
