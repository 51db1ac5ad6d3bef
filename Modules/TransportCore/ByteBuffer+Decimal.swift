package import NIOCore

extension ByteBuffer {
    /// Writes a number that is not negative.
    package mutating func write(decimal number: Int) {
        let digits = number.digitCount
        writeWithUnsafeMutableBytes(minimumWritableBytes: digits) { room in
            room.store(decimal: number, digits)
            return digits
        }
    }

    /// Writes what follows the prepared fields of a message, in one go: the digits of the content length, the empty line, and
    /// the body where it is carried.
    mutating func write(contentLength: Int, thenBody body: ByteBuffer?) {
        let digits = contentLength.digitCount
        let count = digits + 4 + (body?.readableBytes ?? 0)
        writeWithUnsafeMutableBytes(minimumWritableBytes: count) { room in
            room.store(decimal: contentLength, digits)
            // CR LF CR LF
            room.storeBytes(of: UInt32(0x0D0A_0D0A).bigEndian, toByteOffset: digits, as: UInt32.self)
            body?.withUnsafeReadableBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: room[(digits + 4)...]).copyMemory(from: bytes)
            }
            return count
        }
    }
}

extension Int {
    /// How many digits a number has that is not negative.
    fileprivate var digitCount: Int {
        var count = 1
        var rest = self / 10
        while rest > 0 {
            count += 1
            rest /= 10
        }
        return count
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Writes a number that has so many digits to the beginning.
    fileprivate func store(decimal number: Int, _ digits: Int) {
        var rest = number
        for place in stride(from: digits - 1, through: 0, by: -1) {
            self[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }
}
