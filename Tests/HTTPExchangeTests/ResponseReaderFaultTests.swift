import NIOCore
import Testing
import TransportCore

@testable import HTTPExchange

/// Answers that nobody should trust.
@Suite struct ResponseReaderFaultTests {
    // MARK: The status line

    @Test(
        "what is not HTTP/1.1 is known by its first bytes, without waiting for more",
        arguments: [
            "SSH-2.0-OpenSSH_9.6\r\n", "HTTP/2.0 200 OK\r\n", "HTTP/0.9", "http/1.1 200 OK\r\n", "HTTP /1.1", "<html>", "\r\n", "\n",
            "\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}", "ICY 200 OK\r\n", " HTTP/1.1 200 OK\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n",
        ]
    )
    func notHTTP(text: String) {
        ReaderFeed(text).expectFault(saying: "does not begin with HTTP/1.1")
    }

    @Test(
        "a status line that is not one is a fault",
        arguments: [
            "HTTP/1.2 200 OK", "HTTP/1.12 200 OK", "HTTP/1.x 200 OK", "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 20 OK",
            "HTTP/1.1 2000 OK",
            "HTTP/1.1 2OO OK", "HTTP/1.1 200OK", "HTTP/1.1 -20 OK", "HTTP/1.1 +20 OK", "HTTP/1.1 099 OK", "HTTP/1.1 600 OK",
            "HTTP/1.1 999 OK",
            "HTTP/1.1 000 OK", "HTTP/1.1 200\tOK", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20", "HTTP/1.1200 OK",
        ]
    )
    func statusLine(line: String) {
        ReaderFeed("\(line)\r\ncontent-length: 0\r\n\r\n").expectFault(saying: "the answer")
    }

    @Test("101 is a fault: nobody asked for another protocol")
    func switching() {
        ReaderFeed("HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n").expectFault(saying: "another protocol")
    }

    // MARK: Lines

    @Test(
        "lines end in CRLF and nothing else",
        arguments: [
            "HTTP/1.1 200 OK\ncontent-length: 0\n\n", "HTTP/1.1 200 OK\r\ncontent-length: 0\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\n",
            "HTTP/1.1 200 OK\n\r\n", "HTTP/1.1 200 OK\r\na: b\nc: d\r\n\r\n",
        ]
    )
    func lineFeedOnly(text: String) {
        ReaderFeed(text).expectFault(saying: "CRLF")
    }

    @Test("a line feed alone is known when it arrives, without waiting for the end of the head")
    func lineFeedAtOnce() {
        ReaderFeed("HTTP/1.1 200 OK\n").expectFault(saying: "CRLF")
    }

    @Test(
        "a carriage return alone is a fault",
        arguments: [
            "HTTP/1.1 200 OK\r\na: b\rc: d\r\n\r\n", "HTTP/1.1 200 OK\r\na: b\r\r\n\r\n", "HTTP/1.1 200 O\rK\r\n\r\n",
            "HTTP/1.1 200 OK\r\r\n\r\n", "HTTP/1.1 200 OK\r\n\ra: b\r\n\r\n",
        ]
    )
    func carriageReturnOnly(text: String) {
        ReaderFeed(text).expectFault(saying: "carriage return")
    }

    @Test("control characters in a head are a fault", arguments: [0x00, 0x01, 0x08, 0x0B, 0x0C, 0x1B, 0x1F, 0x7F] as [UInt8])
    func controls(byte: UInt8) {
        for (before, after) in [
            ("HTTP/1.1 200 O", "K\r\n\r\n"), ("HTTP/1.1 200 OK\r\na: x", "y\r\n\r\n"), ("HTTP/1.1 200 OK\r\na", "b: c\r\n\r\n"),
        ] {
            let bytes = Array(before.utf8) + [byte] + Array(after.utf8)
            ReaderFeed(bytes).expectFault(saying: "control character \(byte)")
        }
    }

    @Test(
        "a field is a name, a colon and a value on one line",
        arguments: [
            ("content-length 5", "not a field"), (": x", "not a field"), ("content-length : 5", "unsound name"),
            (" content-length: 5", "folded"),
            ("\tcontent-length: 5", "folded"), ("a b: c", "unsound name"), ("\u{FC}: c", "unsound name"), ("a(b): c", "unsound name"),
            ("a: b\r\n c", "folded"), ("a: b\r\n\tc", "folded"), ("\"a\": b", "unsound name"), ("x", "not a field"),
        ]
    )
    func fields(line: String, words: String) {
        ReaderFeed("HTTP/1.1 200 OK\r\n\(line)\r\ncontent-length: 0\r\n\r\n").expectFault(saying: words)
    }

