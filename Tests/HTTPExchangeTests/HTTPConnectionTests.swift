import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOSSL
import TestSupport
import Testing
import TransportCore

@testable import HTTPExchange

/// A connection without a socket and with a manual clock. ``SocketExchangeTests`` has the same over real sockets.
@Suite struct HTTPConnectionTests {
    private static let ok = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: 2\r\n\r\nok"

    // MARK: Sending

    @Test("the exact bytes of a request")
    func request() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(bodySize: 3)
        #expect(try peer.sent() == Self.request("/path", "xxx"))
    }

    @Test("each request has its own length and body, whatever the same client or another one has sent before")
    func requestsInTurn() throws {
        let peer = try EmbeddedPeer()
        let limits = ExchangeLimits(
            call: Setting(.seconds(60), from: .byDefault),
            connect: Setting(.seconds(10), from: .byDefault),
            payloadMaxBytes: Setting(1_000, from: .byDefault)
        )
        let one = (path: "/one", plan: try EmbeddedPeer.plan(path: "/one", limits))
        let two = (path: "/two/longer", plan: try EmbeddedPeer.plan(path: "/two/longer", limits))
        let sizes = [3, 3, 12, 3, 20_000, 3, 0, 3, 5_000, 3, 3]
        for (index, size) in sizes.enumerated() {
            for client in index % 3 == 2 ? [two, one] : [one] {
                let body = String(repeating: Character(UnicodeScalar(UInt8(0x61 + index))), count: size)
                peer.exchange(client.plan, ByteBuffer(string: body))
                #expect(try peer.sent() == Self.request(client.path, body))
                try peer.send(Self.ok)
                #expect(peer.response.map { String(buffer: $0.body) } == "ok")
            }
        }
    }

    private static func request(_ path: String, _ body: String) -> String {
        [
            "POST \(path) HTTP/1.1", "host: h", "user-agent: \(StatefunProduct.userAgent)", "accept: application/octet-stream",
            "accept-encoding: gzip, deflate", "content-type: application/octet-stream", "content-length: \(body.utf8.count)", "", body,
        ].joined(separator: "\r\n")
    }

    @Test(
        "the body is whole, whatever its size, with and without a write limit",
        arguments: [0, 1, 16_384, 16_385, 65_536, 65_537, 300_000]
    )
    func bodies(size: Int) throws {
        for write in [Duration.seconds(1), nil] {
            let peer = try EmbeddedPeer()
            try peer.exchange(bodySize: size, write: write)
            let sent = try peer.sent()
            #expect(sent.contains("\r\ncontent-length: \(size)\r\n\r\n"))
            #expect(sent.hasSuffix("\r\n\r\n" + String(repeating: "x", count: size)))
        }
    }

    // MARK: Receiving

    @Test("the answer ends the exchange, once, and the connection serves the next one")
    func answer() throws {
        let peer = try EmbeddedPeer()
        for count in 1...3 {
            try peer.exchange()
            #expect(!peer.connection.isReusable)
            try peer.send(Self.ok)
            #expect(peer.response?.status == 200)
            #expect(peer.completionCount == count)
            #expect(peer.connection.isReusable)
        }
        #expect(peer.closedCount == 0)
    }

    @Test("a connection that does not last is closed after the answer")
    func close() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange()
        try peer.send("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        #expect(peer.response?.status == 200)
        #expect(!peer.connection.isReusable)
        #expect(!peer.channel.isActive)
        #expect(peer.closedCount == 1)
    }

    @Test("an answer that comes before the request is through is the answer, and the connection is closed")
    func early() throws {
        let peer = try EmbeddedPeer()
        peer.holdParts()
        try peer.exchange(bodySize: 200_000)
        peer.takePart()
        try peer.send("HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n")
        #expect(peer.response?.status == 413)
        #expect(!peer.connection.isReusable)
        #expect(peer.closedCount == 1)
    }

    @Test("bytes behind an answer, and bytes that nobody asked for, close the connection")
    func unasked() throws {
        let behind = try EmbeddedPeer()
        try behind.exchange()
        try behind.send(Self.ok + "HTTP")
        #expect(behind.response?.status == 200)
        #expect(behind.closedCount == 1)

        let idle = try EmbeddedPeer()
        try idle.exchange()
        try idle.send(Self.ok)
        try idle.send(Self.ok)
        #expect(idle.completionCount == 1)
        #expect(!idle.connection.isReusable)
        #expect(idle.closedCount == 1)

        let fresh = try EmbeddedPeer()
        try fresh.send("SSH-2.0")
        #expect(!fresh.connection.isReusable)
        #expect(fresh.closedCount == 1)
    }

    @Test("what comes before a request is sent is no answer to it: the connection was stale, and the request is never sent")
    func beforeItIsSent() throws {
        let rounds = NIOLockedValueBox<[@Sendable () -> Void]>([])
        let peer = try EmbeddedPeer(isAlone: false) { round in rounds.withLockedValue { $0.append(round) } }
        let sendRound = { peer.loop.perform { rounds.withLockedValue { $0.popLast() }?() } }
        try peer.exchange()
        #expect(try peer.sent().isEmpty)
        sendRound()
        #expect(try peer.sent().hasPrefix("POST "))
        try peer.send(Self.ok)
        #expect(peer.response?.status == 200)

        try peer.exchange()
        try peer.send("HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n")
        #expect(peer.failure?.kind == .staleConnection)
        #expect(peer.closedCount == 1)
        sendRound()
        #expect(try peer.sent().isEmpty)
    }

    @Test("while no other connection of its loop waits for an answer, a request is sent at once, each time")
    func alone() throws {
        let peer = try EmbeddedPeer { _ in }
        for number in 1...3 {
            try peer.exchange()
            #expect(try peer.sent().hasPrefix("POST "))
            try peer.send(Self.ok)
            #expect(peer.completionCount == number)
        }
    }

    @Test("an unsound answer is a failure that closes the connection")
    func unsound() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange()
        try peer.send("SSH-2.0-OpenSSH\r\n")
        #expect(peer.failure?.kind == .malformedResponse)
        #expect(peer.closedCount == 1)
    }

    @Test("what is no answer, over a kept connection, may be left from before: the connection is lost", arguments: ["SSH-2.0\r\n", "\r\n"])
    func leftOver(text: String) throws {
        let peer = try EmbeddedPeer()
        try peer.exchange()
        try peer.send(Self.ok)
        try peer.exchange()
        try peer.send(text)
        #expect(peer.failure?.kind == .connectionLost)
        #expect(peer.failure?.message.hasPrefix("something else than an answer came over a kept connection: ") == true)
        #expect(peer.closedCount == 1)
    }

    @Test("an answer over the limit is a failure that closes the connection")
    func tooLarge() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(payloadMaxBytes: 10)
        try peer.send("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n")
        #expect(peer.failure?.kind == .responseTooLarge)
        #expect(peer.closedCount == 1)
    }

    // MARK: Lost connections

    @Test("a fresh connection that ends without an answer is lost, one that was used before was stale")
    func endsWithoutAnswer() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange()
        peer.end()
        #expect(peer.failure?.kind == .connectionLost)

        let used = try EmbeddedPeer()
        try used.exchange()
        try used.send(Self.ok)
        try used.exchange()
        used.end()
        #expect(used.failure?.kind == .staleConnection)
        #expect(used.completionCount == 2)
        #expect(used.closedCount == 1)
    }

    @Test("a connection that ends in mid-answer is lost, used before or not")
    func endsInMiddle() throws {
        for text in ["H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell"] {
            let peer = try EmbeddedPeer()
            try peer.exchange()
            try peer.send(Self.ok)
            try peer.exchange()
            try peer.send(text)
            peer.end()
            #expect(peer.failure?.kind == .connectionLost)
            #expect(peer.closedCount == 1)
        }
    }

    @Test("a body without a length is complete only where the connection ends in order")
    func closeDelimited() throws {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n\r\nhello"
        let orderly = try EmbeddedPeer()
        try orderly.exchange()
        try orderly.send(head)
        orderly.end()
        #expect(orderly.response?.body == ByteBuffer(string: "hello"))

        let errors: [any Error] = [NIOSSLError.uncleanShutdown, IOError(errnoCode: 104, reason: "read")]
        for error in errors {
            let unorderly = try EmbeddedPeer()
            try unorderly.exchange()
            try unorderly.send(head)
            unorderly.fail(error)
            unorderly.end()
            #expect(unorderly.failure?.kind == .connectionLost)
            #expect(unorderly.completionCount == 1)
        }
    }

    @Test("a part of the request that could not be sent makes an end without a length suspicious")
    func failedWrite() throws {
        let peer = try EmbeddedPeer()
        let failing = FailingWrites()
        try peer.channel.pipeline.syncOperations.addHandler(failing, position: .first)
        try peer.exchange(bodySize: 200_000)
        try peer.send("HTTP/1.1 200 OK\r\n\r\nhello")
        peer.end()
        #expect(peer.failure?.kind == .connectionLost)
    }

    @Test("an error of the connection ends the exchange with its words")
    func error() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange()
        peer.fail(IOError(errnoCode: 104, reason: "read"))
        #expect(peer.failure?.kind == .connectionLost)
        #expect(peer.failure?.message.contains("reset by peer") == true)
        #expect(peer.closedCount == 1)
        peer.end()
        #expect(peer.completionCount == 1)
    }

    @Test("a refusal counts although the rest of its page never arrives")
    func lostPage() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange()
        try peer.send("HTTP/1.1 413 Content Too Large\r\ncontent-length: 100\r\n\r\nyour request is")
        peer.fail(IOError(errnoCode: 104, reason: "read"))
        #expect(peer.response?.status == 413)
        #expect(peer.closedCount == 1)
    }

    @Test("an idle connection that fails or ends is not used again, and says so once", arguments: [true, false])
    func idleEnd(withError: Bool) throws {
        let peer = try EmbeddedPeer()
        try peer.exchange()
        try peer.send(Self.ok)
        if withError {
            peer.fail(IOError(errnoCode: 104, reason: "read"))
        }
        peer.end()
        #expect(!peer.connection.isReusable)
        #expect(peer.closedCount == 1)
        #expect(peer.completionCount == 1)
    }

    // MARK: Misuse

    @Test("a closed connection refuses an exchange, at once")
    func closedConnection() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange()
        try peer.send(Self.ok)
        peer.end()
        try peer.exchange()
        #expect(peer.failure?.kind == .staleConnection)
        #expect(peer.completionCount == 2)
    }

    @Test("whoever asks after the end is told at once")
    func lateHandler() throws {
        let peer = try EmbeddedPeer()
        peer.end()
        var isTold = false
        peer.loop.perform { peer.connection.whenClosed {} }
        peer.loop.perform {
            let told = Eventual<Void>()
            peer.connection.whenClosed { told.succeed(()) }
            isTold = told.current != nil
        }
        #expect(isTold)
    }

    // MARK: Cancelling

    @Test("closing ends what is in flight as cancelled, in every phase", arguments: ["", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe"])
    func closing(received: String) throws {
        let peer = try EmbeddedPeer()
        peer.holdParts()
        try peer.exchange(bodySize: 200_000)
        try peer.send(received)
        peer.loop.perform { peer.connection.close() }
        #expect(peer.failure?.kind == .cancelled)
        #expect(peer.closedCount == 1)
        #expect(!peer.channel.isActive)
        peer.loop.perform { peer.connection.close() }
        peer.end()
        peer.loop.advance(by: .seconds(100))
        #expect(peer.completionCount == 1)
        #expect(peer.closedCount == 1)
    }
}

/// A socket whose writes fail.
private final class FailingWrites: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        promise?.fail(IOError(errnoCode: 32, reason: "write"))
    }
}
