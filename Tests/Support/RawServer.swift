import NIOConcurrencyHelpers
public import NIOCore
import NIOPosix

/// A server that follows a script instead of a protocol: it keeps the exact bytes that come in, and answers with the
/// exact bytes that the test wrote.
public final class RawServer: Sendable {
    /// Where to listen.
    public enum Place: Sendable {
        /// 127.0.0.1 and a free port.
        case tcp
        case unix(path: String)
    }

    /// What to do next on a connection. After its last step a connection stays open until the client closes it.
    public enum Step: Sendable, Equatable {
        /// Waits for one more complete HTTP/1.1 request: a head, and as many bytes as its `content-length` says.
        case readRequest
        /// Waits for that many more bytes.
        case readBytes(Int)
        case send([UInt8])
        /// Closes the connection in order.
        case close
        /// Closes the connection in order, but without the farewell of TLS.
        case closeSocket
        /// Closes the connection without a farewell, as a crashed peer does.
        case reset

        public static func send(_ text: String) -> Step { .send(Array(text.utf8)) }

        /// Sends a 200 with the content type and the length that a function's answer has.
        public static func sendResult(_ body: [UInt8] = []) -> Step {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: \(body.count)\r\n\r\n"
            return .send(Array(head.utf8) + body)
        }
    }

    private struct State {
        var accepted: [RawConnection] = []
        var awaited: [Int: Eventual<RawConnection>] = [:]
    }

    private let channel: any Channel
    private let state: NIOLockedValueBox<State>

    /// The port; 0 for a UNIX domain socket.
    public var port: Int { channel.localAddress?.port ?? 0 }

    /// What the handler for TLS is called that `prepare` adds to a pipeline.
    public static let tlsHandlerName = "tls"

    /// Starts listening.
    /// - Parameters:
    ///   - scripts: the first connection follows the first one, and so on; all further ones follow the last one.
    ///   - prepare: has a look at each connection before its script begins, such as to add TLS to it.
    /// - Throws: an error of the system when nobody can listen there.
    public static func start(
        _ place: Place = .tcp,
        scripts: [[Step]],
        prepare: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) async throws -> RawServer {
        let state = NIOLockedValueBox(State())
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = accept(in: state)
                    let script = connection.index < scripts.count ? scripts[connection.index] : scripts.last ?? []
                    try prepare(channel)
                    try channel.pipeline.syncOperations.addHandler(RawScriptHandler(script, connection))
                }
            }
        switch place {
        case .tcp:
            return RawServer(channel: try await bootstrap.bind(host: "127.0.0.1", port: 0).get(), state: state)
        case .unix(let path):
            return RawServer(channel: try await bootstrap.bind(unixDomainSocketPath: path).get(), state: state)
        }
    }

    /// Starts listening; every connection follows the same script.
    public static func start(
        _ place: Place = .tcp,
        _ script: [Step],
        prepare: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) async throws -> RawServer {
        try await start(place, scripts: [script], prepare: prepare)
    }

    /// Every connection that has been accepted so far.
    public var connections: [RawConnection] { state.withLockedValue { $0.accepted } }

    /// How many connections have been accepted.
    public var connectionCount: Int { state.withLockedValue { $0.accepted.count } }

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

    private static func accept(in state: NIOLockedValueBox<State>) -> RawConnection {
        let (connection, awaited) = state.withLockedValue { state in
            let connection = RawConnection(index: state.accepted.count)
            state.accepted.append(connection)
            return (connection, state.awaited[connection.index])
        }
        awaited?.succeed(connection)
        return connection
    }
}
