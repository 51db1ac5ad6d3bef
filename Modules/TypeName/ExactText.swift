/// Text that is equal only to the same bytes.
///
/// `String` takes two spellings of one character, such as a letter with its accent in one scalar or in two, for equal.
/// The request-reply protocol and every peer compare bytes, so two ids that differ there are two addresses here as well.
struct ExactText: Hashable, Comparable, Sendable {
    let text: String

    init(_ text: some StringProtocol) {
        var native = String(text)
        native.makeContiguousUTF8()
        self.text = native
    }

    /// - Parameter text: that of another one, so that nothing need be done to it.
    init(known text: String) {
        self.text = text
    }

    static func == (left: Self, right: Self) -> Bool {
        left.text.hasSameBytes(as: right.text)
    }

    static func < (left: Self, right: Self) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var bytes = text
        bytes.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // No UTF-8 text holds this byte, so two texts in a row never hash like their concatenation cut elsewhere.
        hasher.combine(UInt8.max)
    }
}

extension String {
    /// Compares eight bytes at a time: nearly every text has more, and looking up a function compares two of them.
    fileprivate func hasSameBytes(as other: String) -> Bool {
        // A short text is all in its value, and one that was copied has the same storage.
        if isSameValue(as: other) { return true }
        let isSame = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { right in
                UnsafeRawBufferPointer(left).hasSameBytes(as: UnsafeRawBufferPointer(right))
            }
        }
        return isSame.flatMap { $0 } ?? utf8.elementsEqual(other.utf8)
    }
}

extension String {
    private func isSameValue(as other: String) -> Bool {
        withUnsafeBytes(of: self) { left in withUnsafeBytes(of: other) { left.hasSameBytes(as: $0) } }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        let word = MemoryLayout<UInt64>.size
        guard count >= word else { return elementsEqual(other) }
        // The last word may begin within the one before.
        let last = count &- word
        var offset = 0
        while offset < last {
            guard
                loadUnaligned(fromByteOffset: offset, as: UInt64.self) == other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            else { return false }
            offset &+= word
        }
        return loadUnaligned(fromByteOffset: last, as: UInt64.self) == other.loadUnaligned(fromByteOffset: last, as: UInt64.self)
    }
}
