internal import NIOCore

/// Where a connection reads into: a buffer for each read, as large as what comes makes likely.
///
/// SwiftNIO would keep the buffers of a connection for its next reads. A message stays in the buffer that it came in until it has been
/// passed on, so each connection would come to have one as large as its messages, and with many of them each read would go to
/// memory that no cache holds any more. The memory that was given back last is the best for the next read, whoever reads.
struct RequestBufferAllocator: RecvByteBufferAllocator {
    /// The most bytes of a read.
    private static let mostBytes = 256 << 10

    // The buffer of the first read stays with the connection all the same, so it is short.
    private var size = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: mostBytes)

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        size.buffer(allocator: allocator)
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        _ = size.record(actualReadBytes: actualReadBytes)
        // Otherwise the same buffer would be asked to hold what comes next.
        return true
    }
}
