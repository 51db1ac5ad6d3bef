extension UnsafeRawBufferPointer {
    /// Whether both hold the same, looked at eight or four bytes at a time: nearly all names have more.
    @inline(__always)
    func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        if count >= 8 { return hasSameWords(as: other, of: UInt64.self) }
        if count >= 4 { return hasSameWords(as: other, of: UInt32.self) }
        return elementsEqual(other)
    }

    /// - Parameter type: a type that is no longer than what is compared.
    @inline(__always)
    private func hasSameWords<Word: FixedWidthInteger>(as other: UnsafeRawBufferPointer, of type: Word.Type) -> Bool {
        let size = MemoryLayout<Word>.size
        var offset = 0
        while offset < count {
            // The last word begins within the one before.
            let place = Swift.min(offset, count - size)
            let (own, others) = (loadUnaligned(fromByteOffset: place, as: type), other.loadUnaligned(fromByteOffset: place, as: type))
            guard own == others else { return false }
            offset += size
        }
        return true
    }
}
