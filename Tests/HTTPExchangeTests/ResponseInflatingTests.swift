import NIOCore
import TestSupport
import Testing
import TransportCore

@testable import HTTPExchange

/// Answers that come compressed.
@Suite struct ResponseInflatingTests {
    private static let text = "the quick brown fox jumps over the lazy dog, the lazy dog, the lazy dog"
    private static let plain = Array(text.utf8)

    private func answer(_ coding: String, _ body: [UInt8]) -> [UInt8] {
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-encoding: \(coding)\r\ncontent-length: \(body.count)\r\n\r\n"
        return Array(head.utf8) + body
    }

    private func expect(_ coding: String, _ body: [UInt8], _ text: String = text, _ location: SourceLocation = #_sourceLocation) {
        ReaderFeed(answer(coding, body)).expect(.response(.of(200, text), isReusable: true), location)
    }

    private func expectFault(_ coding: String, _ body: [UInt8], saying words: String, _ location: SourceLocation = #_sourceLocation) {
        ReaderFeed(answer(coding, body)).expectFault(saying: words, location)
    }

    // MARK: Sound

    @Test("gzip is inflated, under each of its names", arguments: ["gzip", "GZip", "x-gzip"])
    func gzip(coding: String) {
        expect(coding, Deflated.gzip(Self.plain))
    }

    @Test("deflate is inflated, with and without the zlib frame that it should have")
    func deflate() {
        expect("deflate", Deflated.zlib(Self.plain))
        expect("deflate", Deflated.raw(Self.plain))
    }

    @Test("nothing at all compresses to something, and comes back as nothing")
    func empty() {
        expect("gzip", Deflated.gzip([]), "")
        expect("deflate", Deflated.zlib([]), "")
        expect("deflate", Deflated.raw([]), "")
    }

    @Test("no body at all needs no inflating", arguments: ["gzip", "deflate"])
    func noBody(coding: String) {
        expect(coding, [], "")
    }

    @Test("the members of a gzip body are put together")
    func members() {
        expect("gzip", Deflated.gzip(Array(Self.plain.prefix(10))) + Deflated.gzip([]) + Deflated.gzip(Array(Self.plain.dropFirst(10))))
    }

    @Test("identity is no coding", arguments: ["identity", ""])
    func identity(coding: String) {
        expect(coding, Self.plain)
    }

    @Test("chunks and compression go together")
    func chunked() {
        let body = Deflated.gzip(Self.plain)
        var bytes = Array(
            "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n".utf8
        )
        for byte in body {
            bytes += Array("1\r\n".utf8) + [byte] + Array("\r\n".utf8)
        }
        bytes += Array("0\r\n\r\n".utf8)
        ReaderFeed(bytes).expect(.response(.of(200, Self.text), isReusable: true))
    }

    @Test("a body without a length is inflated when the connection ends")
    func untilClose() {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-encoding: deflate\r\n\r\n"
        let bytes = Array(head.utf8) + Deflated.zlib(Self.plain)
        ReaderFeed(bytes, end: .orderly).expect(.response(.of(200, Self.text), isReusable: false))
        ReaderFeed(bytes.dropLast(), end: .orderly).expectFault(saying: "ends in the middle")
        ReaderFeed(bytes, end: .unorderly).expect(.incomplete)
    }

