extension UnsafeRawBufferPointer {
    /// Whether both hold the same, looked at eight bytes at a time: element by element, the library takes many times as long.
    // `RequestReply` has one of its own, since it imports nothing.
    @inlinable
    public func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        var index = 0
        while index &+ 8 <= count {
            guard loadUnaligned(fromByteOffset: index, as: UInt64.self) == other.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            else { return false }
            index &+= 8
        }
        while index < count {
            guard self[index] == other[index] else { return false }
            index &+= 1
        }
        return true
    }

    /// Whether these bytes hold `known` at a place. Where there are fewer, they do not.
    package func holds(_ known: [UInt8], at place: Int) -> Bool {
        guard known.count <= count - place else { return false }
        let part = UnsafeRawBufferPointer(rebasing: self[place..<place + known.count])
        return known.withUnsafeBytes { part.hasSameBytes(as: $0) }
    }
}
