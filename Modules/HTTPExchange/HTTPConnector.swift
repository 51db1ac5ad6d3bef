public import Logging
internal import NIOConcurrencyHelpers
public import NIOCore
internal import NIOPosix
public import TransportCore

/// Connects to origins over TCP, TLS and UNIX domain sockets, on SwiftNIO.
public final class HTTPConnector: Connector {
    let resolvers: [any SocketAddressResolving]
    let contexts: TLSContexts
    let threads = NIOThreadPool.singleton
    let answerRoom: AnswerRoom?
    private let loops: [any ChannelLoop]
    private let rounds: [ObjectIdentifier: WriteRound]
    private let turn = NIOLockedValueBox(0)

    /// Connects on the event loops that the whole process shares, which need no shutdown.
    /// - Parameter resolvers: who knows which scheme; the first one that serves it is asked.
    public convenience init(resolvers: [any SocketAddressResolving] = [TCPResolver()]) {
        self.init(group: MultiThreadedEventLoopGroup.singleton, resolvers: resolvers)
    }

    /// Connects on the event loops of a group.
    /// - Parameters:
    ///   - group: the caller shuts it down, after everything that uses this connector.
    ///   - resolvers: who knows which scheme; the first one that serves it is asked.
    public convenience init(group: any EventLoopGroup, resolvers: [any SocketAddressResolving] = [TCPResolver()]) {
        self.init(loops: Self.loops(of: group), resolvers: resolvers)
    }

    /// The event loops that the whole process shares.
    package static var sharedLoops: [any ChannelLoop] { loops(of: MultiThreadedEventLoopGroup.singleton) }

    private static func loops(of group: any EventLoopGroup) -> [any ChannelLoop] {
        group.makeIterator().map { EventLoopCallLoop($0) }
    }

    /// Connects on loops that the caller has made, at least one.
    /// - Parameters:
    ///   - resolvers: who knows which scheme; the first one that serves it is asked.
    ///   - answerRoom: how many bytes of answers there may be at a time; `nil` for any number.
    ///   - logger: certificates that cannot be used any more, at level `warning`.
    public init(
        loops: [any ChannelLoop],
        resolvers: [any SocketAddressResolving] = [TCPResolver()],
        answerRoom: AnswerRoom? = nil,
        logger: Logger = Logger(label: CallSetup.logLabel)
    ) {
        contexts = TLSContexts(logger: logger)
        self.resolvers = resolvers
        self.answerRoom = answerRoom
        self.loops = loops
        rounds = Dictionary(loops.map { loop in (ObjectIdentifier(loop), WriteRound { loop.execute($0) }) }) { first, _ in first }
    }

    public func route(for url: EndpointURL, tls: TLSSettings?) throws(SpecTextError) -> EndpointRoute {
        guard let resolver = resolvers.first(where: { $0.serves(url.scheme) }) else {
            throw SpecTextError(
                "nothing here can connect to \(url.scheme.rawValue)://",
                remedy: "add a resolver that serves the scheme",
                length: url.scheme.rawValue.count
            )
        }
        return try resolver.route(for: url, tls: tls)
    }

    public func problems(with tls: TLSSettings) -> [SpecDiagnostic] {
        contexts.problem(with: tls).map { [$0] } ?? []
    }

    public func nextLoop() -> any CallLoop {
        let index = turn.withLockedValue { turn in
            defer { turn = (turn + 1) % loops.count }
            return turn
        }
        return loops[index]
    }

    public func connect(
        to origin: Origin,
        on loop: any CallLoop,
        limits: ConnectLimits,
        _ completion: @escaping @Sendable (Result<any PooledConnection, RequestReplyFailure>) -> Void
    ) -> any ConnectAttempt {
        guard let round = rounds[ObjectIdentifier(loop)], let loop = loop as? any ChannelLoop else {
            completion(.failure(RequestReplyFailure(.misconfigured, "this loop is not one of the connector's")))
            return NoConnectAttempt()
        }
        let operation = ConnectOperation(self, to: origin, on: loop, in: round, limits: limits, completion)
        operation.start()
        return operation
    }

    func resolver(for place: Origin.Place) -> (any SocketAddressResolving)? {
        let scheme: EndpointURL.Scheme =
            switch place {
            case .tcp: .http
            case .unix: .httpUnix
            }
        return resolvers.first { $0.serves(scheme) }
    }
}

/// What is left of an attempt that has ended before it began.
private struct NoConnectAttempt: ConnectAttempt {
    func cancel() {}
}
