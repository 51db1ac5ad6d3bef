import Foundation

/// Answers the requests of one connection after the other with a result without effects, in a thread that allocates nothing
/// once it runs.
final class AnsweringServer: Sendable {
    let port: Int

    /// - Throws: ``BudgetFailure`` where there is no port.
    init() throws {
        #if canImport(Darwin)
            let stream = SOCK_STREAM
        #else
            let stream = Int32(SOCK_STREAM.rawValue)
        #endif
        let listener = socket(AF_INET, stream, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, address, &length) == 0
            }
        }
        guard listener >= 0, isListening else { throw BudgetFailure("no port can be listened on: \(String(cString: strerror(errno)))") }
        port = Int(UInt16(bigEndian: address.sin_port))
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
