import TestSupport
import Testing

/// Bytes that are no answer which could be trusted, and a part of what a failure says of them.
struct UnsoundAnswer: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let words: String

    private init(_ what: String, _ text: String, _ words: String) {
        self.init(what, Array(text.utf8), words)
    }

    private init(_ what: String, _ bytes: [UInt8], _ words: String) {
        testDescription = what
        self.bytes = bytes
        self.words = words
    }

    private static func fields(_ what: String, _ fields: String..., body: String = "12345", says words: String) -> UnsoundAnswer {
        let lines = ["HTTP/1.1 200 OK", RawServer.Step.octets] + fields + ["", body]
        return UnsoundAnswer(what, lines.joined(separator: "\r\n"), words)
    }

    private static func chunks(_ what: String, _ body: String, says words: String) -> UnsoundAnswer {
        fields(what, "transfer-encoding: chunked", body: body, says: words)
    }

    private static func coded(_ what: String, _ coding: String, _ body: [UInt8], says words: String) -> UnsoundAnswer {
        let head = "HTTP/1.1 200 OK\r\n\(RawServer.Step.octets)\r\n\(coding)\r\ncontent-length: \(body.count)\r\n\r\n"
        return UnsoundAnswer(what, Array(head.utf8) + body, words)
    }

    private static let many = String(repeating: "x", count: 1 << 20)
    private static let plain = Array(String(repeating: "an answer ", count: 20).utf8)

    static let all = statusLines + lengths + chunked + heads + codings

    private static let statusLines = [
        UnsoundAnswer("another protocol", "SSH-2.0-OpenSSH_9.6\r\n", "does not begin with HTTP/1.1"),
        UnsoundAnswer("HTTP/2", "HTTP/2 200\r\n\r\n", "does not begin with HTTP/1.1"),
        UnsoundAnswer("an empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", "does not begin with HTTP/1.1"),
        UnsoundAnswer("status 99", "HTTP/1.1 99 Low\r\n\r\n", "not a number of three digits"),
        UnsoundAnswer("status 099", "HTTP/1.1 099 Low\r\n\r\n", "status is 99"),
        UnsoundAnswer("status 600", "HTTP/1.1 600 High\r\n\r\n", "status is 600"),
        UnsoundAnswer("status 1000", "HTTP/1.1 1000 High\r\n\r\n", "not a number of three digits"),
        UnsoundAnswer("status -20", "HTTP/1.1 -20 Low\r\n\r\n", "not a number of three digits"),
        UnsoundAnswer("101", "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n", "switches to another protocol"),
    ]

    private static let lengths = [
        fields("length and chunks", "content-length: 5", "transfer-encoding: chunked", says: "both a Content-Length and chunks"),
        fields("chunks and length", "transfer-encoding: chunked", "content-length: 5", says: "both a Content-Length and chunks"),
        fields("two equal lengths", "content-length: 5", "content-length: 5", says: "two Content-Lengths"),
        fields("two different lengths", "content-length: 5", "content-length: 6", says: "two Content-Lengths"),
        fields("a list of lengths", "content-length: 5, 5", says: "Content-Length is not a number: '5, 5'"),
        fields("a length with a sign", "content-length: +5", says: "Content-Length is not a number: '+5'"),
        fields("a negative length", "content-length: -5", says: "Content-Length is not a number: '-5'"),
        fields("a length with a space in it", "content-length: 1 0", says: "Content-Length is not a number: '1 0'"),
        fields("a hexadecimal length", "content-length: 0x5", says: "Content-Length is not a number"),
        fields("an empty length", "content-length:", says: "Content-Length is not a number"),
        fields("a length beyond all numbers", "content-length: 99999999999999999999", says: "Content-Length has more than 18 digits"),
    ]

    private static let chunked = [
        chunks("a chunk size that is not hexadecimal", "xyz\r\n12345\r\n0\r\n\r\n", says: "size is not a hexadecimal number"),
        chunks("a negative chunk size", "-5\r\n12345\r\n0\r\n\r\n", says: "size is not a hexadecimal number"),
        chunks("an empty chunk size", "\r\n12345\r\n0\r\n\r\n", says: "size is not a hexadecimal number"),
        chunks("a chunk size with a prefix", "0x5\r\n12345\r\n0\r\n\r\n", says: "something else than an extension"),
        chunks("a chunk size beyond all numbers", "fffffffffffffffff\r\n12345", says: "size is not a hexadecimal number"),
        chunks("a chunk size with a second number", "5 5\r\n12345\r\n0\r\n\r\n", says: "something else than an extension"),
        chunks("a control character in an extension", "5;a=\u{1}\r\n12345\r\n0\r\n\r\n", says: "something else than an extension"),
        chunks("a chunk size without an end", many, says: "size line is too long"),
        chunks("a chunk size that ends in a line feed", "5\n12345\r\n0\r\n\r\n", says: "does not end in CRLF"),
        chunks("no line end after a chunk", "5\r\n123450\r\n\r\n", says: "more bytes than its size says"),
        chunks("a chunk longer than its size", "4\r\n12345\r\n0\r\n\r\n", says: "more bytes than its size says"),
        chunks("an unsound trailer", "5\r\n12345\r\n0\r\nx\r\n\r\n", says: "is not a field"),
        chunks("a trailer without an end", "5\r\n12345\r\n0\r\nx: \(many)", says: "the trailer of the answer has more than 65536 bytes"),
        fields("a coding before chunks", "transfer-encoding: gzip, chunked", says: "Transfer-Encoding is 'gzip, chunked'"),
        fields("another transfer coding", "transfer-encoding: identity", says: "Transfer-Encoding is 'identity'"),
        fields("chunks twice", "transfer-encoding: chunked", "transfer-encoding: chunked", says: "two Transfer-Encodings"),
        UnsoundAnswer(
            "chunks in HTTP/1.0",
            "HTTP/1.0 200 OK\r\n\(RawServer.Step.octets)\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "chunks, which HTTP/1.0 does not know"
        ),
    ]

    private static let heads = [
        UnsoundAnswer("a bare line feed", "HTTP/1.1 200 OK\ncontent-length: 0\n\n", "does not end in CRLF"),
        fields("a bare line feed in a field", "a: b\nc: d", "content-length: 0", body: "", says: "does not end in CRLF"),
        fields("a bare carriage return", "a: b\rc: d", "content-length: 0", body: "", says: "a carriage return stands alone"),
        fields("a folded field", "a: b", " c", "content-length: 0", body: "", says: "folded over two lines"),
        fields("a field without a colon", "content-length 0", body: "", says: "is not a field"),
        fields("a space before the colon", "content-length : 0", body: "", says: "a field with an unsound name"),
        fields("a field without a name", ": x", body: "", says: "is not a field"),
        fields("a zero byte in a field", "a: b\u{0}c", "content-length: 0", body: "", says: "the control character 0"),
        fields("a zero byte in a name", "a\u{0}: b", "content-length: 0", body: "", says: "the control character 0"),
        fields("1 MB in one field", "x: \(many)", body: "", says: "the head of the answer has more than 65536 bytes"),
        UnsoundAnswer("1 MB without a line end", "HTTP/1.1 200 \(many)", "the head of the answer has more than 65536 bytes"),
        UnsoundAnswer(
            "1 MB of fields",
            "HTTP/1.1 200 OK\r\n" + String(repeating: "a: b\r\n", count: 175_000),
            "the head of the answer has more than 65536 bytes"
        ),
        UnsoundAnswer(
            "interim answers without an end",
            String(repeating: "HTTP/1.1 103 Early Hints\r\n\r\n", count: 40_000),
            "the head of the answer has more than 65536 bytes"
        ),
    ]

    private static let codings = [
        coded("an unknown coding", "content-encoding: br", plain, says: "Content-Encoding is 'br'"),
        coded("two codings in one field", "content-encoding: gzip, gzip", plain, says: "Content-Encoding is 'gzip, gzip'"),
        coded(
            "two codings in two fields",
            "content-encoding: gzip\r\ncontent-encoding: deflate",
            Deflated.gzip(plain),
            says: "coded twice"
        ),
        coded("gzip that breaks off", "content-encoding: gzip", Array(Deflated.gzip(plain).dropLast(9)), says: "ends in the middle"),
        coded("deflate that breaks off", "content-encoding: deflate", Array(Deflated.zlib(plain).dropLast(1)), says: "ends in the middle"),
        coded("bytes behind gzip", "content-encoding: gzip", Deflated.gzip(plain) + Array("more".utf8), says: "gzip data is damaged"),
        coded("bytes behind deflate", "content-encoding: deflate", Deflated.zlib(plain) + [1], says: "bytes after its end"),
        coded("what is not gzip", "content-encoding: gzip", plain, says: "gzip data is damaged"),
    ]
}
