import NIOCore
import Testing
import TransportCore

@testable import Gateway

/// What answers look like on the wire.
@Suite struct GatewayAnswerTests {
    private func text(_ parts: (ByteBuffer, ByteBuffer?)) -> String {
        String(buffer: parts.0) + (parts.1.map { String(buffer: $0) } ?? "")
    }

    private func expected(_ body: String, isLast: Bool) -> String {
        "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n" + (isLast ? "connection: close\r\n" : "")
            + "content-length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test("answers of one connection are whole, whatever their lengths, also while those before are still to be sent")
    func lengths() {
        var room = MessageRoom()
        var sent: [(parts: (ByteBuffer, ByteBuffer?), expected: String)] = []
        for count in [4, 0, 5_000, 4, GatewayAnswer.smallBody, GatewayAnswer.smallBody + 1, 10, 100_000, 1] {
            let body = String(repeating: "b", count: count)
            sent.append((GatewayAnswer.parts(of: ByteBuffer(string: body), isLast: false, in: &room), expected(body, isLast: false)))
            #expect((sent.last?.parts.1 != nil) == (count > GatewayAnswer.smallBody))
        }
        sent.append((GatewayAnswer.parts(of: ByteBuffer(string: "end"), isLast: true, in: &room), expected("end", isLast: true)))
        sent.append((GatewayAnswer.parts(of: ByteBuffer(string: "more"), isLast: false, in: &room), expected("more", isLast: false)))
        for (parts, expected) in sent {
            #expect(text(parts) == expected)
        }
    }
}
