import NIOCore
import NIOEmbedded
import TestSupport
import Testing
import TransportCore

@testable import HTTPExchange

/// Compressed answers that become long, on a connection without a socket.
@Suite struct HTTPConnectionInflatingTests {
    /// How the peer says where its answer ends.
    enum Ending: CaseIterable {
        case length, lengthAndClose, close

        var fields: String {
            switch self {
            case .length: ""
            case .lengthAndClose, .close: "connection: close\r\n"
            }
        }
    }

    /// An answer of so many bytes, compressed.
    private static func compressed(_ size: Int, _ ending: Ending = .length) -> ByteBuffer {
        let body = Deflated.gzip([UInt8](repeating: 0x78, count: size))
        let length = ending == .close ? "" : "content-length: \(body.count)\r\n"
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-encoding: gzip\r\n\(ending.fields)\(length)\r\n"
        return ByteBuffer(bytes: Array(head.utf8) + body)
    }

    @Test("a compressed answer that becomes long is inflated while others on the loop have their turn")
    func longInflating() throws {
        let peer = try EmbeddedPeer()
        for _ in 1...2 {
            let before = peer.completionCount
            try peer.exchange(payloadMaxBytes: 10 << 20)
            try peer.loop.perform { _ = try peer.channel.writeInbound(Self.compressed(8 << 20)) }
            var turns = 0
            while peer.completionCount == before, turns < 100 {
                turns += 1
                peer.loop.perform { peer.channel.embeddedEventLoop.advanceTime(by: .microseconds(200)) }
            }
            #expect(turns >= 3)
            #expect(peer.response?.verdict == .answered(ByteBuffer(repeating: 0x78, count: 8 << 20)))
            peer.loop.perform { peer.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1)) }
        }
    }

    @Test("a call that ends while its answer is inflated is told once, and nothing goes on")
    func cancelledInflating() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(payloadMaxBytes: 10 << 20)
        try peer.loop.perform { _ = try peer.channel.writeInbound(Self.compressed(8 << 20)) }
        peer.loop.perform { peer.connection.close() }
        #expect(peer.failure?.kind == .cancelled)
        peer.loop.perform { peer.channel.embeddedEventLoop.advanceTime(by: .milliseconds(10)) }
        #expect(peer.completionCount == 1)
    }

    private func turn(_ peer: EmbeddedPeer) {
        peer.loop.perform { peer.channel.embeddedEventLoop.advanceTime(by: .microseconds(200)) }
    }

    @Test("so is one whose peer has closed the connection behind it, which is not used again", arguments: Ending.allCases)
    func endedInflating(ending: Ending) throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(payloadMaxBytes: 10 << 20)
        try peer.loop.perform { _ = try peer.channel.writeInbound(Self.compressed(8 << 20, ending)) }
        peer.end()
        #expect(peer.completionCount == 0)
        var turns = 0
        while peer.completionCount == 0, turns < 100 {
            turns += 1
            turn(peer)
        }
        #expect(turns >= 3)
        #expect(peer.response?.verdict == .answered(ByteBuffer(repeating: 0x78, count: 8 << 20)))
        #expect(!peer.connection.isReusable)
        turn(peer)
        #expect(peer.completionCount == 1)
        #expect(peer.closedCount == 1)
        #expect(peer.loop.timerCount == 0)
    }

    @Test("one without a length is not whole where the connection broke off, also when that is found out later")
    func brokenOffInflating() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(payloadMaxBytes: 10 << 20)
        try peer.loop.perform { _ = try peer.channel.writeInbound(Self.compressed(8 << 20, .close)) }
        peer.fail(IOError(errnoCode: 104, reason: "read"))
        peer.end()
        #expect(peer.completionCount == 0)
        for _ in 0..<100 { turn(peer) }
        #expect(peer.failure?.kind == .connectionLost)
        #expect(peer.completionCount == 1)
    }

    @Test("what is inflated after the end of the connection counts as well", arguments: Ending.allCases)
    func countingAfterTheEnd(ending: Ending) throws {
        let room = AnswerRoom(limit: 3 << 20)
        let peer = try EmbeddedPeer(answerRoom: room)
        try peer.exchange(payloadMaxBytes: 100 << 20)
        try peer.loop.perform { _ = try peer.channel.writeInbound(Self.compressed(64 << 20, ending)) }
        peer.end()
        for _ in 0..<10 { turn(peer) }
        #expect(peer.failure?.kind == .noRoom)
        #expect(peer.completionCount == 1)
        #expect(room.bytes == 0)
    }

    @Test("what arrives while an answer rests waits for its turn")
    func arrivingAtRest() throws {
        let room = AnswerRoom(limit: 100 << 20)
        let peer = try EmbeddedPeer(answerRoom: room)
        try peer.exchange(payloadMaxBytes: 100 << 20)
        var answer = Self.compressed(8 << 20, .length)
        let half = answer.readSlice(length: answer.readableBytes / 2)
        let first = try #require(half)
        try peer.loop.perform { _ = try peer.channel.writeInbound(first) }
        let counted = room.bytes
        #expect(counted > 0)
        try peer.loop.perform { _ = try peer.channel.writeInbound(answer) }
        #expect(room.bytes == counted)
        for _ in 0..<100 { turn(peer) }
        #expect(peer.response?.verdict == .answered(ByteBuffer(repeating: 0x78, count: 8 << 20)))
    }

    @Test("the limits hold for an answer that is inflated after the end of its connection")
    func limitsAfterTheEnd() throws {
        let peer = try EmbeddedPeer()
        try peer.exchange(call: .seconds(60), read: nil, payloadMaxBytes: 10 << 20)
        try peer.loop.perform { _ = try peer.channel.writeInbound(Self.compressed(8 << 20, .close)) }
        peer.end()
        peer.loop.advance(by: .seconds(60))
        #expect(peer.failure?.kind == .budgetSpent)
        for _ in 0..<100 { turn(peer) }
        #expect(peer.completionCount == 1)
    }
}
