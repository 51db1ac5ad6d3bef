import Foundation

/// Posts one message again and again over one connection, in a thread that allocates nothing while it does.
final class PostingClient: Sendable {
    private let connection: Int32
    private let request: [UInt8]

    /// Connects to a port of 127.0.0.1.
    /// - Throws: ``BudgetFailure`` where nobody listens there.
    init(port: Int, body: [UInt8]) throws {
        #if canImport(Darwin)
            let stream = SOCK_STREAM
        #else
            let stream = Int32(SOCK_STREAM.rawValue)
        #endif
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: \(body.count)\r\n\r\n"
        request = Array(head.utf8) + body
        let connection = socket(AF_INET, stream, 0)
        self.connection = connection
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(clamping: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(connection, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard connection >= 0, isConnected else {
            throw BudgetFailure("nobody listens at port \(port): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(connection) }

    /// Returns when so many answers have come.
    /// - Throws: ``BudgetFailure`` where one says anything but 200.
    func post(_ count: Int) async throws {
        let done = await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in continuation.resume(returning: posted(count)) }
        }
        guard done == count else { throw BudgetFailure("answer \(done + 1) of the gateway is none") }
    }

    /// Takes each piece that arrives for a whole answer: answers are short, and each request waits for the one before.
    private func posted(_ count: Int) -> Int {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            for done in 0..<count {
                guard request.withUnsafeBytes({ write(connection, $0.baseAddress, $0.count) }) == request.count,
                    read(connection, buffer.baseAddress, buffer.count) > 12, buffer[9] == UInt8(ascii: "2")
                else { return done }
            }
            return count
        }
    }
}