    // MARK: Where the body ends

    @Test(
        "a length is a number and nothing else",
        arguments: [
            "-1", "+5", "5.0", "0x5", "five", "", "5 5", "5,5", "5, 5", "5;", "1e1", "٥", "1234567890123456789", "99999999999999999999999",
        ]
    )
    func lengths(value: String) {
        ReaderFeed("HTTP/1.1 200 OK\r\ncontent-length: \(value)\r\n\r\n12345").expectFault(saying: "Content-Length")
    }

    @Test("two lengths are a fault, even where they agree")
    func twoLengths() {
        ReaderFeed("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!").expectFault(saying: "two Content-Lengths")
        ReaderFeed("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nContent-Length: 5\r\n\r\nhello").expectFault(saying: "two Content-Lengths")
    }

    @Test("a length and chunks together are a fault, in whatever order")
    func bothFramings() {
        let (length, chunked) = ("content-length: 5\r\n", "transfer-encoding: chunked\r\n")
        for fields in [length + chunked, chunked + length] {
            ReaderFeed("HTTP/1.1 200 OK\r\n\(fields)\r\n0\r\n\r\n").expectFault(saying: "both")
        }
    }

    @Test(
        "no transfer coding but chunked is understood",
        arguments: [
            "gzip", "gzip, chunked", "chunked, gzip", "identity", "", "chunked;x=y", "xchunked", "chunked\r\ntransfer-encoding: chunked",
        ]
    )
    func transferCodings(value: String) {
        ReaderFeed("HTTP/1.1 200 OK\r\ntransfer-encoding: \(value)\r\n\r\n0\r\n\r\n").expectFault(saying: "Transfer-Encoding")
    }

    @Test("HTTP/1.0 knows no chunks")
    func oldChunks() {
        ReaderFeed("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n").expectFault(saying: "HTTP/1.0")
    }

    @Test(
        "a chunk begins with its size in hexadecimal digits",
        arguments: [
            "\r\n", "g\r\n", "-1\r\n", "+5\r\nhello\r\n", "0x5\r\nhello\r\n", " 5\r\nhello\r\n", "5 5\r\nhello\r\n", "5\nhello\r\n",
            ";x\r\n",
            "5,\r\nhello\r\n", "1000000000000\r\n", "FFFFFFFFFFFFFFFF\r\n", "5\r\r\nhello\r\n", "5;a\u{1}\r\nhello\r\n",
            "5;a\u{7F}\r\nhello\r\n",
        ]
    )
    func chunkSizes(chunk: String) {
        ReaderFeed("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\(chunk)").expectFault(saying: "chunk")
    }

    @Test(
        "a chunk ends where its size says",
        arguments: ["5\r\nhello!\r\n", "5\r\nhell\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhello\n0\r\n\r\n"]
    )
    func chunkEnds(chunk: String) {
        ReaderFeed("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\(chunk)").expectFault(saying: "chunk has more bytes")
    }

    @Test("the line with a chunk's size is not long")
    func longChunkLine() {
        let filler = String(repeating: "x", count: ResponseReader.maxChunkLineBytes)
        ReaderFeed("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;\(filler)").expectFault(saying: "too long")
        ReaderFeed("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\(String(repeating: "0", count: 13))\r\n\r\n").expectFault(
            saying: "chunk"
        )
    }

    @Test(
        "the trailer is as sound as the head",
        arguments: ["x y: z\r\n\r\n", " x: y\r\n\r\n", "x\r\n\r\n", "x: y\n\r\n", "\n", "x: \u{0}\r\n\r\n"]
    )
    func trailers(trailer: String) {
        let (outcome, _) = ReaderFeed("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\(trailer)").whole
        #expect(outcome == .fault(.malformedResponse))
        ReaderFeed("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\(trailer)").expectSameInPieces(as: outcome)
    }

    // MARK: Size

    /// Feeds as much as the reader takes, in large pieces, and returns how much that was.
    private func feed(_ piece: String, after head: String, limit: Int = 1000) -> (fed: Int, fault: ResponseFault?) {
        var reader = ResponseReader(limit: Setting(limit, from: .byDefault))
        var fed = 0
        do throws(ResponseFault) {
            _ = try reader.received(ByteBuffer(string: head))
            while fed < 10 << 20 {
                _ = try reader.received(ByteBuffer(string: piece))
                fed += piece.utf8.count
            }
            return (fed, nil)
        } catch {
            return (fed, error)
        }
    }

