import NIOCore
import Testing
import TransportCore

@testable import HTTPExchange

/// Answers that are sound. Those that are not stand in ``ResponseReaderFaultTests``.
@Suite struct ResponseReaderTests {
    private static let type = "content-type: application/octet-stream\r\n"

    private func expect(
        _ text: String,
        end: End = .none,
        _ response: ExchangeResponse,
        isReusable: Bool = true,
        _ location: SourceLocation = #_sourceLocation
    ) {
        ReaderFeed(text, end: end).expect(.response(response, isReusable: isReusable), location)
    }

    // MARK: Length

    @Test("a body ends after its length")
    func length() {
        expect("HTTP/1.1 200 OK\r\n\(Self.type)content-length: 5\r\n\r\nhello", .of(200, "hello"))
        expect("HTTP/1.1 200 OK\r\n\(Self.type)content-length: 0\r\n\r\n", .of(200))
        expect("HTTP/1.1 200 OK\r\n\(Self.type)Content-Length:\t 0005 \t\r\n\r\nhello", .of(200, "hello"))
    }

    @Test("a body that looks like an answer is a body")
    func confusingBody() {
        let body = "HTTP/1.1 500 No\r\n\r\n0\r\n\r\n"
        expect("HTTP/1.1 200 OK\r\n\(Self.type)content-length: \(body.utf8.count)\r\n\r\n\(body)", .of(200, body))
    }

    @Test("bytes after the body spoil the connection, not the answer")
    func extraBytes() {
        expect("HTTP/1.1 200 OK\r\n\(Self.type)content-length: 2\r\n\r\nhello", .of(200, "he"), isReusable: false)
        expect(
            "HTTP/1.1 200 OK\r\n\(Self.type)transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
            .of(200, "he"),
            isReusable: false
        )
        expect("HTTP/1.1 204 No Content\r\n\r\nx", .of(204, "", .missing), isReusable: false)
    }

    @Test("what is not complete is awaited")
    func incomplete() {
        for text in [
            "H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: y\r\n",
        ] {
            for end in [End.none, .orderly, .unorderly] {
                ReaderFeed(text, end: end).expect(.incomplete)
            }
        }
    }

    // MARK: Interim answers

    @Test("interim answers are skipped, however many")
    func interim() {
        expect(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\nretry-after: 5\r\n\r\n"
                + "HTTP/1.1 102 Processing\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\(Self.type)content-length: 2\r\n\r\nok",
            .of(200, "ok")
        )
    }

    @Test("an interim answer that closes says nothing about the final one")
    func interimClose() {
        expect(
            "HTTP/1.0 100 Continue\r\nconnection: close\r\n\r\nHTTP/1.1 200 OK\r\n\(Self.type)content-length: 2\r\n\r\nok",
            .of(200, "ok")
        )
    }

    // MARK: Answers without a body

    @Test("204 has no body, whatever it says; one that announces a body all the same is not asked again")
    func noContent() {
        expect("HTTP/1.1 204 No Content\r\n\r\n", .of(204, "", .missing))
        expect("HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n", .of(204, "", .missing))
        expect("HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n", .of(204, "", .missing), isReusable: false)
        expect("HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n", .of(204, "", .missing), isReusable: false)
        expect("HTTP/1.1 204 No Content\r\ncontent-encoding: gzip\r\n\r\n", .of(204, "", .missing))
    }

    @Test("304 has no body, whatever it says")
    func notModified() {
        expect("HTTP/1.1 304 Not Modified\r\n\r\n", .of(304, "", .missing))
        expect("HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", .of(304, "", .missing), isReusable: false)
    }

    // MARK: Chunks

    @Test("chunks are put together, whatever the case of their sizes and whatever extensions they have")
    func chunks() {
        let head = "HTTP/1.1 200 OK\r\n\(Self.type)Transfer-Encoding: Chunked\r\n\r\n"
        expect("\(head)5\r\nhello\r\n0\r\n\r\n", .of(200, "hello"))
        expect("\(head)0\r\n\r\n", .of(200))
        expect("\(head)1\r\nh\r\n1\r\ne\r\n003\r\nllo\r\n0000\r\n\r\n", .of(200, "hello"))
        expect("\(head)a\r\n0123456789\r\nA;x=y\r\n0123456789\r\n0;last\r\n\r\n", .of(200, "01234567890123456789"))
        expect("\(head)5 ; a = \"b\"\r\nhello\r\n0\r\n\r\n", .of(200, "hello"))
        expect("\(head)2\r\n\r\n\r\n0\r\n\r\n", .of(200, "\r\n"))
    }

    @Test("the trailer is read over, even where it is shaped like a head")
    func trailer() {
        let head = "HTTP/1.1 200 OK\r\n\(Self.type)transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
        expect("\(head)x-sum: 1\r\nx-more: 2\r\n\r\n", .of(200, "ok"))
        expect("\(head)content-type: text/html\r\nlocation: /x\r\nconnection: close\r\n\r\n", .of(200, "ok"))
    }

    // MARK: The end of the connection

