import NIOCore
import TestSupport
import Testing
import TransportCore

@testable import HTTPExchange

/// Exchanges over real sockets.
@Suite struct SocketExchangeTests {
    private static let octets = "content-type: application/octet-stream\r\n"

    // MARK: The good path

    @Test("the exact bytes of a request arrive, and its answer comes back")
    func exchange() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult(Array("answer".utf8))])
        let wire = Wire()
        let connection = try await wire.connection(to: Wire.tcp(server.port))
        let response = try await wire.exchange(connection, ByteBuffer(string: "question")).get()
        #expect(response == .of(200, "answer"))
        let lines = [
            "POST /path HTTP/1.1", "host: localhost", "user-agent: \(StatefunProduct.userAgent)", "accept: application/octet-stream",
            "accept-encoding: gzip, deflate", "content-type: application/octet-stream", "content-length: 8", "", "question",
        ]
        #expect(try await server.connection().receivedText == lines.joined(separator: "\r\n"))
        try await wire.close(connection)
        try await server.connection().closed()
    }

    @Test("a UNIX domain socket carries exchanges like TCP")
    func unix() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("f.sock")
        let server = try await RawServer.start(.unix(path: path), [.readRequest, .sendResult([1]), .readRequest, .sendResult([2])])
        let wire = Wire(resolvers: [StubResolver([try SocketAddress(unixDomainSocketPath: path)])])
        let connection = try await wire.connection(to: Origin(place: .unix(path: path), tls: nil))
        #expect(try await wire.exchange(connection).get().body == ByteBuffer(bytes: [1]))
        #expect(try await wire.exchange(connection).get().body == ByteBuffer(bytes: [2]))
        #expect(server.connectionCount == 1)
        try await wire.close(connection)
    }

    @Test("a connection carries one exchange after the other", arguments: [0, 10, 100_000, 5_000_000])
    func reuse(size: Int) async throws {
        let body = [UInt8](repeating: 0x61, count: size)
        let server = try await RawServer.start(
            .tcp,
            [.readRequest, .sendResult(body), .readRequest, .sendResult(body), .readRequest, .sendResult()]
        )
        let wire = Wire()
        let connection = try await wire.connection(to: Wire.tcp(server.port))
        for _ in 0..<2 {
            let response = try await wire.exchange(connection, ByteBuffer(bytes: body)).get()
            #expect(response.body == ByteBuffer(bytes: body))
            #expect(await wire.isReusable(connection))
        }
        #expect(try await wire.exchange(connection, ByteBuffer(bytes: body)).get().body.readableBytes == 0)
        #expect(server.connectionCount == 1)
        try await wire.close(connection)
    }

    @Test("the kernel does not hold small writes back")
    func noDelay() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult()])
        let wire = Wire()
        let connection = try #require(try await wire.connection(to: Wire.tcp(server.port)) as? HTTPConnection)
        #expect(try await connection.tcpNoDelay() == 1)
        try await wire.close(connection)
    }

    // MARK: Ends

    @Test("a connection that the peer closes while it is idle is not used again")
    func idleClose() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult(), .close])
        let wire = Wire()
        let connection = try await wire.connection(to: Wire.tcp(server.port))
        _ = try await wire.exchange(connection).get()
        try await wire.closed(connection)
        #expect(await !wire.isReusable(connection))
        let failure = try await wire.exchange(connection).failure
        #expect(failure?.kind == .staleConnection)
    }

    @Test("a kept connection that ends without an answer was stale", arguments: [RawServer.Step.close, .reset])
    func stale(step: RawServer.Step) async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult(), .readRequest, step])
        let wire = Wire()
        let connection = try await wire.connection(to: Wire.tcp(server.port))
        _ = try await wire.exchange(connection).get()
        let failure = try await wire.exchange(connection).failure
        #expect(failure?.kind == .staleConnection)
        try await wire.closed(connection)
    }

    @Test("a fresh connection that ends without an answer, or in the middle of one, is lost", arguments: [RawServer.Step.close, .reset])
    func lost(step: RawServer.Step) async throws {
        for steps in [[], [.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell")]] as [[RawServer.Step]] {
            let server = try await RawServer.start(.tcp, [.readRequest] + steps + [step])
            let wire = Wire()
            let connection = try await wire.connection(to: Wire.tcp(server.port))
            let failure = try await wire.exchange(connection).failure
            #expect(failure?.kind == .connectionLost)
            #expect(failure?.mayRetry == true)
            try await wire.closed(connection)
        }
    }

    @Test("a body without a length ends with the connection; after a reset it does not count")
    func untilClose() async throws {
        let head = "HTTP/1.0 200 OK\r\n\(Self.octets)\r\nhello"
        for (step, isSound) in [(RawServer.Step.close, true), (.reset, false)] {
            let server = try await RawServer.start(.tcp, [.readRequest, .send(head), step])
            let wire = Wire()
            let connection = try await wire.connection(to: Wire.tcp(server.port))
            let outcome = try await wire.exchange(connection)
            if isSound {
                #expect(try outcome.get().body == ByteBuffer(string: "hello"))
            } else {
                #expect(outcome.failure?.kind == .connectionLost)
            }
        }
    }

    @Test("a reset during the upload is a lost connection")
    func resetDuringUpload() async throws {
        let server = try await RawServer.start(.tcp, [.readBytes(10_000), .reset])
        let wire = Wire()
        let connection = try await wire.connection(to: Wire.tcp(server.port))
        let failure = try await wire.exchange(connection, ByteBuffer(repeating: 1, count: 20_000_000)).failure
        #expect(failure?.kind == .connectionLost)
        try await wire.closed(connection)
    }

    // MARK: Early answers

    /// What a peer sends that has seen enough.
    private static let refusals = [
        "HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 413 Content Too Large\r\nconnection: close\r\ncontent-length: 8\r\n\r\ntoo long",
        "HTTP/1.1 413 Content Too Large\r\nconnection: close\r\n\r\ntoo long",
        "HTTP/1.1 413 Content Too Large\r\ntransfer-encoding: chunked\r\n\r\n8\r\ntoo long\r\n0\r\n\r\n",
    ]

    @Test("a refusal that comes while the request is being sent is what is reported, however the peer leaves", arguments: refusals)
    func earlyRefusal(answer: String) async throws {
        let wire = Wire()
        for (bytes, end) in [(1, RawServer.Step.close), (20_000, .close), (100_000, .close), (1, .reset), (500_000, .closeSocket)] {
            let server = try await RawServer.start(.tcp, [.readBytes(bytes), .send(answer), end])
            for write in [Duration.seconds(50), nil] {
                for _ in 0..<5 {
                    let connection = try await wire.connection(to: Wire.tcp(server.port))
                    let outcome = try await wire.exchange(connection, ByteBuffer(repeating: 1, count: 8_000_000), Wire.Limits(write: write))
                    #expect(outcome.map(\.status) == .success(413))
                    try await wire.closed(connection)
                }
            }
        }
    }

    @Test("an answer that comes before the request was taken leaves the connection unusable, even if the peer goes on")
    func earlyAnswer() async throws {
        let server = try await RawServer.start(.tcp, [.readBytes(10), .stopReading, .sendResult([7])])
        let wire = Wire()
        let connection = try await wire.connection(to: Wire.tcp(server.port))
        let outcome = try await wire.exchange(connection, ByteBuffer(repeating: 1, count: 50_000_000))
        #expect(try outcome.get().body == ByteBuffer(bytes: [7]))
        #expect(await !wire.isReusable(connection))
        try await wire.closed(connection)
    }

    // MARK: Limits

    @Test("a peer that never reads trips the write limit")
    func stalledReader() async throws {
        let server = try await RawServer.start(.tcp, [.stopReading])
        let wire = Wire()
        let connection = try await wire.connection(to: Wire.tcp(server.port))
        let body = ByteBuffer(repeating: 1, count: 50_000_000)
        let failure = try await wire.exchange(connection, body, Wire.Limits(write: .milliseconds(200))).failure
        #expect(failure?.kind == .timedOut)
        #expect(failure?.message.hasPrefix("the write limit of 200 ms (default) passed while the request was sent") == true)
        try await wire.closed(connection)
    }

    @Test("without a write limit a peer that never reads trips the call's")
    func stalledReaderWithoutLimit() async throws {
        let server = try await RawServer.start(.tcp, [.stopReading])
        let wire = Wire()
        let connection = try await wire.connection(to: Wire.tcp(server.port))
        let limits = Wire.Limits(call: .milliseconds(200), read: nil, write: nil)
        let failure = try await wire.exchange(connection, ByteBuffer(repeating: 1, count: 50_000_000), limits).failure
        #expect(failure?.kind == .budgetSpent)
        #expect(failure?.message.hasPrefix("the call limit of 200 ms (default) passed while the request was sent") == true)
    }

    @Test("a peer that does not answer trips the read limit, and a head without its body does too")
    func slowAnswer() async throws {
        for (steps, activity) in [
            ([RawServer.Step.readRequest], "the answer was awaited"),
            ([.readRequest, .send("HTTP/1.1 200 OK\r\n")], "the head of the answer was read"),
            ([.readRequest, .send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe")], "the body of the answer was read (2 bytes so far)"),
        ] {
            let server = try await RawServer.start(.tcp, steps)
            let wire = Wire()
            let connection = try await wire.connection(to: Wire.tcp(server.port))
            let failure = try await wire.exchange(connection, ByteBuffer(), Wire.Limits(read: .milliseconds(200))).failure
            #expect(failure?.kind == .timedOut)
            #expect(failure?.message.hasPrefix("the read limit of 200 ms (default) passed while \(activity)") == true)
            try await server.connection().closed()
        }
    }

    @Test("an answer over the limit is aborted, by its length, by its chunks and by what it inflates to")
    func tooLarge() async throws {
        let bomb = Deflated.gzip([UInt8](repeating: 0, count: 10_000_000))
        let answers: [[UInt8]] = [
            Array("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n".utf8),
            Array("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1f4\r\n\(String(repeating: "x", count: 500))\r\n1f5\r\n".utf8),
            Array("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: \(bomb.count)\r\n\r\n".utf8) + bomb,
            Array("HTTP/1.1 200 OK\r\n\r\n".utf8) + [UInt8](repeating: 0, count: 1001),
        ]
        for answer in answers {
            let server = try await RawServer.start(.tcp, [.readRequest, .send(answer)])
            let wire = Wire()
            let connection = try await wire.connection(to: Wire.tcp(server.port))
            let limits = Wire.Limits(payloadMaxBytes: answer.count > 5000 ? 100_000 : 1000)
            let failure = try await wire.exchange(connection, ByteBuffer(), limits).failure
            #expect(failure?.kind == .responseTooLarge)
            #expect(failure?.mayRetry == false)
            try await server.connection().closed()
        }
    }

    // MARK: Cancelling

    @Test("closing during the upload, the wait and the answer is prompt, tells once and leaves no socket")
    func cancel() async throws {
        let answers: [[RawServer.Step]] = [
            [.readRequest], [.readRequest, .send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe")], [.readBytes(100_000)],
        ]
        for steps in answers {
            let server = try await RawServer.start(.tcp, steps)
            let wire = Wire()
            let connection = try await wire.connection(to: Wire.tcp(server.port))
            let outcomes = try await wire.begin(connection, ByteBuffer(repeating: 1, count: steps.count == 1 ? 200_000 : 10))
            try await server.connection().scriptEnded()
            try await wire.close(connection)
            #expect(try await outcomes.first().failure?.kind == .cancelled)
            try await server.connection().closed()
            #expect(outcomes.count == 1)
        }
        let stalled = try await RawServer.start(.tcp, [.stopReading])
        let wire = Wire()
        let connection = try await wire.connection(to: Wire.tcp(stalled.port))
        let outcomes = try await wire.begin(connection, ByteBuffer(repeating: 1, count: 50_000_000))
        try await wire.close(connection)
        #expect(try await outcomes.first().failure?.kind == .cancelled)
        #expect(outcomes.count == 1)
    }
}
