internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import RuntimeCore
internal import TransportCore

/// Makes the connections of a listener, each with a handler of its own and without a task for its requests.
struct ConnectionSetup: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        let channel: any Channel
        /// Nothing is done for the connection any more.
        let ended: EventLoopFuture<Void>
        fileprivate let handler: NIOLoopBound<ConnectionHandler>
    }

    private let limits: ConnectionMachine.Limits
    private let crowdedLimits: ConnectionMachine.Limits
    private let crowd: Crowd
    private let headLimit: Int
    private let respond: HTTPListener.Responder
    private let rounds: [ObjectIdentifier: WriteRound]

    /// - Parameter loops: where connections live.
    init(_ options: PlaygroundOptions, on loops: any EventLoopGroup, _ respond: @escaping HTTPListener.Responder) {
        limits = ConnectionMachine.Limits(
            body: options.bodyLimit,
            idle: options.idleLimit,
            transfer: options.transferLimit,
            farewell: min(.seconds(2), options.idleLimit),
            drainingTransfer: options.stoppingTransferLimit
        )
        var crowded = limits
        crowded.idle = min(options.crowdedIdleLimit, options.idleLimit)
        crowdedLimits = crowded
        crowd = Crowd(limit: DescriptorLimit.lowering(options.connectionLimit))
        headLimit = options.headLimit
        self.respond = respond
        rounds = Dictionary(loops.makeIterator().map { (ObjectIdentifier($0), Self.round(on: $0)) }) { first, _ in first }
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            var decoding = NIOHTTPDecoderLimitConfiguration()
            decoding.maxHeaderFieldSize = headLimit
            decoding.maxHeaderListSize = headLimit
            decoding.maxHeaderFieldCount = HTTPRefusal.mostFields
            let pipeline = channel.pipeline.syncOperations
            let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: decoding)
            let round = rounds[ObjectIdentifier(channel.eventLoop)] ?? Self.round(on: channel.eventLoop)
            let handler = ConnectionHandler(limits, inCrowd: crowdedLimits, of: crowd, headLimit: headLimit, in: round, respond)
            try pipeline.addHandlers(RequestReading(handler, headLimit: headLimit), ByteToMessageHandler(decoder), handler)
            return Value(
                channel: channel,
                ended: handler.ended ?? channel.closeFuture,
                handler: NIOLoopBound(handler, eventLoop: channel.eventLoop)
            )
        }
    }

    private static func round(on loop: any EventLoop) -> WriteRound {
        WriteRound { loop.execute($0) }
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskCancellationHandler {
            // It does not fail.
            try? await value.ended.get()
        } onCancel: {
            value.channel.eventLoop.execute { value.handler.value.cutOff() }
        }
    }
}
