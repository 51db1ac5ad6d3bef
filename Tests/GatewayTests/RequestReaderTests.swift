import NIOCore
import Testing

@testable import Gateway

/// What is taken for a request, and what is refused.
@Suite struct RequestReaderTests {
    /// Everything that a reader makes of some bytes that come in pieces.
    private func read(_ text: String, inPiecesOf size: Int = .max, headLimit: Int = 1024) throws -> [String] {
        var reader = RequestReader(headLimit: headLimit)
        var bodies: [String] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            var piece = ByteBuffer(bytes: rest.prefix(size))
            rest = rest.dropFirst(size)
            reader.append(&piece)
            reading: while true {
                switch try reader.next() {
                case .incomplete: break reading
                case .head: break
                case .body(let body): bodies.append(String(buffer: body))
                }
            }
        }
        return bodies
    }

    private func head(_ text: String) throws -> RequestHead? {
        var reader = RequestReader(headLimit: 1024)
        var bytes = ByteBuffer(string: text)
        reader.append(&bytes)
        guard case .head(let head) = try reader.next() else { return nil }
        return head
    }

    /// A buffer of so many bytes, with the beginning of a request in it.
    private func buffer(_ capacity: Int, _ head: String, body: Int) -> ByteBuffer {
        var bytes = ByteBufferAllocator().buffer(capacity: capacity)
        bytes.writeString(head)
        bytes.writeRepeatingByte(7, count: body)
        return bytes
    }

    @Test(
        "what holds a message is at most twice as large, but where it is small",
        arguments: [(0, 16_384), (100, 16_384), (60_000, 120_000), (100_000, 200_000)]
    )
    func holdsLittleMore(than length: Int, most: Int) throws {
        for capacity in [131_072, 262_144] {
            var reader = RequestReader(headLimit: 1024)
            var bytes = buffer(capacity, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: \(length)\r\n\r\n", body: length)
            reader.append(&bytes)
            guard case .head = try reader.next(), case .body(let body) = try reader.next() else {
                Issue.record("the request was not read")
                return
            }
            #expect(body.readableBytesView.elementsEqual(repeatElement(7, count: length)))
            #expect(body.storageCapacity <= most)
        }
    }

    @Test("a message that fills its buffer stays in it")
    func staysWhereItCame() throws {
        var reader = RequestReader(headLimit: 1024)
        var bytes = buffer(131_072, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n", body: 100_000)
        reader.append(&bytes)
        guard case .head = try reader.next(), case .body(var body) = try reader.next() else {
            Issue.record("the request was not read")
            return
        }
        #expect(body.storageCapacity == 131_072)
        // Nor is it a copy: `bytes` holds the same memory.
        #expect(body.modifyIfUniquelyOwned { _ in true } == nil)
        withExtendedLifetime(bytes) {}
    }

    @Test("a head that does not come to its end does not hold a large buffer")
    func unfinishedHead() throws {
        var reader = RequestReader(headLimit: 1024)
        var bytes = buffer(262_144, "POST / HTTP/1.1\r\n", body: 0)
        reader.append(&bytes)
        #expect(try reader.next() == .incomplete)
        #expect(bytes.modifyIfUniquelyOwned { $0.storageCapacity } == 262_144)
    }

    private static let okHttp =
        "POST /path HTTP/1.1\r\nContent-Type: application/octet-stream\r\nContent-Length: 4\r\nHost: 127.0.0.1:8080\r\n"
        + "Connection: Keep-Alive\r\nAccept-Encoding: gzip\r\nUser-Agent: okhttp/3.14.6\r\n\r\nabcd"
    private static let netty =
        "POST /path HTTP/1.1\r\ncontent-type: application/octet-stream\r\naccept: application/octet-stream\r\n"
        + "accept-encoding: gzip, deflate\r\nconnection: keep-alive\r\nuser-agent: statefun\r\nhost: 127.0.0.1\r\ncontent-length: 4\r\n\r\nefgh"

    @Test("requests of both clients of the JVM runtime are read, however their bytes come", arguments: [1, 2, 3, 7, 64, .max])
    func pieces(size: Int) throws {
        #expect(try read(Self.okHttp + Self.netty + Self.okHttp, inPiecesOf: size) == ["abcd", "efgh", "abcd"])
    }

    @Test("requests that differ in length are read each with its own, however their bytes come", arguments: [1, 2, 3, 7, 64, .max])
    func changingLengths(size: Int) throws {
        let bodies = ["abcd", "", "0123456789", "x", "abcd"]
        let text = bodies.map { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \($0.utf8.count)\r\nA: b\r\n\r\n\($0)" }.joined()
        #expect(try read(text, inPiecesOf: size) == bodies)
        #expect(throws: GatewayRefusal.malformed("it has two lengths")) {
            try read(text + "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\nA: b\r\n\r\n", inPiecesOf: size)
        }
    }

    @Test("one empty line before a request is passed over, and two are not, however their bytes come", arguments: [1, 2, 3, 7, 64, .max])
    func emptyLines(size: Int) throws {
        #expect(try read("\r\n\(Self.okHttp)\r\n\(Self.netty)", inPiecesOf: size) == ["abcd", "efgh"])
        #expect(throws: GatewayRefusal.malformed("it is empty")) { try read("\r\n\r\n\(Self.okHttp)", inPiecesOf: size) }
    }

    private static let heads: [(fields: String, keepsAlive: Bool, expects: Bool)] = [
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", true, false),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false, false),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nconnection: x, Close\r\n\r\n", false, false),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-Continue\r\n\r\n", true, true),
        ("POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n", false, false),
        ("POST / HTTP/1.0\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n", false, false),
        ("\r\nPOST * HTTP/1.1\r\nHost: a\r\nContent-Length:\t0 \r\n\r\n", true, false),
        ("POST http://a/b?c HTTP/1.1\r\nHost: a\r\nContent-Length: 0000\r\nContent-Encoding: identity\r\n\r\n", true, false),
    ]

    @Test("what a head says of the connection", arguments: heads)
    func connection(text: String, keepsAlive: Bool, expects: Bool) throws {
        #expect(try head(text) == RequestHead(length: 0, keepsAlive: keepsAlive, expectsContinue: expects))
    }

    private static func post(_ fields: String, _ line: String = "POST / HTTP/1.1") -> String { "\(line)\r\n\(fields)\r\n\r\nxxxx" }

    /// Requests whose end another program could see elsewhere, and others that are none.
    private static let refused: [(text: String, status: Int)] = [
        (post("Host: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked"), 400),
        (post("Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4"), 400),
        (post("Host: a\r\nContent-Length: 4\r\nContent-Length: 4"), 400),
        (post("Host: a\r\nContent-Length: 4\r\nContent-Length: 5"), 400),
        (post("Host: a\r\nContent-Length: 4, 4"), 400),
        (post("Host: a\r\nContent-Length: +4"), 400),
        (post("Host: a\r\nContent-Length: -4"), 400),
        (post("Host: a\r\nContent-Length: 0x4"), 400),
        (post("Host: a\r\nContent-Length: 4 4"), 400),
        (post("Host: a\r\nContent-Length:"), 400),
        (post("Host: a\r\nContent-Length: 99999999999999999999"), 400),
        (post("Host: a\r\nContent-Length : 4"), 400),
        (post("Host: a\r\n Content-Length: 4"), 400),
        (post("Host: a\r\nX: y\r\n\tContent-Length: 4\r\nContent-Length: 4"), 400),
        (post("Host: a\r\nContent-Length: 4\r\nTransfer-Encoding : chunked"), 400),
        (post("Host: a\r\nTransfer-Encoding: chunked", "POST / HTTP/1.0"), 400),
        (post("Host: a\r\nX: a\u{0}b\r\nContent-Length: 4"), 400),
        (post("Host: a\r\nX: a\rb\r\nContent-Length: 4"), 400),
        (post("Host: a\r\n: b\r\nContent-Length: 4"), 400),
        (post("Host: a\r\nno field\r\nContent-Length: 4"), 400),
        (post("Host: a\r\nHost: b\r\nContent-Length: 4"), 400),
        (post("Content-Length: 4"), 400),
        ("POST / HTTP/1.1\nHost: a\nContent-Length: 4\n\nxxxx", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\n\r\nxxxx", 400),
        ("\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (post("Host: a\r\nContent-Length: 4", "POST /a b HTTP/1.1"), 400),
        (post("Host: a\r\nContent-Length: 4", "POST  / HTTP/1.1"), 400),
        (post("Host: a\r\nContent-Length: 4", "POST / http/1.1"), 400),
        (post("Host: a\r\nContent-Length: 4", "POST /\u{7F} HTTP/1.1"), 400),
        (post("Host: a\r\nContent-Length: 4", "POST /"), 400),
        (post("Host: a\r\nContent-Length: 4", "PO(ST / HTTP/1.1"), 400),
        (post("Host: a\r\nContent-Length: 4", "POST / HTTP/2.0"), 505),
        (post("Host: a\r\nTransfer-Encoding: chunked"), 411),
        (post("Host: a"), 411),
        (post("Host: a\r\nTransfer-Encoding: gzip, chunked"), 501),
        (post("Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 501),
        (post("Host: a\r\nTransfer-Encoding: xchunked"), 501),
        (post("Host: a\r\nContent-Length: 4", "GET / HTTP/1.1"), 405),
        (post("Host: a", "OPTIONS * HTTP/1.1"), 405),
        (post("Host: a\r\nContent-Length: 4\r\nContent-Encoding: gzip"), 415),
        (post("Host: a\r\nContent-Length: 4\r\nExpect: more"), 417),
        (post("Host: a\r\nContent-Length: 4\r\nX: \(String(repeating: "y", count: 1024))"), 431),
        (String(repeating: "y", count: 2000), 431),
        (post(String(repeating: "X: y\r\n", count: 101) + "Host: a\r\nContent-Length: 4"), 431),
    ]

    @Test("whatever leaves the end of a request in doubt is refused", arguments: refused)
    func refusals(text: String, status: Int) {
        for size in [1, 5, Int.max] {
            #expect {
                try read(text, inPiecesOf: size)
            } throws: { error in
                (error as? GatewayRefusal)?.status == status && (error as? GatewayRefusal)?.isLast == true
            }
        }
    }

    @Test(
        "what answers HEAD is a head only",
        arguments: [("HEAD", "Host: a", 405), ("HEAD", "X: a", 400), ("GET", "Host: a", 405), ("head", "Host: a", 405)]
    )
    func answersToHead(method: String, fields: String, status: Int) throws {
        do {
            _ = try head("\(method) / HTTP/1.1\r\n\(fields)\r\n\r\n")
            Issue.record("it was taken")
        } catch let error as GatewayRefusal {
            #expect(error.status == status)
            let answer = String(buffer: GatewayAnswer.bytes(of: error, isLast: true))
            #expect(answer.contains("content-length: \(error.message.utf8.count + 1)\r\n"))
            #expect(answer.hasSuffix(method == "HEAD" ? "\r\n\r\n" : "\(error.message)\n"))
        }
    }

    @Test("a body that came with its head is a part of the same buffer")
    func sharedBuffer() throws {
        var reader = RequestReader(headLimit: 1024)
        var bytes = ByteBuffer(string: Self.okHttp)
        let place = bytes.withUnsafeReadableBytes { $0.baseAddress }
        reader.append(&bytes)
        _ = try reader.next()
        guard case .body(let body) = try reader.next() else {
            Issue.record("the body is not whole")
            return
        }
        let offset = Self.okHttp.utf8.count - 4
        #expect(body.withUnsafeReadableBytes { $0.baseAddress } == place.map { $0 + offset })
    }
}
