import Testing

@testable import TransportCore

/// When a head is taken for one that was read before.
@Suite struct RecurringHeadTests {
    private static let start = "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length:"

    private func match(_ bytes: String, after known: String, length: Int?) -> [Int?]? {
        var head = RecurringHead()
        Array(known.utf8).withUnsafeBytes { head.remember($0, length: length) }
        return Array(bytes.utf8).withUnsafeBytes { head.match($0) }.map { [$0.count, $0.length] }
    }

    private static let matches: [(known: String, bytes: String, rest: String, length: Int)] = [
        (" 12\r\n\r\n", " 12\r\n\r\n", "", 12), (" 12\r\n\r\n", " 7\r\n\r\n", "body", 7),
        (" 12\r\n\r\n", " 123456789012345\r\n\r\n", "", 123_456_789_012_345), ("\t12\r\nC: d\r\n\r\n", "\t0\r\nC: d\r\n\r\n", "x", 0),
        ("12\r\n\r\n", "007\r\n\r\n", "", 7),
    ]

    @Test("a head that differs in the digits of its length only is known, with its own length", arguments: matches)
    func known(_ sample: (known: String, bytes: String, rest: String, length: Int)) {
        let head = Self.start + sample.bytes
        #expect(match(head + sample.rest, after: Self.start + sample.known, length: 12) == [head.utf8.count, sample.length])
    }

    @Test(
        "one that differs in anything else, or has not come whole, is not",
        arguments: [
            " 12\r\n\r", " 1", "", " x\r\n\r\n", " \r\n\r\n", " -1\r\n\r\n", " 1 \r\n\r\n", " 1\r\nB: c\r\n\r\n", "  12\r\n\r\n",
            " 1234567890123456\r\n\r\n", " 1,1\r\n\r\n", " +1\r\n\r\n", " :\r\n\r\n", " /\r\n\r\n",
        ]
    )
    func unknown(_ bytes: String) {
        #expect(match(Self.start + bytes, after: Self.start + " 12\r\n\r\n", length: 12) == nil)
        #expect(match("x" + bytes, after: Self.start + " 12\r\n\r\n", length: 12) == nil)
    }

    private static let unchanging: [(head: String, length: Int?)] = [
        (start + " 12\r\n\r\n", nil), (start + " 12\r\n\r\n", 13), (start + " 12\r\ncontent-length: 12\r\n\r\n", 12),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", nil), ("HTTP/1.1 200 OK\r\nX-Content-Length: 12\r\n\r\n", 12),
    ]

    @Test("where the length cannot be told, or may not change, only the very same head is known", arguments: unchanging)
    func whole(_ sample: (head: String, length: Int?)) {
        #expect(match(sample.head + "12", after: sample.head, length: sample.length) == [sample.head.utf8.count, nil])
        #expect(
            match(sample.head.replacing("12", with: "13"), after: sample.head, length: sample.length)
                == (sample.head.contains("12") ? nil : [sample.head.utf8.count, nil])
        )
    }

    @Test("a head that is too long is forgotten, and the one before it as well")
    func tooLong() {
        var head = RecurringHead()
        let known = Self.start + "12\r\n\r\n"
        Array(known.utf8).withUnsafeBytes { head.remember($0, length: 12) }
        Array((Self.start + "12\r\nB: " + String(repeating: "c", count: 512) + "\r\n\r\n").utf8).withUnsafeBytes {
            head.remember($0, length: 12)
        }
        #expect(Array(known.utf8).withUnsafeBytes { head.match($0) == nil })
    }
}
