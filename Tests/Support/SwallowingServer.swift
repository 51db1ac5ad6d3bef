public import NIOCore
import NIOPosix
import TransportCore

/// A server whose waiting line is full: the system drops what asks for a connection, as a dead host does.
public final class SwallowingServer: Sendable {
    public let address: SocketAddress

    /// Its port.
    public var port: Int { address.port ?? 0 }

    private let server: any Channel
    private let fillers: [any Channel]

    /// Fills a line on 127.0.0.1, or on ::1 for a place there; the port is a free one.
    /// - Throws: an error of the system when nobody can listen there.
    public static func start(_ place: RawServer.Place = .tcp) async throws -> SwallowingServer {
        let group = MultiThreadedEventLoopGroup.singleton
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 0)
            .serverChannelOption(.autoRead, value: false)
        let server: any Channel
        switch place {
        case .ipv4(let port): server = try await bootstrap.bind(host: "127.0.0.1", port: port).get()
        case .ipv6(let port): server = try await bootstrap.bind(host: "::1", port: port).get()
        case .unix(let path): server = try await bootstrap.bind(unixDomainSocketPath: path).get()
        }
        guard let address = server.localAddress else { throw ChannelError.unknownLocalAddress }
        var fillers: [any Channel] = []
        // A connection that stands fills the line; one that does not come about finds it full.
        while let filler = try? await ClientBootstrap(group: group).connectTimeout(.milliseconds(300)).connect(to: address).get() {
            fillers.append(filler)
        }
        return SwallowingServer(address: address, server: server, fillers: fillers)
    }

    private init(address: SocketAddress, server: any Channel, fillers: [any Channel]) {
        self.address = address
        self.server = server
        self.fillers = fillers
    }

    deinit {
        for channel in fillers + [server] {
            channel.close(promise: nil)
        }
    }

    /// How many TCP sockets of this machine are asking it for a connection, where the system tells.
    public var attemptCount: Int {
        let isIPv6 = address.protocol == .inet6
        let table = String(
            decoding: (try? FileBytes.read(isIPv6 ? "/proc/net/tcp6" : "/proc/net/tcp", atMost: 16 << 20)) ?? [],
            as: UTF8.self
        )
        let host = isIPv6 ? String(repeating: "0", count: 24) + "01000000" : "0100007F"
        let port = String(address.port ?? 0, radix: 16, uppercase: true)
        let remote = host + ":" + String(repeating: "0", count: 4 - port.count) + port
        return table.split(separator: "\n").count { line in
            let columns = line.split(separator: " ")
            // 02 is SYN_SENT.
            return columns.count > 3 && columns[2] == remote && columns[3] == "02"
        }
    }
}
