import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

@Suite struct RawServerTests {
    /// Sends bytes and returns everything that comes back until the server closes.
    private func exchange(_ text: String, with address: SocketAddress) async throws -> String {
        let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(to: address) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await client.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            var answer = ""
            for try await bytes in inbound {
                answer += String(buffer: bytes)
            }
            return answer
        }
    }

    private let request = "POST /path HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345"

    @Test("the exact bytes are kept and the scripted ones are sent")
    func tcp() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult([0x68, 0x69]), .close])
        let answer = try await exchange(request, with: SocketAddress(ipAddress: "127.0.0.1", port: server.port))
        let expected = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: 2\r\n\r\nhi"
        #expect(answer == expected)
        let connection = try await server.connection()
        try await connection.scriptEnded()
        try await connection.closed()
        #expect(connection.receivedText == request)
        #expect(server.connectionCount == 1)
    }

    @Test("each connection follows its own script, and further ones the last")
    func scripts() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("raw.sock")
        let scripts: [[RawServer.Step]] = [
            [.readBytes(2), .send("first"), .close],
            [.readRequest, .send("further"), .close],
        ]
        let server = try await RawServer.start(.unix(path: path), scripts: scripts)
        let address = try SocketAddress(unixDomainSocketPath: path)
        #expect(try await exchange("ab", with: address) == "first")
        #expect(try await exchange(request, with: address) == "further")
        #expect(try await exchange(request, with: address) == "further")
        #expect(try await server.connection(2).receivedText == request)
        try await server.stop()
    }

    @Test("a reset is an error for the client")
    func reset() async throws {
        let server = try await RawServer.start(.tcp, [.readBytes(1), .reset])
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: server.port)
        await #expect(throws: (any Error).self) { try await exchange("x", with: address) }
    }

    @Test("a client that leaves early is named, with the step that was waiting")
    func leavingEarly() async throws {
        let server = try await RawServer.start(.tcp, [.readBytes(100)])
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: server.port)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(to: address).get()
        let connection = try await server.connection()
        try await channel.close()
        let error = await #expect(throws: ConnectionEndedEarly.self) { try await connection.scriptEnded() }
        #expect(error?.step == .readBytes(100))
    }
}
