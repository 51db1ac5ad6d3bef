extension UnsafeRawBufferPointer {
    /// Whether both hold the same, looked at eight bytes at a time: element by element, the library takes many times as long.
    // `RequestReply` has one of its own, since it imports nothing.
    @inlinable
    public func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        if count >= 8 { return hasSameWords(as: other, of: UInt64.self) }
        if count >= 4 { return hasSameWords(as: other, of: UInt32.self) }
        var index = 0
        while index < count {
            guard self[index] == other[index] else { return false }
            index &+= 1
        }
        return true
    }

    /// - Parameter type: a type that is no longer than what is compared.
    @inlinable
    @inline(__always)
    func hasSameWords<Word: FixedWidthInteger>(as other: UnsafeRawBufferPointer, of type: Word.Type) -> Bool {
        // The last word may begin within the one before.
        let last = count &- MemoryLayout<Word>.size
        var index = 0
        while index < last {
            guard loadUnaligned(fromByteOffset: index, as: type) == other.loadUnaligned(fromByteOffset: index, as: type) else {
                return false
            }
            index &+= MemoryLayout<Word>.size
        }
        return loadUnaligned(fromByteOffset: last, as: type) == other.loadUnaligned(fromByteOffset: last, as: type)
    }

    /// Whether these bytes hold `known` at a place. Where there are fewer, they do not.
    package func holds(_ known: [UInt8], at place: Int) -> Bool {
        guard known.count <= count - place else { return false }
        let part = UnsafeRawBufferPointer(rebasing: self[place..<place + known.count])
        return known.withUnsafeBytes { part.hasSameBytes(as: $0) }
    }
}
