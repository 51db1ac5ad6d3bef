import HTTPTypes
import NIOCore
import Testing

@testable import PlaygroundIO

@Suite struct HTTPAnswerTests {
    private func text(_ answer: HTTPAnswer, isLast: Bool) -> String {
        var bytes = ByteBuffer()
        answer.write(to: &bytes, isLast: isLast, withBody: true)
        return String(buffer: bytes)
    }

    @Test("that a message was taken is said in the same words, be it the last answer or not")
    func accepted() {
        #expect(text(.accepted, isLast: false) == "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        #expect(text(.accepted, isLast: true) == "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    }

    @Test("an answer with content is written with it")
    func content() {
        let answer = HTTPAnswer(.accepted, type: "text/plain", body: ByteBuffer(string: "x"))
        #expect(text(answer, isLast: false) == "HTTP/1.1 202 Accepted\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx")
    }
}