    @Test("without a length the body ends where the connection does, if that ends in order")
    func untilClose() {
        for head in [
            "HTTP/1.1 200 OK\r\n\(Self.type)\r\n", "HTTP/1.0 200 OK\r\n\(Self.type)\r\n",
            "HTTP/1.1 200 OK\r\nconnection: close\r\n\(Self.type)\r\n",
        ] {
            expect("\(head)hello", end: .orderly, .of(200, "hello"), isReusable: false)
            expect(head, end: .orderly, .of(200), isReusable: false)
            ReaderFeed("\(head)hello", end: .unorderly).expect(.incomplete)
            ReaderFeed("\(head)hello").expect(.incomplete)
        }
    }

    @Test(
        "the connection is kept as the version and the Connection field say",
        arguments: [
            ("HTTP/1.1", "", true), ("HTTP/1.1", "connection: keep-alive\r\n", true), ("HTTP/1.1", "connection: close\r\n", false),
            ("HTTP/1.1", "Connection: Upgrade , CLOSE\r\n", false), ("HTTP/1.1", "connection: x\r\nconnection: close\r\n", false),
            ("HTTP/1.1", "connection: closed\r\n", true), ("HTTP/1.0", "", false), ("HTTP/1.0", "connection: keep-alive\r\n", true),
            ("HTTP/1.0", "connection: Keep-Alive\r\n", true), ("HTTP/1.0", "connection: keep-alive, close\r\n", false),
        ]
    )
    func keepAlive(version: String, field: String, isReusable: Bool) {
        expect("\(version) 200 OK\r\n\(field)\(Self.type)content-length: 2\r\n\r\nok", .of(200, "ok"), isReusable: isReusable)
    }

    // MARK: Fields

    @Test(
        "a status line is fine with an empty reason or none, and with any bytes in it",
        arguments: ["HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1 200 Very Good Indeed", "HTTP/1.1 200 gr\u{FC}n\tgut"]
    )
    func statusLine(line: String) {
        expect("\(line)\r\n\(Self.type)content-length: 0\r\n\r\n", .of(200))
    }

    @Test(
        "the media type counts without its parameters, case and spaces",
        arguments: [
            ("application/octet-stream", ExchangeResponse.MediaType.octetStream), ("Application/OCTET-Stream", .octetStream),
            ("application/octet-stream; charset=utf-8", .octetStream), ("application/octet-stream\t ;x", .octetStream),
            ("  application/octet-stream  ", .octetStream), ("application/octet-streams", .other("application/octet-streams")),
            ("text/html; charset=x", .other("text/html")), ("", .missing), (";x", .missing),
            ("text/html, application/octet-stream", .other("text/html, application/octet-stream")),
        ]
    )
    func mediaTypes(value: String, expected: ExchangeResponse.MediaType) {
        expect("HTTP/1.1 200 OK\r\ncontent-type:\(value)\r\ncontent-length: 2\r\n\r\nok", .of(200, "ok", expected))
    }

    @Test("the fields that a redirect or a pause needs are kept as sent")
    func fields() {
        let location = "/" + String(repeating: "x", count: 5000)
        ReaderFeed(
            "HTTP/1.1 307 Temporary Redirect\r\nLOCATION: \(location) \r\nRetry-After:7\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                + "content-length: 0\r\n\r\n"
        ).expect(
            .response(
                .of(307, "", .missing, location: location, retryAfter: "7", date: "Sun, 06 Nov 1994 08:49:37 GMT"),
                isReusable: true
            )
        )
    }

    @Test("control characters beyond ASCII, which a terminal may obey, get no further than the head")
    func controlsBeyondASCII() {
        expect(
            "HTTP/1.1 503 Busy\r\nlocation: /\u{9B}2Jgröße\r\ncontent-length: 0\r\n\r\n",
            .of(503, "", .missing, location: "/\u{FFFD}2Jgröße")
        )
    }

    @Test("field names are read whatever their case, and unknown ones are passed over")
    func names() {
        expect(
            "HTTP/1.1 200 OK\r\nX-A:\r\nCONTENT-TYPE: application/octet-stream\r\n!#$%&'*+-.^_`|~: x\r\nContent-LENGTH: 2\r\n\r\nok",
            .of(200, "ok")
        )
    }

    // MARK: Answers that are no success

    @Test("the body of an answer that is no success is read over, so that the connection can be kept")
    func discarded() {
        expect("HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\n\r\nhello", .of(404, "", .missing))
        expect(
            "HTTP/1.1 503 Busy\r\ntransfer-encoding: chunked\r\nretry-after: 1\r\n\r\n2\r\nno\r\n0\r\n\r\n",
            .of(503, "", .missing, retryAfter: "1")
        )
        ReaderFeed("HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\n\r\nhell").expect(.incomplete)
    }

