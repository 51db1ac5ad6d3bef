internal import NIOCore

/// Where a connection reads into: a buffer for each read, as large as what comes makes likely.
///
/// SwiftNIO would keep the buffers of a connection for its next reads. A message stays in the buffer that it came in until it has been
/// passed on, so each connection would come to have one as large as its messages, and with many of them each read would go to
/// memory that no cache holds any more. The memory that was given back last is the best for the next read, whoever reads.
struct RequestBufferAllocator: RecvByteBufferAllocator {
    /// The most bytes of a read.
    private static let mostBytes = 256 << 10

    private let allowed: @Sendable () -> Int
    // The buffer of the first read stays with the connection all the same, so it is short.
    private var size = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: mostBytes)

    /// - Parameter allowed: how many bytes the next read may have, however many are likely.
    init(_ allowed: @escaping @Sendable () -> Int = { .max }) {
        self.allowed = allowed
    }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        let most = allowed()
        return most < Self.mostBytes ? allocator.buffer(capacity: most) : size.buffer(allocator: allocator)
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        if allowed() >= Self.mostBytes { _ = size.record(actualReadBytes: actualReadBytes) }
        // Otherwise the same buffer would be asked to hold what comes next.
        return true
    }
}
