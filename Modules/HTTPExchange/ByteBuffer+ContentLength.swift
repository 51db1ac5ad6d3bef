package import NIOCore

extension ByteBuffer {
    /// Writes what follows the prepared fields of a message in one go: the digits of the content length, the empty line, and
    /// the body where it is carried.
    package mutating func write(contentLength: Int, thenBody body: ByteBuffer?) {
        var digits = 1
        var most = 9
        while contentLength > most {
            digits += 1
            most = most * 10 + 9
        }
        let count = digits + 4 + (body?.readableBytes ?? 0)
        writeWithUnsafeMutableBytes(minimumWritableBytes: count) { room in
            var rest = contentLength
            for place in stride(from: digits - 1, through: 0, by: -1) {
                room[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            // CR LF CR LF
            room.storeBytes(of: UInt32(0x0D0A_0D0A).bigEndian, toByteOffset: digits, as: UInt32.self)
            body?.withUnsafeReadableBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: room[(digits + 4)...]).copyMemory(from: bytes)
            }
            return count
        }
    }
}
