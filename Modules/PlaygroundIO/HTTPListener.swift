internal import HTTPTypes
internal import HummingbirdCore
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTPTypes
internal import NIOPosix
internal import RuntimeCore
internal import TransportCore

/// A whole request.
struct HTTPCall: Sendable {
    let method: HTTPRequest.Method
    /// Path and query as they were sent.
    let target: String
    let fields: HTTPFields
    let body: ByteBuffer
    let channel: any Channel

    /// What tells whether the client still waits for the answer.
    func presence() async throws -> ClientPresence {
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: ConnectionHandler.self).presence
        }.get()
    }
}

/// Listens on one port and answers whole requests.
final class HTTPListener: Sendable {
    typealias Responder = @Sendable (HTTPCall) async -> HTTPAnswer

    private enum State {
        /// Next: starting.
        case idle
        /// Next: running, ended.
        case starting
        /// Next: ended.
        case running(Server<HTTP1Channel>, Task<Void, Never>)
        /// Final.
        case ended
    }

    private let port: Int
    private let options: PlaygroundOptions
    private let logger: Logger
    private let state = NIOLockedValueBox(State.idle)

    init(port: Int, options: PlaygroundOptions, logger: Logger) {
        self.port = port
        self.options = options
        var logger = logger
        // The server says at lower levels what the runtime says better: where it listens.
        logger.logLevel = max(logger.logLevel, .notice)
        self.logger = logger
    }

    /// Binds the port and begins to answer.
    /// - Returns: the URL.
    func start(_ respond: @escaping Responder) async throws(ComponentFailure) -> String {
        let isFirst = state.withLockedValue { state in
            guard case .idle = state else { return false }
            state = .starting
            return true
        }
        guard isFirst else { throw ComponentFailure("what listens on port \(port) was started already; make another one") }
        let group = MultiThreadedEventLoopGroup.singleton
        let bound = group.any().makePromise(of: (any Channel).self)
        let server = Server(
            childChannelSetup: channelSetup(respond),
            configuration: ServerConfiguration(
                address: .hostname(options.host, port: port),
                availableConnectionsDelegate: .maximum(DescriptorLimit.lowering(options.connectionLimit), logger: logger)
            ),
            onServerRunning: { bound.succeed($0) },
            eventLoopGroup: group,
            logger: logger
        )
        let run = Task {
            do {
                try await server.run()
            } catch {
                bound.fail(error)
            }
        }
        do {
            let channel = try await bound.futureResult.get()
            state.withLockedValue { $0 = .running(server, run) }
            return url(channel.localAddress?.port ?? port)
        } catch {
            state.withLockedValue { $0 = .ended }
            throw ListenFailure.explain(error, host: options.host, port: port)
        }
    }

    /// Accepts no more connections, lets requests end that are being answered, and cuts off what is left after `limit`.
    func stop(drainingFor limit: Duration) async {
        let running = state.withLockedValue { state -> (Server<HTTP1Channel>, Task<Void, Never>)? in
            guard case .running(let server, let run) = state else { return nil }
            state = .ended
            return (server, run)
        }
        guard let (server, run) = running else { return }
        let shutdown = Task {
            try? await server.shutdownGracefully()
            await run.value
        }
        if await !Self.ends(shutdown, within: limit) {
            run.cancel()
            // What is cut off gives back what it had taken; whoever does not even do that is left behind.
            _ = await Self.ends(shutdown, within: .seconds(1))
        }
    }

    private static func ends(_ task: Task<Void, Never>, within limit: Duration) async -> Bool {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let outcome = loop.makePromise(of: Bool.self)
        let timer = loop.scheduleTask(in: .nanoseconds(limit.inNanoseconds)) { outcome.succeed(false) }
        Task {
            await task.value
            timer.cancel()
            outcome.succeed(true)
        }
        return (try? await outcome.futureResult.get()) ?? false
    }

    private func url(_ port: Int) -> String {
        options.host.contains(":") ? "http://[\(options.host)]:\(port)" : "http://\(options.host):\(port)"
    }

    // MARK: - Connections

    private func channelSetup(_ respond: @escaping Responder) -> HTTP1Channel {
        let limits = ConnectionMachine.Limits(
            body: options.bodyLimit,
            idle: options.idleLimit,
            transfer: options.transferLimit,
            farewell: min(.seconds(2), options.idleLimit)
        )
        let headLimit = options.headLimit
        var crowded = limits
        crowded.idle = min(options.crowdedIdleLimit, options.idleLimit)
        let quickly = crowded
        let crowd = Crowd(limit: DescriptorLimit.lowering(options.connectionLimit))
        return HTTP1Channel(
            responder: { request, _, channel in
                try await Self.answer(request, on: channel, with: respond)
            },
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [ConnectionHandler(limits, inCrowd: quickly, of: crowd, headLimit: headLimit)],
                httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                    maxHeaderFieldSize: headLimit,
                    maxHeaderListSize: headLimit,
                    maxHeaderFieldCount: 100
                )
            )
        )
    }

    private static func answer(_ request: Request, on channel: any Channel, with respond: Responder) async throws {
        var body = ByteBuffer()
        for try await var part in request.body {
            body.writeBuffer(&part)
        }
        // A connection that is cut off looks like the end of the body to whoever reads it.
        guard !Task.isCancelled, request.headers[.contentLength] == String(body.readableBytes) else { throw CancellationError() }
        let call = HTTPCall(method: request.method, target: request.head.path ?? "", fields: request.headers, body: body, channel: channel)
        var answer = await respond(call)
        if isLast(request.headers) {
            answer.fields[.connection] = "close"
        }
        do {
            try await write(answer, to: channel, withBody: request.method != .head)
        } catch {
            await answer.whenLost?()
            throw error
        }
    }

    /// Whether the client sends no other request, or none that could be read: the codec stops where a client asks for another
    /// protocol.
    private static func isLast(_ fields: HTTPFields) -> Bool {
        let options = fields[.connection]?.lowercased().split { $0 == "," || $0 == " " || $0 == "\t" } ?? []
        return options.contains("close") || fields[.upgrade] != nil
    }

    /// Returns when the socket has taken the whole answer.
    private static func write(_ answer: HTTPAnswer, to channel: any Channel, withBody: Bool) async throws {
        let head = answer.head
        let body = answer.body
        try await withTaskCancellationHandler {
            try await channel.eventLoop.flatSubmit {
                channel.write(HTTPResponsePart.head(head), promise: nil)
                if withBody, body.readableBytes > 0 {
                    channel.write(HTTPResponsePart.body(body), promise: nil)
                }
                return channel.writeAndFlush(HTTPResponsePart.end(nil))
            }.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }
}
