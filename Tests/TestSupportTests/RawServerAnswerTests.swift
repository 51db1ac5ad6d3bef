import TestSupport
import Testing

/// The exact bytes of ready-made answers.
@Suite struct RawServerAnswerTests {
    private static let octets = "content-type: application/octet-stream\r\n"
    private static let chunkedHead = "HTTP/1.1 200 OK\r\n\(octets)transfer-encoding: chunked\r\n\r\n"

    private static func bytes(_ step: RawServer.Step) -> [UInt8] {
        if case .send(let bytes) = step { bytes } else { [] }
    }

    @Test(
        "an answer is written as its name says",
        arguments: [
            (.sendResult([0x41]), "HTTP/1.1 200 OK\r\n\(octets)content-length: 1\r\n\r\nA"),
            (.status(503, retryAfter: "2"), "HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\ncontent-length: 0\r\n\r\n"),
            (.status(404), "HTTP/1.1 404 Whatever\r\ncontent-length: 0\r\n\r\n"),
            (.redirect(307, to: "/x y"), "HTTP/1.1 307 Moved\r\nlocation: /x y\r\ncontent-length: 0\r\n\r\n"),
            (.interim(100), "HTTP/1.1 100 Continue\r\n\r\n"),
            (.interim(103, ["link: </a>"]), "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
            (.announced(5, [0x41]), "HTTP/1.1 200 OK\r\n\(octets)content-length: 5\r\n\r\nA"),
            (.respond("418 Teapot", ["a: b"], [0x41]), "HTTP/1.1 418 Teapot\r\na: b\r\ncontent-length: 1\r\n\r\nA"),
        ] as [(RawServer.Step, String)]
    )
    func answers(step: RawServer.Step, expected: String) {
        #expect(String(decoding: Self.bytes(step), as: UTF8.self) == expected)
    }

    @Test(
        "chunks are right, or wrong in exactly one way",
        arguments: [
            (nil, "2\r\nhe\r\n3\r\nllo\r\n0\r\nt: 1\r\n\r\n"),
            (.sizeNotHex, "2\r\nhe\r\nxyz\r\nllo\r\n0\r\nt: 1\r\n\r\n"),
            (.sizeTooLarge, "2\r\nhe\r\nfffffffffffffffff\r\nllo\r\n0\r\nt: 1\r\n\r\n"),
            (.sizeTooSmall, "2\r\nhe\r\n2\r\nllo\r\n0\r\nt: 1\r\n\r\n"),
            (.missingLineEnd, "2\r\nhe3\r\nllo0\r\nt: 1\r\n\r\n"),
            (.missingLastChunk, "2\r\nhe\r\n3\r\nllo\r\n"),
        ] as [(RawServer.Step.ChunkFault?, String)]
    )
    func chunks(fault: RawServer.Step.ChunkFault?, expected: String) {
        let step = RawServer.Step.chunked([Array("he".utf8), Array("llo".utf8)], trailers: ["t: 1"], fault: fault)
        #expect(String(decoding: Self.bytes(step), as: UTF8.self) == Self.chunkedHead + expected)
    }

    @Test("with one chunk only, the fault is in that one")
    func oneChunk() {
        let step = RawServer.Step.chunked([[0x41]], fault: .sizeNotHex)
        #expect(String(decoding: Self.bytes(step), as: UTF8.self) == Self.chunkedHead + "xyz\r\nA\r\n0\r\n\r\n")
    }

    @Test("a giant head is as long as it should be", arguments: [1000, 65536, 1_000_000])
    func giantHead(count: Int) {
        let bytes = Self.bytes(.giantHead(count))
        #expect(bytes.count == count)
        #expect(bytes.suffix(4) == Array("\r\n\r\n".utf8)[...])
    }

    @Test(
        "a compressed answer names its coding and begins as its format does",
        arguments: [(.gzip, "gzip", [0x1f, 0x8b]), (.zlib, "deflate", [0x78]), (.raw, "deflate", [0x4b])]
            as [(RawServer.Step.Coding, String, [UInt8])]
    )
    func compressed(coding: RawServer.Step.Coding, name: String, start: [UInt8]) throws {
        let bytes = Self.bytes(.compressed(Array("aaaa".utf8), coding))
        let end = try #require(bytes.firstRange(of: Array("\r\n\r\n".utf8)))
        #expect(String(decoding: bytes[..<end.lowerBound], as: UTF8.self).contains("content-encoding: \(name)\r\n"))
        #expect(bytes[end.upperBound...].prefix(start.count) == start[...])
    }

    @Test("garbage is neither TLS nor HTTP")
    func garbage() {
        let bytes = Self.bytes(.garbage)
        #expect(bytes.first.map { (0x14...0x17).contains($0) || $0 == UInt8(ascii: "H") } == false)
    }
}
