extension UnsafeRawBufferPointer {
    /// Whether it begins with these bytes, and has more.
    @inline(__always)
    func hasMore(than beginning: UnsafeRawBufferPointer) -> Bool {
        count > beginning.count && UnsafeRawBufferPointer(start: baseAddress, count: beginning.count).hasSameBytes(as: beginning)
    }

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
        // The last word may begin within the one before.
        let last = count &- size
        var offset = 0
        while offset < last {
            guard loadUnaligned(fromByteOffset: offset, as: type) == other.loadUnaligned(fromByteOffset: offset, as: type) else {
                return false
            }
            offset &+= size
        }
        return loadUnaligned(fromByteOffset: last, as: type) == other.loadUnaligned(fromByteOffset: last, as: type)
    }
}
