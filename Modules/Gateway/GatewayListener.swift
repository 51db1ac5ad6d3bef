internal import HTTPExchange
internal import NIOCore
internal import NIOPosix
internal import RuntimeCore
internal import TransportCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Takes connections at one address.
struct GatewayListener: Sendable {
    /// How many connections may wait to be accepted.
    private static let backlog: Int32 = 1_024

    /// Where it listens.
    let url: String
    private let channel: any Channel
    private let socket: (path: String, identity: SocketFile.Identity)?

    /// Begins to listen.
    /// - Throws: ``RuntimeCore/ComponentFailure``, such as where the port is taken, or another program listens on the socket.
    static func start(
        at address: ListenAddress,
        mode: UInt16,
        for core: GatewayCore,
        limiter: AcceptLimiter,
        group: any EventLoopGroup,
        loops: [GatewayLoop]
    ) async throws(ComponentFailure) -> GatewayListener {
        let known = Dictionary(loops.map { (ObjectIdentifier($0.loop.eventLoop), $0) }) { first, _ in first }
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pause = AcceptPause(logger: core.logger) { core.closeIdle() }
                    try channel.pipeline.syncOperations.addHandlers(pause, limiter)
                }
            }
            // As many buffers stay with a connection, whatever its allocator says.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let loop = known[ObjectIdentifier(channel.eventLoop)] ?? GatewayLoop(EventLoopCallLoop(channel.eventLoop))
                    let connection = GatewayConnection(core, on: loop)
                    try channel.syncOptions?.setOption(.recvAllocator, value: RequestBufferAllocator { connection.bytesOfRead })
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
        switch address {
        case .port(let host, let port):
            do {
                let channel =
                    try await bootstrap
                    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                    .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .bind(host: host, port: port).get()
                return GatewayListener(url: address.url(port: channel.localAddress?.port), channel: channel, socket: nil)
            } catch {
                throw explain(error, host: host, port: port)
            }
        case .socket(let path):
            let (descriptor, identity) = try SocketFile.bind(path, mode: mode)
            do {
                let channel = try await bootstrap.withBoundSocket(descriptor).get()
                // SwiftNIO makes a socket that it is handed listen before it looks at the option.
                SocketFile.extendLine(of: descriptor, to: backlog)
                return GatewayListener(url: address.url(port: nil), channel: channel, socket: (path, identity))
            } catch {
                SocketFile.remove(path, ifStill: identity)
                throw ComponentFailure("nothing can listen on the socket \(path): \(error)")
            }
        }
    }

    /// Takes no further connections, and removes the file of a socket.
    func stop() async {
        // First the file: who finds one finds somebody who listens.
        if let socket {
            SocketFile.remove(socket.path, ifStill: socket.identity)
        }
        try? await channel.close()
    }

    private static func explain(_ error: any Error, host: String, port: Int) -> ComponentFailure {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: ComponentFailure("port \(port) of \(host) is in use; stop what listens there, or choose another port")
        case EACCES: ComponentFailure("port \(port) of \(host) is reserved; choose a port from 1024 to 65535")
        case EADDRNOTAVAIL: ComponentFailure("\(host) is no address of this machine; listen on 127.0.0.1")
        default:
            error is SocketAddressError || error is SocketAddressError.UnknownHost
                ? ComponentFailure("the name \(host) leads to no address; listen on 127.0.0.1")
                : ComponentFailure("nothing can listen on port \(port) of \(host): \(error)")
        }
    }
}
