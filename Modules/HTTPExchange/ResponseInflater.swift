internal import CZlib
internal import NIOCore
internal import TransportCore

/// Inflates the body of a response piece by piece and stops at a limit.
///
/// `deflate` means the zlib format (RFC 9110, section 8.4.1.2), but some peers send the bare deflate stream; the first two
/// bytes tell which one it is.
final class ResponseInflater {
    private enum State {
        /// Nothing is known of the format yet; the first bytes are kept. Next: inflating.
        case undecided([UInt8])
        /// Next: ended.
        case inflating
        /// The stream is complete. Next: inflating (another gzip member).
        case ended
    }

    private let coding: ResponseHead.Coding
    private let limit: Int
    private let stream: UnsafeMutablePointer<z_stream>
    private var isOpen = false
    private var state = State.undecided([])
    private(set) var output: ByteBuffer

    /// - Parameter limit: the most bytes that may come out.
    init(_ coding: ResponseHead.Coding, limit: Int, allocator: ByteBufferAllocator) {
        self.coding = coding
        self.limit = limit
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        output = allocator.buffer(capacity: 0)
    }

    deinit {
        if isOpen { inflateEnd(stream) }
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// Takes the next piece of the coded body in.
    func add(_ piece: ByteBuffer) throws(ResponseFault) {
        switch state {
        case .undecided(var first):
            first += piece.readableBytesView
            guard first.count >= 2 else {
                state = .undecided(first)
                return
            }
            try open(first: first[0], second: first[1])
            try inflate(first)
        case .inflating, .ended:
            try inflate(Array(piece.readableBytesView))
        }
    }

    /// The body is over.
    func finish() throws(ResponseFault) -> ByteBuffer {
        switch state {
        // No body at all is not a coded one either.
        case .undecided(let first) where first.isEmpty: return output
        case .ended: return output
        case .undecided, .inflating:
            throw ResponseFault("the answer's \(name) data ends in the middle")
        }
    }

    private var name: String { coding == .gzip ? "gzip" : "deflate" }

    private func open(first: UInt8, second: UInt8) throws(ResponseFault) {
        let isZlib = first & 0x0F == 8 && (UInt16(first) << 8 | UInt16(second)) % 31 == 0
        let windowBits: Int32 = coding == .gzip ? MAX_WBITS + 16 : (isZlib ? MAX_WBITS : -MAX_WBITS)
        guard inflateInit2_(stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw ResponseFault("the answer's \(name) data cannot be read: zlib does not start")
        }
        isOpen = true
        state = .inflating
    }

    private func inflate(_ bytes: [UInt8]) throws(ResponseFault) {
        // zlib only reads its input, but its header does not say so.
        var input = bytes
        let fault = input.withUnsafeMutableBufferPointer { inflate($0) }
        if let fault { throw fault }
    }

    private func inflate(_ input: UnsafeMutableBufferPointer<UInt8>) -> ResponseFault? {
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        defer { stream.pointee.next_in = nil }
        while true {
            if case .ended = state {
                guard stream.pointee.avail_in > 0 else { return nil }
                // RFC 1952, section 2.2: a gzip file may have several members.
                guard coding == .gzip, inflateReset(stream) == Z_OK else {
                    return ResponseFault("the answer's \(name) data has bytes after its end")
                }
                state = .inflating
            }
            // One byte more than allowed is enough to know that there is too much.
            let room = min(max(4096, Int(stream.pointee.avail_in) * 4), 65_536)
            let capacity = min(room - 1, limit - output.readableBytes) + 1
            var result = Z_OK
            let written = output.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { space in
                stream.pointee.next_out = space.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(capacity)
                result = CZlib.inflate(stream, Z_NO_FLUSH)
                stream.pointee.next_out = nil
                return capacity - Int(stream.pointee.avail_out)
            }
            if output.readableBytes > limit {
                return ResponseFault("more than \(limit) bytes come out of it", kind: .responseTooLarge)
            }
            switch result {
            case Z_STREAM_END:
                state = .ended
            case Z_OK, Z_BUF_ERROR:
                if stream.pointee.avail_in == 0 && written < capacity { return nil }
                if result == Z_BUF_ERROR && written == 0 { return nil }
            default:
                return ResponseFault("the answer's \(name) data is damaged")
            }
        }
    }
}
