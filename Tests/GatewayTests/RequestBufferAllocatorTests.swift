import NIOCore
import Testing

@testable import Gateway

/// What a connection of the gateway reads into.
@Suite struct RequestBufferAllocatorTests {
    /// Reads as SwiftNIO does for a connection, so many bytes at a time as there is room for.
    private struct Reads {
        var pool = NIOPooledRecvBufferAllocator(capacity: 1, recvAllocator: RequestBufferAllocator())

        mutating func read(_ count: Int) -> ByteBuffer {
            let (buffer, taken) = pool.buffer(allocator: ByteBufferAllocator()) { buffer in
                buffer.writeRepeatingByte(7, count: min(count, buffer.writableBytes))
            }
            pool.record(actualReadBytes: taken)
            return buffer
        }

        /// Reads until everything has come.
        mutating func message(_ count: Int) -> [ByteBuffer] {
            var parts: [ByteBuffer] = []
            var rest = count
            while rest > 0 {
                let part = read(rest)
                rest -= part.readableBytes
                parts.append(part)
            }
            return parts
        }
    }

    @Test("a message of a size that has come before comes in one read")
    func usualSize() {
        var reads = Reads()
        #expect(reads.message(100_300).count > 1)
        #expect(reads.message(100_300).count <= 2)
        for _ in 0..<3 {
            #expect(reads.message(100_300).count == 1)
        }
    }

    @Test("a read is never longer than 256 KiB")
    func mostBytes() {
        var reads = Reads()
        for _ in 0..<3 {
            #expect(reads.message(10_000_000).allSatisfy { $0.readableBytes <= 262_144 })
        }
    }

    @Test("after a long message, short ones soon take little room again")
    func shortAgain() {
        var reads = Reads()
        _ = reads.message(1_000_000)
        var capacity = 0
        for _ in 0..<30 {
            capacity = reads.read(100).storageCapacity
        }
        #expect(capacity <= 512)
    }

    @Test("what a message came in stays with nobody but who holds the message")
    func heldByNobodyElse() {
        var reads = Reads()
        _ = reads.read(300)
        for _ in 0..<5 {
            var message = reads.read(300)
            #expect(message.modifyIfUniquelyOwned { $0.readableBytes } == 300)
        }
        // The one for the first read stays.
        #expect(reads.pool.count == 1)
    }
}