    @Test("a large body comes back whole", arguments: [Deflated.gzip, Deflated.zlib, Deflated.raw])
    func large(compress: @Sendable ([UInt8]) -> [UInt8]) {
        var random = SeededRandom(seed: 7)
        let plain = (0..<300_000).map { _ in UInt8.random(in: 0...15, using: &random) }
        let coding = compress([1]) == Deflated.gzip([1]) ? "gzip" : "deflate"
        let bytes = answer(coding, compress(plain))
        let whole = ReaderFeed(bytes, limit: 300_000).whole.outcome
        #expect(
            whole == .response(ExchangeResponse(status: 200, mediaType: .octetStream, body: ByteBuffer(bytes: plain)), isReusable: true)
        )
        let pieces = stride(from: 0, to: bytes.count, by: 1999).map { bytes[$0..<min($0 + 1999, bytes.count)] }
        #expect(ReaderFeed(bytes, limit: 300_000).outcome(pieces: pieces).outcome == whole)
    }

    // MARK: Unsound

    @Test("data that ends early is a fault, wherever it ends")
    func truncated() {
        for (coding, body) in [
            ("gzip", Deflated.gzip(Self.plain)), ("deflate", Deflated.zlib(Self.plain)), ("deflate", Deflated.raw(Self.plain)),
        ] {
            for count in 1..<body.count {
                let (outcome, message) = ReaderFeed(answer(coding, Array(body.prefix(count)))).whole
                #expect(outcome == .fault(.malformedResponse), "\(coding) of \(count) bytes")
                #expect(message.contains("ends in the middle"))
            }
        }
        expectFault("gzip", Array(Deflated.gzip(Self.plain).dropLast()), saying: "ends in the middle")
    }

    @Test("a member that ends early is a fault")
    func truncatedMember() {
        let body = Deflated.gzip(Self.plain)
        expectFault("gzip", body + body.dropLast(3), saying: "ends in the middle")
    }

    @Test("data that is damaged is a fault: check sums are held against what came out")
    func damaged() {
        var sum = Deflated.gzip(Self.plain)
        sum[sum.count - 8] ^= 1
        expectFault("gzip", sum, saying: "damaged")
        var length = Deflated.gzip(Self.plain)
        length[length.count - 1] ^= 1
        expectFault("gzip", length, saying: "damaged")
        var adler = Deflated.zlib(Self.plain)
        adler[adler.count - 1] ^= 1
        expectFault("deflate", adler, saying: "damaged")
        expectFault("gzip", Self.plain, saying: "damaged")
        expectFault("gzip", Deflated.zlib(Self.plain), saying: "damaged")
        expectFault("deflate", [0x07, 0x00, 0x00], saying: "damaged")
    }

    @Test("data that is damaged and too long is damaged, in however many pieces it comes")
    func damagedAndTooLong() {
        let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n"
        let feed = ReaderFeed(Array(head.utf8) + [UInt8](repeating: 0x61, count: 20), limit: 16)
        feed.expectFault(.malformedResponse, saying: "damaged")
    }

    @Test("a preset dictionary, which nobody agreed on, is a fault")
    func dictionary() {
        expectFault("deflate", [0x78, 0xBB, 0, 0, 0, 1, 0, 0, 0], saying: "damaged")
    }

    @Test("bytes after the end are a fault", arguments: [[0], Array("trailing".utf8)] as [[UInt8]])
    func trailing(bytes: [UInt8]) {
        for coding in ["gzip", "deflate"] {
            let body = coding == "gzip" ? Deflated.gzip(Self.plain) : Deflated.zlib(Self.plain)
            let (outcome, _) = ReaderFeed(answer(coding, body + bytes)).whole
            #expect(outcome == .fault(.malformedResponse))
            ReaderFeed(answer(coding, body + bytes)).expectSameInPieces(as: outcome)
        }
    }

    @Test(
        "codings that nobody asked for are a fault that names them",
        arguments: ["br", "zstd", "compress", "gzip, gzip", "gzip,", "deflate;q=1"]
    )
    func unknown(coding: String) {
        expectFault(coding, Self.plain, saying: coding)
    }

    @Test("a body that is coded twice is a fault")
    func twice() {
        let body = Deflated.gzip(Self.plain)
        let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-encoding: deflate\r\ncontent-length: \(body.count)\r\n\r\n"
        ReaderFeed(Array(head.utf8) + body).expectFault(saying: "coded twice")
    }

    @Test("a coding that nobody asked for is no fault where there is no body")
    func unknownWithoutBody() {
        expect("br", [], "")
    }

    // MARK: Size

    @Test("what inflates to the limit is read, and one byte more is refused", arguments: [Deflated.gzip, Deflated.zlib, Deflated.raw])
    func limit(compress: @Sendable ([UInt8]) -> [UInt8]) {
        let plain = [UInt8](repeating: 0x61, count: 500)
        let coding = compress([1]) == Deflated.gzip([1]) ? "gzip" : "deflate"
        let bytes = answer(coding, compress(plain))
        ReaderFeed(bytes, limit: 500).expect(.response(.of(200, String(repeating: "a", count: 500)), isReusable: true))
        ReaderFeed(bytes, limit: 499).expectFault(.responseTooLarge, saying: "when it is inflated")
        ReaderFeed(bytes, limit: 499).expectFault(.responseTooLarge, saying: "499 (default)")
    }

    @Test("a bomb is stopped at the limit, with memory bounded by it")
    func bomb() throws {
        // 64 MB of zeros are 64 kB on the wire.
        let bomb = Deflated.gzip([UInt8](repeating: 0, count: 64 << 20))
        let inflater = ResponseInflater(.gzip, limit: 100_000, allocator: ByteBufferAllocator())
        let fault = #expect(throws: ResponseFault.self) { try inflater.add(ByteBuffer(bytes: bomb)) }
        #expect(fault?.kind == .responseTooLarge)
        #expect(inflater.output.readableBytes <= 100_001)
        #expect(inflater.output.capacity <= 400_000)
    }

    @Test("the limit holds for the bytes as sent, too")
    func compressedLimit() {
        // Stored blocks are longer than what they hold.
        var random = SeededRandom(seed: 3)
        let plain = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
        let body = Deflated.gzip(plain)
        #expect(body.count > 200)
        ReaderFeed(answer("gzip", body), limit: 200).expectFault(.responseTooLarge, saying: "announces \(body.count) bytes")
    }

    @Test("no limit at all does not overflow")
    func noLimit() {
        let bytes = answer("gzip", Deflated.gzip(Self.plain))
        #expect(ReaderFeed(bytes, limit: .max).whole.outcome == .response(.of(200, Self.text), isReusable: true))
    }

    @Test("a reader that rests understands the same, some of it at a time", arguments: [false, true])
    func resting(isChunked: Bool) throws {
        let plain = [UInt8](repeating: 0x78, count: 5 << 20)
        let body = Deflated.gzip(plain)
        let framing =
            isChunked ? "transfer-encoding: chunked\r\n\r\n\(String(body.count, radix: 16))\r\n" : "content-length: \(body.count)\r\n\r\n"
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-encoding: gzip\r\n\(framing)"
        let bytes = Array(head.utf8) + body + Array((isChunked ? "\r\n0\r\n\r\n" : "").utf8)
        var reader = ResponseReader(limit: Setting(.max, from: .byDefault))
        reader.restsAfter = 1 << 20
        var response = try reader.received(ByteBuffer(bytes: bytes))
        var rests = 0
        while response == nil, reader.isResting {
            rests += 1
            // A piece that is begun is inflated to its end.
            #expect(reader.heldBytes <= rests * (1 << 20 + 1_100 * ResponseReader.inflatedPiece))
            response = try reader.continued()
        }
        #expect(rests >= 2)
        #expect(response?.verdict == .answered(ByteBuffer(bytes: plain)))
        #expect(reader.leavesConnectionReusable)
    }

    @Test("a connection that ends while its reader rests has brought all that came before")
    func endingAtRest() throws {
        let plain = [UInt8](repeating: 0x78, count: 3 << 20)
        var reader = ResponseReader(limit: Setting(.max, from: .byDefault))
        reader.restsAfter = 1 << 20
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-encoding: gzip\r\n\r\n"
        #expect(try reader.received(ByteBuffer(bytes: Array(head.utf8) + Deflated.gzip(plain))) == nil)
        #expect(reader.isResting)
        #expect(try reader.ended(orderly: true)?.verdict == .answered(ByteBuffer(bytes: plain)))
    }
}
