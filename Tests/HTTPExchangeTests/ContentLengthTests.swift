import NIOCore
import Testing

@testable import HTTPExchange

/// What stands behind the prepared fields of a message.
@Suite struct ContentLengthTests {
    @Test(
        "the length is written in digits, with the body behind the empty line where it is carried",
        arguments: [0, 1, 9, 10, 99, 100, 65_536]
    )
    func lengths(count: Int) {
        let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: count)
        var carried = ByteBuffer(string: "content-length: ")
        carried.write(contentLength: count, thenBody: body)
        #expect(String(buffer: carried) == "content-length: \(count)\r\n\r\n" + String(buffer: body))
        var alone = ByteBuffer()
        alone.write(contentLength: count, thenBody: nil)
        #expect(String(buffer: alone) == "\(count)\r\n\r\n")
    }
}
