import NIOCore
import NIOPosix
import TransportCore

/// A server whose waiting line is full: the system drops what asks for a connection, as a dead host does.
final class SwallowingServer: Sendable {
    let address: SocketAddress
    private let server: any Channel
    private let fillers: [any Channel]

    static func start() async throws -> SwallowingServer {
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 0)
            .serverChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
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

    /// How many sockets of this machine are asking for a connection, where the system tells.
    var attemptCount: Int {
        let table = String(decoding: (try? FileBytes.read("/proc/net/tcp", atMost: 16 << 20)) ?? [], as: UTF8.self)
        let port = String(address.port ?? 0, radix: 16, uppercase: true)
        let remote = "0100007F:" + String(repeating: "0", count: 4 - port.count) + port
        return table.split(separator: "\n").count { line in
            let columns = line.split(separator: " ")
            // 02 is SYN_SENT.
            return columns.count > 3 && columns[2] == remote && columns[3] == "02"
        }
    }
}
