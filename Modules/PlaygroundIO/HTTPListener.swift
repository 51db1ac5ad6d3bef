internal import HummingbirdCore
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
internal import RuntimeCore
internal import TransportCore

/// Listens on one port and answers whole requests.
final class HTTPListener: Sendable {
    /// Answers a request, maybe before it returns and on any thread.
    typealias Responder = @Sendable (HTTPCall, _ answer: @escaping @Sendable (HTTPAnswer) -> Void) -> Handling

    /// What the next request of the connection has to wait for.
    enum Handling {
        /// Nothing: what this one does comes before what that one does in any case.
        case alongside
        /// The answer, which is given even when nobody waits for it any more.
        case alone
    }

    private enum State {
        /// Next: starting.
        case idle
        /// Next: running, ended.
        case starting
        /// Next: stopping.
        case running(Server<ConnectionSetup>, Task<Void, Never>)
        /// Final.
        case stopping(run: Task<Void, Never>, shutdown: Task<Void, Never>)
        /// Final.
        case ended
    }

    private let port: Int
    private let options: PlaygroundOptions
    private let loops: any EventLoopGroup
    private let logger: Logger
    private let whenShort: @Sendable () -> Void
    private let state = NIOLockedValueBox(State.idle)

    init(
        port: Int,
        options: PlaygroundOptions,
        loops: any EventLoopGroup,
        logger: Logger,
        whenShort: @escaping @Sendable () -> Void
    ) {
        self.whenShort = whenShort
        self.port = port
        self.options = options
        self.loops = loops
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
        let bound = loops.any().makePromise(of: (any Channel).self)
        let server = Server(
            childChannelSetup: ConnectionSetup(options, on: loops, options.compatStatus ? Self.inCompatibleForm(respond) : respond),
            configuration: ServerConfiguration(
                address: .hostname(options.host, port: port),
                availableConnectionsDelegate: .maximum(DescriptorLimit.lowering(options.connectionLimit), logger: logger)
            ),
            onServerRunning: { bound.succeed($0) },
            eventLoopGroup: loops,
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
            AcceptPause.add(to: channel, logger: logger, whenShort: whenShort)
            state.withLockedValue { $0 = .running(server, run) }
            return url(channel.localAddress?.port ?? port)
        } catch {
            state.withLockedValue { $0 = .ended }
            throw ListenFailure.explain(error, host: options.host, port: port)
        }
    }

    /// Accepts no more connections, lets requests end that are being answered, and cuts off what is left after `limit`. Called again
    /// meanwhile with a shorter limit, it ends sooner.
    func stop(drainingFor limit: Duration) async {
        let stopping = state.withLockedValue { state -> (run: Task<Void, Never>, shutdown: Task<Void, Never>)? in
            switch state {
            case .idle, .starting, .ended:
                return nil
            case .running(let server, let run):
                let shutdown = Task {
                    try? await server.shutdownGracefully()
                    await run.value
                }
                state = .stopping(run: run, shutdown: shutdown)
                return (run, shutdown)
            case .stopping(let run, let shutdown):
                return (run, shutdown)
            }
        }
        guard let (run, shutdown) = stopping else { return }
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

    private static func inCompatibleForm(_ respond: @escaping Responder) -> Responder {
        { call, answer in respond(call) { answer($0.inCompatibleForm) } }
    }

    private func url(_ port: Int) -> String {
        options.host.contains(":") ? "http://[\(options.host)]:\(port)" : "http://\(options.host):\(port)"
    }
}
