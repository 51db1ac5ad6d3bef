import NIOCore
import Testing

@testable import TransportCore

/// What a connection sends, written into room that it keeps.
@Suite struct MessageRoomTests {
    private static let counts = [0, 1, 9, 10, 99, 100, 65_536, 12]

    @Test("the length is written in digits, with the body behind the empty line where it is carried")
    func lengths() {
        var room = MessageRoom()
        for count in Self.counts {
            let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: count)
            let fields = ByteBuffer(string: "content-length: ")
            let carried = room.message(fields, body: body, carryingIt: true)
            #expect(String(buffer: carried) == "content-length: \(count)\r\n\r\n" + String(buffer: body))
            #expect(String(buffer: room.message(fields, body: body, carryingIt: false)) == "content-length: \(count)\r\n\r\n")
        }
    }

    @Test("other fields take the place of those before; messages that are still to be sent stay as they are")
    func fields() {
        var room = MessageRoom()
        let body = ByteBuffer(string: "body")
        let sent = ["a: ", "a: ", "b: ", "longer: ", "a: "].map { fields in
            (room.message(ByteBuffer(string: fields), body: body, carryingIt: true), "\(fields)4\r\n\r\nbody")
        }
        for (message, expected) in sent {
            #expect(String(buffer: message) == expected)
        }
    }

    @Test("numbers are written as they are said", arguments: counts + [.max])
    func decimal(number: Int) {
        var buffer = ByteBuffer()
        buffer.write(decimal: number)
        #expect(String(buffer: buffer) == "\(number)")
    }
}
