import NIOConcurrencyHelpers
import NIOCore
import TestSupport
import Testing

/// What each step of a script does to a client.
@Suite struct RawServerStepTests {
    @Test("a reset is an error for the client")
    func reset() async throws {
        let server = try await RawServer.start(.tcp, [.readBytes(1), .reset])
        await #expect(throws: (any Error).self) { try await RawClient.ask(server, "x") }
    }

    @Test("bytes sent slowly all come, each for itself", arguments: [Duration.zero, .milliseconds(1)])
    func sendSlowly(period: Duration) async throws {
        let server = try await RawServer.start(.tcp, [.sendSlowly("slow but sure", every: period), .send("!"), .close])
        #expect(try await RawClient.ask(server) == "slow but sure!")
    }

    @Test("nothing at all is soon sent slowly")
    func sendNothingSlowly() async throws {
        let server = try await RawServer.start(.tcp, [.sendSlowly("", every: .seconds(3600)), .close])
        #expect(try await RawClient.ask(server).isEmpty)
    }

    @Test("a pause lasts as long as it should at least")
    func pause() async throws {
        let server = try await RawServer.start(.tcp, [.pause(.milliseconds(30)), .close])
        let start = NIODeadline.now()
        _ = try await RawClient.ask(server)
        #expect(NIODeadline.now() - start >= .milliseconds(30))
    }

    @Test("a script and a test wait for each other at gates")
    func gates() async throws {
        let here = Gate()
        let goOn = Gate()
        let server = try await RawServer.start(.tcp, [.readBytes(1), .reached(here), .wait(goOn), .readBytes(1), .send("on"), .close])
        let client = try await RawClient.connect(to: server)
        #expect(!here.isOpen)
        try await client.send("x")
        try await here.opened("the script at its second step")
        // What comes meanwhile is kept.
        try await client.send("y")
        goOn.open()
        #expect(try await client.answered() == "on")
    }

    @Test("a server that stops reading takes no byte, and the client's bytes pile up")
    func stopReading() async throws {
        let gate = Gate()
        let server = try await RawServer.start(.tcp, [.stopReading, .wait(gate), .reset])
        let client = try await RawClient.connect(to: server)
        let sent = client.channel.eventLoop.makePromise(of: Void.self)
        client.channel.writeAndFlush(ByteBuffer(repeating: 1, count: 50_000_000), promise: sent)
        let connection = try await server.connection()
        gate.open()
        await #expect(throws: (any Error).self) { try await sent.futureResult.get() }
        try await connection.closed()
        #expect(connection.received.count < 50_000_000)
    }

    @Test("what a client sends after a server stopped reading is not seen")
    func stopReadingLater() async throws {
        let stopped = Gate()
        let gate = Gate()
        let server = try await RawServer.start(.tcp, [.readBytes(2), .stopReading, .reached(stopped), .wait(gate), .send("ok")])
        let client = try await RawClient.connect(to: server)
        try await client.send("ab")
        try await stopped.opened("the script without reading")
        try await client.send("cd")
        gate.open()
        let connection = try await server.connection()
        try await connection.scriptEnded()
        #expect(connection.receivedText == "ab")
        try await client.close()
    }

    @Test("a server that reads slowly takes no more than it should at a time, and then goes on as before")
    func readSlowly() async throws {
        let sizes = NIOLockedValueBox<[Int]>([])
        let script: [RawServer.Step] = [.readSlowly(20, bytes: 8, every: .milliseconds(1)), .readBytes(1_000_000), .send("ok"), .close]
        let server = try await RawServer.start(scripts: [script]) { _, event in
            if case .received(let bytes) = event { sizes.withLockedValue { $0.append(bytes.count) } }
        }
        #expect(try await RawClient.ask(server, String(repeating: "x", count: 1_000_020)) == "ok")
        #expect(sizes.withLockedValue { $0.prefix(2) } == [8, 8])
        #expect(sizes.withLockedValue { $0.reduce(0, +) } == 1_000_020)
    }

    @Test("a half-closed connection still takes what the client sends")
    func halfClose() async throws {
        let server = try await RawServer.start(.tcp, [.send("end"), .halfClose, .readBytes(5)])
        let client = try await RawClient.connect(to: server)
        #expect(try await client.answered() == "end")
        try await client.send("hello")
        let connection = try await server.connection()
        try await connection.scriptEnded()
        #expect(connection.receivedText == "hello")
        try await client.close()
    }

    @Test("everything is sent before the connection is closed", arguments: [RawServer.Step.close, .halfClose, .closeSocket])
    func sendAll(end: RawServer.Step) async throws {
        let server = try await RawServer.start(.tcp, [.giantHead(4_000_000), end])
        #expect(try await RawClient.ask(server).utf8.count == 4_000_000)
    }

    @Test("a TLS record is waited for until it is complete")
    func record() async throws {
        let server = try await RawServer.start(.tcp, [.readTLSRecord, .garbage, .close])
        let client = try await RawClient.connect(to: server)
        try await client.send("\u{16}\u{3}\u{1}\u{1}")
        try await client.send("\u{2}" + String(repeating: "x", count: 257))
        #expect(server.connections.first?.isClosed != true)
        try await client.send("y")
        #expect(try await !client.answered().isEmpty)
    }
}