    @Test("where the connection cannot be kept anyway, such an answer is complete with its head")
    func completeWithHead() {
        expect("HTTP/1.1 404 Not Found\r\n\r\n", .of(404, "", .missing), isReusable: false)
        expect("HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 5\r\n\r\n", .of(404, "", .missing), isReusable: false)
        expect("HTTP/1.0 500 Oops\r\n\r\n", .of(500, "", .missing), isReusable: false)
        expect(
            "HTTP/1.1 413 Too Large\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n",
            .of(413, "", .missing),
            isReusable: false
        )
    }

    @Test("such an answer counts even when its body never arrives", arguments: [End.orderly, .unorderly])
    func lostBody(end: End) {
        expect("HTTP/1.1 413 Too Large\r\ncontent-length: 5\r\n\r\nhe", end: end, .of(413, "", .missing), isReusable: false)
        expect("HTTP/1.1 503 Busy\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhe", end: end, .of(503, "", .missing), isReusable: false)
    }

    @Test("such an answer counts whatever is wrong with its body or its coding")
    func wrongBody() {
        expect("HTTP/1.1 503 Busy\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", .of(503, "", .missing), isReusable: false)
        expect("HTTP/1.1 503 Busy\r\ncontent-encoding: br\r\ncontent-length: 2\r\n\r\nxx", .of(503, "", .missing))
        expect("HTTP/1.1 503 Busy\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nxx", .of(503, "", .missing))
        expect(
            "HTTP/1.1 503 Busy\r\ncontent-encoding: gzip\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nxx",
            .of(503, "", .missing)
        )
    }

    @Test("such an answer is no answer that is too large: the limit is for what functions send")
    func largeErrorPage() {
        let head = "HTTP/1.1 503 Busy\r\ncontent-length: 20\r\n\r\n"
        ReaderFeed(head + String(repeating: "x", count: 20), limit: 10).expect(.response(.of(503, "", .missing), isReusable: true))
        let announced = "HTTP/1.1 503 Busy\r\ncontent-length: \(ResponseReader.maxDiscardedBytes + 1)\r\n\r\n"
        ReaderFeed(announced).expect(.response(.of(503, "", .missing), isReusable: false))
        let chunk = String(ResponseReader.maxDiscardedBytes + 1, radix: 16)
        let chunked = "HTTP/1.1 503 Busy\r\ntransfer-encoding: chunked\r\n\r\n2\r\nxx\r\n\(chunk)\r\n"
        ReaderFeed(chunked).expect(.response(.of(503, "", .missing), isReusable: false))
    }

    // MARK: Asking a reader

    @Test("a reader says what it waits for")
    func activity() throws {
        var reader = ResponseReader(limit: Setting(100, from: .byDefault))
        #expect(!reader.hasBegun)
        #expect(reader.activity == "the answer was awaited")
        #expect(try reader.received(ByteBuffer(string: "HTTP/1.1 200 OK\r\n")) == nil)
        #expect(reader.hasBegun)
        #expect(reader.activity == "the head of the answer was read")
        #expect(try reader.received(ByteBuffer(string: "content-length: 5\r\n\r\nhel")) == nil)
        #expect(reader.activity == "the body of the answer was read (3 bytes so far)")
        #expect(try reader.received(ByteBuffer()) == nil)
    }

    @Test("an answer that is no success can be had before its body has arrived")
    func abandoned() throws {
        var reader = ResponseReader(limit: Setting(100, from: .byDefault))
        #expect(reader.abandoned() == nil)
        #expect(try reader.received(ByteBuffer(string: "HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\n\r\nhel")) == nil)
        #expect(reader.abandoned() == .of(404, "", .missing))
        #expect(!reader.leavesConnectionReusable)

        var success = ResponseReader(limit: Setting(100, from: .byDefault))
        #expect(try success.received(ByteBuffer(string: "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel")) == nil)
        #expect(success.abandoned() == nil)
    }

    private static let lengths = [5, 0, 12, 5, 700, 1]

    @Test("answers of one peer that differ in length are read each with its own", arguments: ["", "content-encoding: identity\r\n"])
    func changingLengths(field: String) throws {
        var reader = ResponseReader(limit: Setting(1000, from: .byDefault))
        for length in Self.lengths {
            let body = String(repeating: "b", count: length)
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n\(field)content-length: \(length)\r\n\r\n"
            let response = try reader.received(ByteBuffer(string: head + body))
            #expect(response == .of(200, body))
            #expect(reader.leavesConnectionReusable)
            reader.reset(limit: Setting(1000, from: .byDefault))
        }
        #expect(throws: ResponseFault.self) {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n\(field)content-length: 1001\r\n\r\n"
            _ = try reader.received(ByteBuffer(string: head))
        }
    }

    @Test("an unknown coding is a fault with a body, though the same head without one was sound")
    func codingWithBody() throws {
        var reader = ResponseReader(limit: Setting(1000, from: .byDefault))
        func head(_ length: Int) -> ByteBuffer {
            ByteBuffer(string: "HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: \(length)\r\n\r\n")
        }
        #expect(try reader.received(head(0))?.status == 200)
        reader.reset(limit: Setting(1000, from: .byDefault))
        #expect(throws: ResponseFault.self) { try reader.received(head(5)) }
    }
}
