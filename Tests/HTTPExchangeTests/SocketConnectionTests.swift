import NIOCore
import TestSupport
import Testing
import TransportCore

@testable import HTTPExchange

/// Exchanges by threads, over real sockets that have left their loop.
@Suite struct SocketConnectionTests {
    private static let octets = "content-type: application/octet-stream\r\n"

    // MARK: Leaving the loop

    @Test("the peer does not notice that a connection leaves its loop, and gets the same bytes")
    func sameBytes() async throws {
        let wire = try await DetachedWire([.readRequest, .sendResult([1]), .readRequest, .sendResult([2])])
        #expect(try await wire.exchange().get().body == ByteBuffer(bytes: [1]))
        #expect(wire.connection.isReusable)
        #expect(wire.connection.isQuiet)
        #expect(try await wire.exchange().get().body == ByteBuffer(bytes: [2]))
        #expect(wire.server.connectionCount == 1)
        let request = [
            "POST /path HTTP/1.1", "host: localhost", "user-agent: \(StatefunProduct.userAgent)", "accept: application/octet-stream",
            "accept-encoding: gzip, deflate", "content-type: application/octet-stream", "content-length: 4", "", "body",
        ].joined(separator: "\r\n")
        #expect(try await wire.server.connection().receivedText == request + request + request)
        wire.connection.close()
        try await wire.server.connection().closed()
        #expect(try await wire.server.connection().closedInOrder)
    }

