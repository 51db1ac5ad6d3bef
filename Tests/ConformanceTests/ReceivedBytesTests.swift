import TestSupport
import Testing

@testable import ConformanceKit

@Suite struct ReceivedBytesTests {
    private func exchange(_ text: String) -> CallScript.Exchange {
        CallScript.Exchange(request: Array(text.utf8), isWhole: true, answer: .close)
    }

    private let one = "POST /one HTTP/1.1\r\nhost: a\r\ncontent-type: b\r\ncontent-length: 2\r\n\r\nhi"
    private let two = "POST /two HTTP/1.1\r\nhost: a\r\ncontent-type: b\r\ncontent-length: 0\r\n\r\n"

    @Test("every byte counts where bytes are prescribed")
    func exact() {
        let expected = [exchange(one), exchange(two)]
        #expect(ReceivedBytes.problems(Array((one + two).utf8), expected: expected, .exact, anyOrder: false).isEmpty)
        for wrong in ["", one, two + one, one + two + "x", one.replacing("host: a", with: "Host: a") + two] {
            #expect(!ReceivedBytes.problems(Array(wrong.utf8), expected: expected, .exact, anyOrder: false).isEmpty, "\(wrong)")
        }
    }

    @Test("requests that were made together may come in any order", arguments: [ReceivedBytes.Strictness.exact, .meaning])
    func anyOrder(strictness: ReceivedBytes.Strictness) {
        let expected = [exchange(one), exchange(two)]
        #expect(ReceivedBytes.problems(Array((two + one).utf8), expected: expected, strictness, anyOrder: true).isEmpty)
        #expect(!ReceivedBytes.problems(Array((two + two).utf8), expected: expected, strictness, anyOrder: true).isEmpty)
        #expect(!ReceivedBytes.problems(Array((two + one).utf8), expected: expected, strictness, anyOrder: false).isEmpty)
    }

    @Test("transports of others may write other fields, in another order and case")
    func meaning() {
        let theirs = "POST /one HTTP/1.1\r\nX-A: 1\r\nContent-Length: 2\r\nContent-Type: b\r\nHost: a\r\n\r\nhi"
        #expect(ReceivedBytes.problems(Array(theirs.utf8), expected: [exchange(one)], .meaning, anyOrder: false).isEmpty)
    }

    @Test(
        "what every server needs is looked at all the same",
        arguments: [
            ("POST /one", "POST /two"), ("POST", "PUT"), ("host: a", "host: c"), ("content-type: b\r\n", ""), ("hi", "ho"),
            ("content-length: 2", "content-length: 1"), ("\r\n\r\nhi", "\r\n"),
        ]
    )
    func faults(part: String, replacement: String) {
        let wrong = Array(one.replacing(part, with: replacement).utf8)
        #expect(!ReceivedBytes.problems(wrong, expected: [exchange(one)], .meaning, anyOrder: false).isEmpty)
    }

    @Test("of what is encrypted only the beginning is compared")
    func opening() {
        let expected = [CallScript.Exchange(request: [22, 3, 1], isWhole: false, answer: .close)]
        #expect(ReceivedBytes.problems([22, 3, 1, 2, 0], expected: expected, .exact, anyOrder: false).isEmpty)
        #expect(!ReceivedBytes.problems([22, 3], expected: expected, .exact, anyOrder: false).isEmpty)
    }
}
