import Foundation

/// Posts one message again and again over one connection, in a thread that allocates nothing while it does.
final class PostingClient: Sendable {
    private let connection: Int32
    private let request: [UInt8]

    /// Connects to a port of 127.0.0.1.
    /// - Throws: ``BudgetFailure`` where nobody listens there.
    init(port: Int, body: [UInt8]) throws {
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: \(body.count)\r\n\r\n"
        request = Array(head.utf8) + body
        connection = try LoopbackSocket.make(port: port) { connect($0, $1, $2.pointee) == 0 }.descriptor
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
