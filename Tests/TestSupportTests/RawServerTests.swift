import NIOConcurrencyHelpers
import NIOCore
import TestSupport
import Testing

/// Where a server is, and what it knows of its connections.
@Suite struct RawServerTests {
    private let request = "POST /path HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345"

    @Test("the exact bytes are kept and the scripted ones are sent", arguments: [RawServer.Place.tcp, .tcp6])
    func tcp(place: RawServer.Place) async throws {
        let server = try await RawServer.start(place, [.readRequest, .sendResult([0x68, 0x69]), .close])
        let answer = try await RawClient.ask(server, request)
        #expect(answer == "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: 2\r\n\r\nhi")
        let connection = try await server.connection()
        try await connection.scriptEnded()
        try await connection.closed()
        #expect(connection.receivedText == request)
        #expect(connection.receivedRaw == Array(request.utf8))
        #expect(server.connectionCount == 1)
        #expect(try server.address.protocol == (place == .tcp ? .inet : .inet6))
    }

    @Test("each connection follows its own script, and further ones the last")
    func scripts() async throws {
        let folder = try TemporaryDirectory()
        let scripts: [[RawServer.Step]] = [
            [.readBytes(2), .send("first"), .close],
            [.readRequest, .send("further"), .close],
        ]
        let server = try await RawServer.start(.unix(path: folder.file("raw.sock")), scripts: scripts)
        #expect(try await RawClient.ask(server, "ab") == "first")
        #expect(try await RawClient.ask(server, request) == "further")
        #expect(try await RawClient.ask(server, request) == "further")
        #expect(try await server.connection(2).receivedText == request)
        try await server.stop()
    }

    @Test("a port can be listened on again when the server has stopped")
    func samePort() async throws {
        let first = try await RawServer.start(.tcp, [.send("first"), .close])
        let port = first.port
        #expect(try await RawClient.ask(first) == "first")
        try await first.stop()
        let second = try await RawServer.start(.tcp(port: port), [.send("second"), .close])
        #expect(second.port == port)
        #expect(try await RawClient.ask(second) == "second")
    }

    @Test("a client that leaves early is named, with the step that was waiting")
    func leavingEarly() async throws {
        let gate = Gate()
        for step in [RawServer.Step.readBytes(100), .wait(gate), .pause(.seconds(3600)), .readSlowly(9, bytes: 1, every: .seconds(3600))] {
            let server = try await RawServer.start(.tcp, [.readBytes(1), step])
            let client = try await RawClient.connect(to: server)
            try await client.send("x")
            let connection = try await server.connection()
            try await client.close()
            let error = await #expect(throws: ConnectionEndedEarly.self) { try await connection.scriptEnded() }
            #expect(error?.step == step)
            #expect(error?.received == "x")
        }
        // Nobody is there any more whom it could let through.
        gate.open()
    }

    @Test("open connections are counted apart from accepted ones")
    func openConnections() async throws {
        let server = try await RawServer.start(.tcp, [])
        let clients = [try await RawClient.connect(to: server), try await RawClient.connect(to: server)]
        try await server.connection(1).scriptEnded()
        try await server.connection(0).scriptEnded()
        #expect(server.openConnectionCount == 2)
        for client in clients {
            try await client.close()
        }
        try await server.allClosed()
        #expect(server.openConnectionCount == 0)
        #expect(server.connectionCount == 2)
        #expect(server.connections.allSatisfy { $0.closedInOrder })
    }

    @Test("whoever observes a server is told everything in its order")
    func events() async throws {
        let events = NIOLockedValueBox<[RawServer.Event]>([])
        let over = Gate()
        let server = try await RawServer.start(scripts: [[.readBytes(2), .send("ok"), .close]]) { index, event in
            events.withLockedValue { $0.append(event) }
            if case .closed = event { over.open() }
        }
        #expect(try await RawClient.ask(server, "hi") == "ok")
        try await over.opened("the last event")
        let expected: [RawServer.Event] = [
            .accepted, .received([0x68, 0x69]), .began(.readBytes(2)), .began(.send("ok")), .began(.close), .closed(inOrder: true),
        ]
        #expect(events.withLockedValue { $0 } == expected)
    }
}
