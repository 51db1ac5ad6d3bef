internal import HTTPTypes
internal import HummingbirdCore
public import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
public import RuntimeCore
internal import TransportCore

/// Lets operators and tools ask a runtime over HTTP: `/healthz`, `/readyz`, `/metrics` and, on a UNIX domain socket only,
/// `/control`.
public final class AdminServer: Sendable {
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

    private let address: AdminAddress
    private let runtime: any RuntimeAdministration
    private let idleLimit: Duration
    private let logger: Logger
    private let whenShort: @Sendable () -> Void
    private let state = NIOLockedValueBox(State.idle)

    /// - Parameters:
    ///   - runtime: what is asked.
    ///   - idleLimit: how long a connection may stay open without a request, or while one comes in, without a piece of it.
    ///   - logger: told only what no answer can tell.
    ///   - whenShort: called where no connection can be accepted because the process may open no more files, to close others.
    public init(
        _ runtime: any RuntimeAdministration,
        at address: AdminAddress,
        idleLimit: Duration = .seconds(60),
        logger: Logger,
        whenShort: @escaping @Sendable () -> Void = {}
    ) {
        self.runtime = runtime
        self.whenShort = whenShort
        self.address = address
        self.idleLimit = idleLimit
        var logger = logger
        // The server says at lower levels what the runtime says better: where it listens.
        logger.logLevel = max(logger.logLevel, .notice)
        self.logger = logger
    }

    /// Binds the port or the socket, and begins to answer. To be called once.
    /// - Returns: the URL: `http://127.0.0.1:8092`, or `http+unix:///run/app.sock` for a socket.
    /// - Throws: ``RuntimeCore/ComponentFailure``, such as where the port is taken, or another program listens on the socket.
    public func start() async throws(ComponentFailure) -> String {
        let isFirst = state.withLockedValue { state in
            guard case .idle = state else { return false }
            state = .starting
            return true
        }
        guard isFirst else { throw ComponentFailure("this server was started already; make another one") }
        do throws(ComponentFailure) {
            return try await bind()
        } catch {
            state.withLockedValue { $0 = .ended }
            throw error
        }
    }

    /// Accepts no more connections, lets requests end that are being answered, and cuts off what is left after `limit`.
    public func stop(drainingFor limit: Duration) async {
        let running = state.withLockedValue { state -> (Server<HTTP1Channel>, Task<Void, Never>)? in
            guard case .running(let server, let run) = state else { return nil }
            state = .ended
            return (server, run)
        }
        guard let (server, run) = running else { return }
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let ended = loop.makePromise(of: Void.self)
        let timer = loop.scheduleTask(in: TimeAmount(limit)) { ended.succeed() }
        Task {
            try? await server.shutdownGracefully()
            await run.value
            timer.cancel()
            ended.succeed()
        }
        try? await ended.futureResult.get()
        run.cancel()
        if case .socket(let path) = address {
            SocketFile.remove(path)
        }
    }

    private func bind() async throws(ComponentFailure) -> String {
        let bindAddress: BindAddress
        var servesControl = false
        switch address {
        case .port(let host, let port):
            bindAddress = .hostname(host, port: port)
        case .socket(let path):
            try SocketFile.removeStale(path)
            bindAddress = .unixDomainSocket(path: path)
            servesControl = true
        }
        let group = MultiThreadedEventLoopGroup.singleton
        let bound = group.any().makePromise(of: (any Channel).self)
        let responder = AdminResponder(runtime: runtime, servesControl: servesControl)
        let server = Server(
            childChannelSetup: HTTP1Channel(
                responder: { request, writer, _ in
                    let answer = await responder.answer(request)
                    try await writer.write(response: answer.head, body: request.method == .head ? ResponseBody() : answer.body)
                },
                configuration: HTTP1Channel.Configuration(
                    idleTimeout: TimeAmount(idleLimit),
                    httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                        maxHeaderFieldSize: 16 << 10,
                        maxHeaderListSize: 16 << 10,
                        maxHeaderFieldCount: 100
                    )
                )
            ),
            configuration: ServerConfiguration(
                address: bindAddress,
                availableConnectionsDelegate: .maximum(128, logger: logger)
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
        let channel: any Channel
        do {
            channel = try await bound.futureResult.get()
        } catch {
            throw ListenFailure.explain(error, at: address)
        }
        AcceptPause.add(to: channel, logger: logger, whenShort: whenShort)
        state.withLockedValue { $0 = .running(server, run) }
        if case .socket(let path) = address {
            do throws(ComponentFailure) {
                try SocketFile.protect(path)
            } catch {
                await stop(drainingFor: .zero)
                throw error
            }
        }
        return url(port: channel.localAddress?.port)
    }

    private func url(port: Int?) -> String {
        switch address {
        case .port(let host, let wanted): "http://\(host.contains(":") ? "[\(host)]" : host):\(port ?? wanted)"
        case .socket(let path): "http+unix://\(path)"
        }
    }
}
