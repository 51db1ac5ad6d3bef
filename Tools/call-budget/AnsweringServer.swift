import Foundation

/// Answers the requests of one connection after the other with a result without effects, in a thread that allocates nothing
/// once it runs.
final class AnsweringServer: Sendable {
    let port: Int

    /// - Throws: ``BudgetFailure`` where there is no port.
    init() throws {
        let (listener, port) = try LoopbackSocket.make(port: 0) { listener, address, length in
            bind(listener, address, length.pointee) == 0 && listen(listener, 16) == 0 && getsockname(listener, address, length) == 0
        }
        self.port = port
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                Self.answer(connection)
                close(connection)
            }
        }
    }

    private static let answer =
        Array("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 3\r\n\r\n".utf8) + [0xA2, 0x06, 0x00]

    /// Takes each piece that arrives for a whole request: the caller waits for an answer before it sends another one, and its
    /// requests are short.
    private static func answer(_ connection: Int32) {
        let answer = answer
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            while read(connection, buffer.baseAddress, buffer.count) > 0 {
                guard answer.withUnsafeBytes({ write(connection, $0.baseAddress, $0.count) }) == answer.count else { return }
            }
        }
    }
}
