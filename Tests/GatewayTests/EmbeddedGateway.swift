import HTTPExchange
import HTTPFunctionEndpoint
import NIOCore
import NIOEmbedded
import TestSupport
import TransportCore

@testable import Gateway

/// Connections of a gateway on one loop, which runs when the test has it run.
final class EmbeddedGateway {
    let loop = EmbeddedEventLoop()
    let core: GatewayCore
    private let shared: GatewayLoop
    private(set) var channels: [EmbeddedChannel] = []

    /// - Parameters:
    ///   - yaml: the endpoints.
    ///   - others: transport types of the test's own.
    init(_ yaml: String, others: [any RequestReplyClientFactory] = []) throws {
        let transports = StandardTransports()
        let module = try GatewayWorld.module(yaml, transports, others: others)
        core = GatewayCore(options: GatewayOptions(), logger: RecordedLog().logger) { record in
            GatewayRoutes(module, transports: transports, others: others, record: record)
        }
        shared = GatewayLoop(EventLoopCallLoop(loop))
    }

    /// All functions are called by a transport of the test's own.
    convenience init(calledBy calls: HeldCalls) throws {
        try self.init(calls.endpoint, others: [calls])
    }

    /// A client connects.
    /// - Parameter handlers: between its socket and the gateway.
    func connect(_ handlers: any ChannelHandler...) {
        channels.append(EmbeddedChannel(handlers: handlers + [GatewayConnection(core, on: shared)], loop: loop))
    }

    func close() {
        for channel in channels { _ = try? channel.finish(acceptAlreadyClosed: true) }
    }
}
