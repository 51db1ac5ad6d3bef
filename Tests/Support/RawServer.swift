import NIOConcurrencyHelpers
public import NIOCore
import NIOPosix

/// A server that follows a script instead of a protocol: it keeps the exact bytes that come in, and answers with the
/// exact bytes that the test wrote, when the test wants it.
public final class RawServer: Sendable {
    private struct State {
        var accepted: [RawConnection] = []
        var awaited: [Int: Eventual<RawConnection>] = [:]
    }

    private let channel: any Channel
    private let state: NIOLockedValueBox<State>

    /// The port; 0 for a UNIX domain socket.
    public var port: Int { channel.localAddress?.port ?? 0 }

    /// Where it listens.
    /// - Throws: an error where the system does not say.
    public var address: SocketAddress {
        get throws {
            guard let address = channel.localAddress else { throw ChannelError.unknownLocalAddress }
            return address
        }
    }

    /// Starts listening.
    /// - Parameters:
    ///   - scripts: the first connection follows the first one, and so on; all further ones follow the last one.
    ///   - tls: what it shows; without it the server speaks no TLS.
    ///   - clientAuthority: the PEM file of whom it trusts to sign clients' certificates; without it, it wants none.
    ///   - tlsVersions: the versions of TLS that it speaks.
    ///   - observe: gets the index of a connection and what happened there, on the connection's thread.
    /// - Throws: an error of the system when nobody can listen there, and one of the TLS library where it cannot use a file.
    public static func start(
        _ place: Place = .tcp,
        scripts: [[Step]],
        tls: TestCertificates.Identity? = nil,
        clientAuthority: String? = nil,
        tlsVersions: ClosedRange<TLSVersion> = .tlsv12 ... .tlsv13,
        observe: @escaping @Sendable (Int, Event) -> Void = { _, _ in }
    ) async throws -> RawServer {
        let secure = try tls.map { try TLS($0, clientAuthority: clientAuthority, versions: tlsVersions) }
        let state = NIOLockedValueBox(State())
        var bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // A step that stops reading gets no more than what one read took.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = accept(in: state, isSecure: secure != nil, observe)
                    let script = connection.index < scripts.count ? scripts[connection.index] : scripts.last ?? []
                    try secure?.add(to: channel, connection)
                    try channel.pipeline.syncOperations.addHandler(RawScriptHandler(script, connection, isSecure: secure != nil))
                }
            }
        if scripts.joined().contains(where: \.holdsBack) {
            // Connections inherit it, so that a client soon cannot send any more.
            bootstrap = bootstrap.serverChannelOption(.socketOption(.so_rcvbuf), value: 4096)
        }
        switch place {
        case .ipv4(let port):
            return RawServer(channel: try await bootstrap.bind(host: "127.0.0.1", port: port).get(), state: state)
        case .ipv6(let port):
            return RawServer(channel: try await bootstrap.bind(host: "::1", port: port).get(), state: state)
        case .unix(let path):
            return RawServer(channel: try await bootstrap.bind(unixDomainSocketPath: path).get(), state: state)
        }
    }

    /// Starts listening; every connection follows the same script.
    public static func start(
        _ place: Place = .tcp,
        _ script: [Step],
        tls: TestCertificates.Identity? = nil,
        clientAuthority: String? = nil,
        tlsVersions: ClosedRange<TLSVersion> = .tlsv12 ... .tlsv13
    ) async throws -> RawServer {
        try await start(place, scripts: [script], tls: tls, clientAuthority: clientAuthority, tlsVersions: tlsVersions)
    }

    /// Every connection that has been accepted so far.
    public var connections: [RawConnection] { state.withLockedValue { $0.accepted } }

    /// How many connections have been accepted.
    public var connectionCount: Int { state.withLockedValue { $0.accepted.count } }

    /// How many of them are open. A connection that the client closed counts until the system has told the server.
    public var openConnectionCount: Int { connections.count { !$0.isClosed } }

    /// The connection that was accepted as number `index`, counted from 0; waits for it.
    /// - Throws: ``WaitedTooLong`` when it does not come.
    public func connection(_ index: Int = 0) async throws -> RawConnection {
        let eventual = state.withLockedValue { state in
            let eventual = state.awaited[index] ?? Eventual<RawConnection>()
            state.awaited[index] = eventual
            if index < state.accepted.count {
                eventual.succeed(state.accepted[index])
            }
            return eventual
        }
        return try await eventual.value("connection \(index)")
    }

    /// Waits until every connection that has been accepted so far is closed, by whomever.
    /// - Throws: ``WaitedTooLong`` when one is not.
    public func allClosed() async throws {
        for connection in connections {
            try await connection.closed()
        }
    }

    /// Stops listening. Connections that were accepted go on.
    public func stop() async throws {
        try await channel.close()
    }

    private init(channel: any Channel, state: NIOLockedValueBox<State>) {
        self.channel = channel
        self.state = state
    }

    deinit {
        channel.close(promise: nil)
    }

    private static func accept(
        in state: NIOLockedValueBox<State>,
        isSecure: Bool,
        _ observe: @escaping @Sendable (Int, Event) -> Void
    ) -> RawConnection {
        let (connection, awaited) = state.withLockedValue { state in
            let connection = RawConnection(index: state.accepted.count, isSecure: isSecure, observe: observe)
            state.accepted.append(connection)
            return (connection, state.awaited[connection.index])
        }
        connection.accepted()
        awaited?.succeed(connection)
        return connection
    }
}
