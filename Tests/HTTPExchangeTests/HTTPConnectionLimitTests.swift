import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import TestSupport
import Testing
import TransportCore

@testable import HTTPExchange

/// The limits of an exchange, on a manual clock.
@Suite struct HTTPConnectionLimitTests {
    private static let ok = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: 2\r\n\r\nok"

    @Test("a peer that does not answer trips the read limit, not earlier")
    func read() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(read: .seconds(10))
        peer.loop.advance(by: .nanoseconds(9_999_999_999))
        #expect(peer.completionCount == 0)
        peer.loop.advance(by: .nanoseconds(1))
        #expect(peer.failure?.kind == .timedOut)
        #expect(peer.failure?.message == "the read limit of 10 s (default) passed while the answer was awaited from h:80")
        #expect(peer.closedCount == 1)
        #expect(!peer.channel.isActive)
        #expect(peer.loop.timerCount == 0)
    }

    @Test("the limit of an exchange that is over does not count for the next one, also while that waits for its round")
    func earlierLimit() throws {
        let round = NIOLockedValueBox<[@Sendable () -> Void]>([])
        func endRound() {
            round.withLockedValue { work in
                defer { work = [] }
                return work
            }.forEach { $0() }
        }
        let peer = try EmbeddedPeer(isAlone: false) { work in round.withLockedValue { $0.append(work) } }
        try peer.exchange(read: .seconds(10), write: .seconds(5))
        peer.loop.perform { endRound() }
        try peer.send(Self.ok)
        #expect(peer.completionCount == 1)
        peer.loop.advance(by: .nanoseconds(9_999_999_999))
        try peer.exchange(read: .seconds(10), write: .seconds(5))
        peer.loop.advance(by: .nanoseconds(1))
        #expect(peer.completionCount == 1)
        peer.loop.perform { endRound() }
        peer.loop.advance(by: .nanoseconds(9_999_999_999))
        #expect(peer.completionCount == 1)
        try peer.send(Self.ok)
        #expect(peer.response?.status == 200)
        #expect(peer.completionCount == 2)
    }

    @Test("without a read limit only the call's holds")
    func noRead() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(call: .seconds(120), read: nil, write: nil)
        peer.loop.advance(by: .nanoseconds(119_999_999_999))
        #expect(peer.completionCount == 0)
        peer.loop.advance(by: .nanoseconds(1))
        #expect(peer.failure?.kind == .budgetSpent)
        #expect(peer.failure?.message == "the call limit of 2 min (default) passed while the answer was awaited from h:80")
    }

    @Test("a byte at a time holds the read limit, but not the call's")
    func dribble() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(call: .seconds(60), read: .seconds(2))
        var answer = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n" + String(repeating: "x", count: 1000)
        while peer.completionCount == 0, !answer.isEmpty {
            try peer.send(String(answer.removeFirst()))
            peer.loop.advance(by: .milliseconds(1900))
        }
        #expect(peer.failure?.kind == .budgetSpent)
        #expect(peer.loop.now == TransportInstant(nanoseconds: 61_800_000_000))
    }

    @Test("a head, and then silence, trips the read limit in the body")
    func silence() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(read: .seconds(10))
        peer.loop.advance(by: .seconds(4))
        try peer.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe")
        peer.loop.advance(by: .nanoseconds(9_999_999_999))
        #expect(peer.completionCount == 0)
        peer.loop.advance(by: .nanoseconds(1))
        #expect(peer.failure?.kind == .timedOut)
        #expect(peer.failure?.message.contains("the body of the answer was read (2 bytes so far) from h:80") == true)
    }

    @Test("a refusal counts although the rest of its page never arrives", arguments: [Duration.seconds(10), nil])
    func refusalThenSilence(read: Duration?) throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(read: read)
        try peer.send("HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\n\r\nhe")
        peer.loop.advance(by: .seconds(60))
        #expect(peer.response?.status == 404)
        #expect(peer.closedCount == 1)
        #expect(peer.completionCount == 1)
    }

    @Test(
        "nobody waits long for the page of a refusal, and the connection is not kept",
        arguments: [Duration.seconds(10), nil],
        ["", "he"]
    )
    func refusalWithoutPage(read: Duration?, page: String) throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(read: read)
        peer.loop.advance(by: .seconds(1))
        try peer.send("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 20\r\n\r\n\(page)")
        peer.loop.advance(by: .nanoseconds(249_999_999))
        #expect(peer.completionCount == 0)
        peer.loop.advance(by: .nanoseconds(1))
        #expect(peer.response?.status == 503)
        #expect(peer.closedCount == 1)
        #expect(peer.completionCount == 1)
        #expect(peer.loop.timerCount == 0)
    }

    @Test("a page that comes byte by byte is not waited for any longer")
    func dribbledPage() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange()
        try peer.send("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 20\r\n\r\n")
        for _ in 0..<2 {
            peer.loop.advance(by: .milliseconds(100))
            try peer.send("x")
        }
        peer.loop.advance(by: .milliseconds(50))
        #expect(peer.response?.status == 503)
    }

    @Test("a page that comes in time keeps the connection, and the next exchange has all its time")
    func pageInTime() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(read: nil)
        try peer.send("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 5\r\n\r\n")
        peer.loop.advance(by: .milliseconds(249))
        try peer.send("sorry")
        #expect(peer.response?.status == 503)
        #expect(peer.connection.isReusable)
        try peer.exchange(read: nil)
        peer.loop.advance(by: .seconds(59))
        #expect(peer.completionCount == 1)
        try peer.send(Self.ok)
        #expect(peer.response?.status == 200)
    }

    @Test("the page of a refusal is not waited for beyond the limits of the call")
    func refusalAtTheEnd() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(call: .seconds(1), read: nil)
        peer.loop.advance(by: .milliseconds(900))
        try peer.send("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 20\r\n\r\n")
        peer.loop.advance(by: .milliseconds(100))
        #expect(peer.response?.status == 503)
    }

    @Test("a peer that takes nothing trips the write limit")
    func write() throws {
        let peer = try EmbeddedPeer()
        peer.holdParts()
        try peer.exchange(bodySize: 200_000, read: .seconds(1), write: .seconds(5))
        peer.loop.advance(by: .nanoseconds(4_999_999_999))
        #expect(peer.completionCount == 0)
        peer.loop.advance(by: .nanoseconds(1))
        #expect(peer.failure?.kind == .timedOut)
        #expect(peer.failure?.message == "the write limit of 5 s (default) passed while the request was sent to h:80")
        #expect(peer.closedCount == 1)
    }

    @Test("a peer that takes part after part holds the write limit, but not the call's")
    func slowReader() throws {
        let peer = try EmbeddedPeer()
        peer.holdParts()
        try peer.exchange(bodySize: 1_000_000, call: .seconds(60), write: .seconds(5))
        #expect(peer.heldParts == 17)
        for _ in 0..<12 {
            peer.loop.advance(by: .milliseconds(4900))
            peer.takePart()
            #expect(peer.completionCount == 0)
        }
        peer.loop.advance(by: .milliseconds(1200))
        #expect(peer.failure?.kind == .budgetSpent)
        #expect(peer.failure?.message.contains("the request was sent to h:80") == true)
    }

    @Test("once the request is through, the read limit begins")
    func writeThenRead() throws {
        let peer = try EmbeddedPeer()
        peer.holdParts()
        try peer.exchange(bodySize: 20_000, read: .seconds(2), write: .seconds(5))
        #expect(peer.heldParts == 2)
        peer.takePart()
        peer.loop.advance(by: .seconds(4))
        peer.takePart()
        peer.loop.advance(by: .nanoseconds(1_999_999_999))
        #expect(peer.completionCount == 0)
        peer.loop.advance(by: .nanoseconds(1))
        #expect(peer.failure?.message.hasPrefix("the read limit of 2 s") == true)
    }

    @Test("a limit of one exchange does not reach into the next one on the same connection")
    func nextExchange() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(read: .seconds(10))
        peer.loop.advance(by: .seconds(9))
        try peer.send(Self.ok)
        try peer.exchange(read: .seconds(10))
        peer.loop.advance(by: .seconds(9))
        #expect(peer.completionCount == 1)
        peer.loop.advance(by: .seconds(1))
        #expect(peer.completionCount == 2)
        #expect(peer.failure?.kind == .timedOut)
    }

    @Test("an idle connection is left alone by the limits of the exchange before")
    func idle() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(call: .seconds(5), read: .seconds(1))
        try peer.send(Self.ok)
        peer.loop.advance(by: .seconds(100))
        #expect(peer.connection.isReusable)
        #expect(peer.closedCount == 0)
        try peer.exchange(call: .seconds(5), read: nil)
        peer.loop.advance(by: .seconds(5))
        #expect(peer.failure?.kind == .budgetSpent)
    }

    @Test("an exchange that begins too late trips the call's limit at once")
    func late() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(call: .zero)
        peer.loop.advance(by: .zero)
        #expect(peer.failure?.kind == .budgetSpent)
        #expect(peer.closedCount == 1)
    }
}