    @Test("a head without end is not collected")
    func endlessHead() {
        for piece in [String(repeating: "x", count: 1000), "a: b\r\n", "a: \(String(repeating: "b", count: 500))\r\n"] {
            let (fed, fault) = feed(piece, after: "HTTP/1.1 200 OK\r\na: ")
            #expect(fault?.kind == .malformedResponse)
            #expect(fault?.message.contains("head of the answer has more than \(ResponseReader.maxHeadBytes) bytes") == true)
            #expect(fed <= ResponseReader.maxHeadBytes)
        }
    }

    @Test("a head of a megabyte is refused in one piece as well, and one of the largest size is not")
    func largestHead() {
        let start = "HTTP/1.1 204 No Content\r\na: "
        let room = ResponseReader.maxHeadBytes - start.utf8.count - 4
        let largest = ReaderFeed("\(start)\(String(repeating: "b", count: room))\r\n\r\n")
        #expect(largest.whole.outcome == .response(.of(204, "", .missing), isReusable: true))
        let larger = ReaderFeed("\(start)\(String(repeating: "b", count: room + 1))\r\n\r\n")
        #expect(larger.whole.outcome == .fault(.malformedResponse))
        #expect(larger.outcome(pieces: larger.bytes.indices.map { larger.bytes[$0...$0] }).outcome == .fault(.malformedResponse))
        #expect(ReaderFeed("\(start)\(String(repeating: "b", count: 1 << 20))\r\n\r\n").whole.outcome == .fault(.malformedResponse))
    }

    @Test("interim answers without end are not read for ever")
    func endlessInterim() {
        let (fed, fault) = feed("HTTP/1.1 100 Continue\r\n\r\n", after: "HTTP/1.1 103 Early Hints\r\n\r\n")
        #expect(fault?.kind == .malformedResponse)
        #expect(fed <= ResponseReader.maxHeadBytes)
    }

    @Test("a trailer without end is not collected")
    func endlessTrailer() {
        let (fed, fault) = feed("a: b\r\n", after: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n")
        #expect(fault?.message.contains("trailer of the answer has more than") == true)
        #expect(fed <= ResponseReader.maxHeadBytes)
    }

    @Test("a body over the limit is refused as soon as its size is known, and one at the limit is read")
    func bodyLimit() {
        let type = "content-type: application/octet-stream\r\n"
        let body = String(repeating: "x", count: 11)
        ReaderFeed("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n", limit: 10).expectFault(.responseTooLarge, saying: "announces 11 bytes")
        ReaderFeed("HTTP/1.1 200 OK\r\ncontent-length: 999999999999999999\r\n\r\n", limit: 1 << 50)
            .expectFault(.responseTooLarge, saying: "payload_max_bytes")
        ReaderFeed("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nb\r\n", limit: 10).expectFault(
            .responseTooLarge,
            saying: "10 (default)"
        )
        ReaderFeed("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nhello!\r\n5\r\n", limit: 10).expectFault(
            .responseTooLarge,
            saying: "10 (default)"
        )
        ReaderFeed("HTTP/1.1 200 OK\r\n\r\n\(body)", limit: 10).expectFault(.responseTooLarge, saying: "10 (default)")
        for framing in ["content-length: 11\r\n\r\n\(body)", "transfer-encoding: chunked\r\n\r\nb\r\n\(body)\r\n0\r\n\r\n"] {
            ReaderFeed("HTTP/1.1 200 OK\r\n\(type)\(framing)", limit: 11).expect(.response(.of(200, body), isReusable: true))
        }
        ReaderFeed("HTTP/1.1 200 OK\r\n\(type)\r\n\(body)", end: .orderly, limit: 11).expect(.response(.of(200, body), isReusable: false))
    }

    @Test("no limit at all, and a peer that announces everything, do not overflow")
    func noLimit() throws {
        var reader = ResponseReader(limit: Setting(Int.max, from: .byDefault))
        #expect(try reader.received(ByteBuffer(string: "HTTP/1.1 200 OK\r\ncontent-length: 999999999999999999\r\n\r\nx")) == nil)
        var chunks = ResponseReader(limit: Setting(Int.max, from: .byDefault))
        #expect(
            try chunks.received(ByteBuffer(string: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\nffffffffffff\r\n"))
                == nil
        )
    }
}