    @Test("one in use, one with TLS and one on a clock of a test's own stay on their loop, and usable")
    func staying() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult(), .readRequest, .sendResult()])
        let clocked = Wire(on: ClockedLoop())
        let connection = try await clocked.connection(to: Wire.tcp(server.port))
        #expect(await clocked.onLoop { connection.detach() } == nil)
        _ = try await clocked.exchange(connection).get()

        let silent = try await RawServer.start(.tcp, [.readRequest])
        let wire = Wire()
        let busy = try await wire.connection(to: Wire.tcp(silent.port))
        let outcomes = try await wire.begin(busy, ByteBuffer())
        #expect(await wire.onLoop { busy.detach() } == nil)
        #expect(outcomes.count == 0)

        let certificates = try await TestCertificates.shared()
        let secure = try await RawServer.start(.tcp, [.readRequest, .sendResult()], tls: certificates.server(.localhost))
        let origin = Wire.tcp(secure.port, host: "localhost", tls: .files(trust: certificates.authority))
        let protected = try await wire.connection(to: origin)
        #expect(await wire.onLoop { protected.detach() } == nil)
        _ = try await wire.exchange(protected).get()
        try await wire.close(busy)
        try await wire.close(protected)
        try await clocked.close(connection)
    }

    @Test("a connection returns to its loop and goes on there, and what ends without an answer was stale")
    func returning() async throws {
        let wire = try await DetachedWire([.readRequest, .sendResult([1]), .readRequest, .sendResult([2]), .readRequest, .close])
        #expect(try await wire.exchange().get().body == ByteBuffer(bytes: [1]))
        let returned = try await wire.attached().get()
        #expect(try await wire.wire.exchange(returned).get().body == ByteBuffer(bytes: [2]))
        #expect(wire.server.connectionCount == 1)
        #expect(try await wire.wire.exchange(returned).failure?.kind == .staleConnection)
        try await wire.wire.closed(returned)
        try await wire.server.allClosed()
    }

    @Test("what belongs to the loop again is not closed from elsewhere, and what is closed does not return")
    func returningOnce() async throws {
        let wire = try await DetachedWire([.readRequest, .sendResult([1])])
        let returned = try await wire.attached().get()
        wire.connection.close()
        wire.connection.interrupt()
        #expect(try await wire.attached().failure?.kind == .staleConnection)
        #expect(try await wire.wire.exchange(returned).get().body == ByteBuffer(bytes: [1]))
        try await wire.wire.close(returned)
    }

    @Test("a connection that nobody has any more is closed")
    func deinitialized() async throws {
        let server = try await DetachedWire([]).server
        try await server.connection().closed()
    }

    // MARK: The good path

    @Test("requests and answers of every size arrive whole", arguments: [0, 10, 100_000, 5_000_000])
    func sizes(size: Int) async throws {
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let wire = try await DetachedWire([.readRequest, .sendResult(body), .readRequest, .sendResult(body)])
        for _ in 0..<2 {
            #expect(try await wire.exchange(ByteBuffer(bytes: body)).get().body == ByteBuffer(bytes: body))
            #expect(wire.connection.isReusable)
        }
        #expect(try await wire.server.connection().received.suffix(size) == body[...])
    }

    @Test("what came in small pieces is put together")
    func pieces() async throws {
        let answer = "HTTP/1.1 200 OK\r\n\(Self.octets)content-length: 5\r\n\r\nhello"
        let wire = try await DetachedWire([.readRequest, .sendSlowly(Array(answer.utf8), every: .zero)])
        #expect(try await wire.exchange().get().body == ByteBuffer(string: "hello"))
        #expect(wire.connection.isReusable)
    }

    @Test("a body without a length ends with the connection, which is not used again; after a reset it does not count")
    func untilClose() async throws {
        let head = "HTTP/1.0 200 OK\r\n\(Self.octets)\r\nhello"
        let sound = try await DetachedWire([.readRequest, .send(head), .close])
        #expect(try await sound.exchange().get().body == ByteBuffer(string: "hello"))
        #expect(!sound.connection.isReusable)
        let broken = try await DetachedWire([.readRequest, .send(head), .reset])
        #expect(try await broken.exchange().failure?.kind == .connectionLost)
    }

    @Test("a connection is not used again where the peer says so, or more follows than its answer")
    func notReusable() async throws {
        let closing = "HTTP/1.1 200 OK\r\n\(Self.octets)connection: close\r\ncontent-length: 1\r\n\r\n1"
        let surplus = "HTTP/1.1 200 OK\r\n\(Self.octets)content-length: 1\r\n\r\n12"
        for answer in [closing, surplus] {
            let wire = try await DetachedWire([.readRequest, .send(answer)])
            #expect(try await wire.exchange().get().body == ByteBuffer(string: "1"))
            #expect(!wire.connection.isReusable)
        }
    }

    @Test("an answer that comes before the request is out counts, and the connection is not used again")
    func earlyAnswer() async throws {
        let wire = try await DetachedWire([.readBytes(1), .stopReading, .status(413)])
        let response = try await wire.exchange(ByteBuffer(repeating: 0x61, count: 16 << 20)).get()
        #expect(response.status == 413)
        #expect(!wire.connection.isReusable)
    }

    // MARK: Ends

    @Test("what arrives while nobody asks is noticed", arguments: [RawServer.Step.close, .reset, .send("HTTP/1.1 408 Too Late\r\n\r\n")])
    func notQuiet(step: RawServer.Step) async throws {
        let gate = Gate()
        let wire = try await DetachedWire([.wait(gate), step])
        #expect(wire.connection.isQuiet)
        gate.open()
        try await wire.server.connection().scriptEnded()
        try await eventually("the connection to receive something") { !wire.connection.isQuiet }
    }

    @Test("a connection that ends without an answer was stale", arguments: [RawServer.Step.close, .reset])
    func stale(step: RawServer.Step) async throws {
        let wire = try await DetachedWire([.readRequest, step])
        let failure = try await wire.exchange().failure
        #expect(failure?.kind == .staleConnection)
        #expect(failure?.message.hasPrefix("127.0.0.1:\(wire.server.port) had closed the kept connection") == true)
        #expect(!wire.connection.isReusable)
    }

    @Test("a connection that ends in the middle of an answer is lost", arguments: [RawServer.Step.close, .reset])
    func lost(step: RawServer.Step) async throws {
        let wire = try await DetachedWire([.readRequest, .send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell"), step])
        let failure = try await wire.exchange().failure
        #expect(failure?.kind == .connectionLost)
        #expect(failure?.message.contains("in the middle of its answer") == true)
    }

    @Test("an end in the middle of a long request is a stale connection, and no signal")
    func endDuringUpload() async throws {
        let wire = try await DetachedWire([.readBytes(10_000), .reset])
        #expect(try await wire.exchange(ByteBuffer(repeating: 0x61, count: 16 << 20)).failure?.kind == .staleConnection)
    }

    @Test("an unsound answer is a fault, and what is none at all may be left from before")
    func malformed() async throws {
        let unsound = try await DetachedWire([.readRequest, .send("HTTP/1.1 99 Low\r\n\r\n")])
        #expect(try await unsound.exchange().failure?.kind == .malformedResponse)
        let wire = try await DetachedWire([.readRequest, .garbage])
        #expect(try await wire.exchange().failure?.kind == .connectionLost)
        #expect(!wire.connection.isReusable)
    }

    @Test("an interrupted exchange has been cancelled, and the peer sees the end")
    func interrupt() async throws {
        let wire = try await DetachedWire([.readRequest])
        async let failure = wire.exchange().failure
        try await wire.server.connection().scriptEnded()
        wire.connection.interrupt()
        #expect(try await failure?.kind == .cancelled)
        #expect(!wire.connection.isReusable)
        wire.connection.close()
        wire.connection.interrupt()
        try await wire.server.connection().closed()
    }

    // MARK: Time

    @Test(
        "an answer that stops coming trips the read limit, wherever it stopped, or the call's where that comes first",
        arguments: [
            ("", "the answer was awaited"), ("HTTP/1.1 200 OK\r\ncontent-", "the head of the answer was read"),
            ("HTTP/1.1 200 OK\r\n\(octets)content-length: 9\r\n\r\nabc", "the body of the answer was read (3 bytes so far)"),
        ]
    )
    func readLimit(sent: String, activity: String) async throws {
        for (call, kind, limit) in [
            (Duration.seconds(60), RequestReplyFailure.Kind.timedOut, "read limit of 50 s"),
            (.seconds(40), .budgetSpent, "call limit of 40 s"),
        ] {
            let wire = try await DetachedWire([.readRequest, .send(sent)])
            async let outcome = wire.exchange(ByteBuffer(), Wire.Limits(call: call))
            try await wire.server.connection().scriptEnded()
            wire.clock.run()
            let failure = try await outcome.failure
            #expect(failure?.kind == kind)
            let peer = "127.0.0.1:\(wire.server.port)"
            #expect(failure?.message.hasPrefix("the \(limit) (default) passed while \(activity) from \(peer)") == true)
            #expect(!wire.connection.isReusable)
        }
    }

    @Test("a refusal whose page stops coming is told by its head, and soon")
    func refusalWithoutEnd() async throws {
        let wire = try await DetachedWire([.readRequest, .send("HTTP/1.1 503 No\r\ncontent-length: 9\r\n\r\nabc")])
        let start = wire.clock.now
        async let outcome = wire.exchange()
        try await wire.server.connection().scriptEnded()
        wire.clock.run()
        #expect(try await outcome.get().status == 503)
        #expect(start.duration(to: wire.clock.now) == .milliseconds(250))
        #expect(!wire.connection.isReusable)
    }

    @Test("a peer that takes nothing trips the write limit, or the call's where that comes first")
    func writeLimit() async throws {
        for (call, kind, limit) in [
            (Duration.seconds(60), RequestReplyFailure.Kind.timedOut, "write limit of 50 s"),
            (.seconds(40), .budgetSpent, "call limit of 40 s"),
        ] {
            let wire = try await DetachedWire([.readBytes(1), .stopReading])
            async let outcome = wire.exchange(ByteBuffer(repeating: 0x61, count: 64 << 20), Wire.Limits(call: call))
            try await wire.server.connection().scriptEnded()
            wire.clock.run()
            let failure = try await outcome.failure
            #expect(failure?.kind == kind)
            #expect(failure?.message.hasPrefix("the \(limit) (default) passed while the request was sent to") == true)
        }
    }

    @Test("the call's limit holds where the peer sends, or takes, without end")
    func endless() async throws {
        let body = [UInt8](repeating: 0x61, count: 32 << 20)
        let receiving = try await DetachedWire([.readRequest, .sendResult(body)], clock: StoppedClock(step: .seconds(1)))
        let received = try await receiving.exchange(ByteBuffer(), Wire.Limits(call: .seconds(10))).failure
        #expect(received?.kind == .budgetSpent)
        #expect(received?.message.contains("the body of the answer was read") == true)

        let sending = try await DetachedWire([.readRequest, .sendResult()], clock: StoppedClock(step: .seconds(1)))
        let sent = try await sending.exchange(ByteBuffer(bytes: body + body + body), Wire.Limits(call: .seconds(2))).failure
        #expect(sent?.kind == .budgetSpent)
        #expect(sent?.message.contains("the request was sent") == true)
    }

    @Test("the system's wait ends no earlier than it should, and at once where something is there or the time is over")
    func systemWaiting() async throws {
        let gate = Gate()
        let wire = try await DetachedWire([.wait(gate), .send("x")])
        let socket = try #require(wire.connection.isQuiet ? wire.connection.socket : nil)
        try await DetachedWire.onThread {
            let waiting = SystemSocketWaiting()
            let end = waiting.now.advanced(by: .milliseconds(15))
            waiting.wait(for: socket, toSend: false, until: end)
            #expect(waiting.now >= end)
            waiting.wait(for: socket, toSend: false, until: .zero)
            waiting.wait(for: socket, toSend: true, until: .distantFuture)
            gate.open()
            waiting.wait(for: socket, toSend: false, until: .distantFuture)
            #expect(!socket.isQuiet)
        }
    }
}
