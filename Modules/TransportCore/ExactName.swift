/// A name that is equal only to the same bytes.
///
/// `String` takes two spellings of one character, such as a letter with its accent in one scalar or in two, for equal. The
/// request-reply protocol, every peer and every store compare bytes, so two names that differ there are two names here as well.
public struct ExactName: Hashable, Sendable {
    /// The name itself.
    public let text: String

    /// - Parameter text: the name.
    @inlinable
    public init(_ text: String) {
        self.text = text
    }

    @inlinable
    public static func == (left: Self, right: Self) -> Bool {
        left.text.hasSameBytes(as: right.text)
    }

    @inlinable
    public func hash(into hasher: inout Hasher) {
        // Not `withUTF8`, which needs a copy to change.
        if text.utf8.withContiguousStorageIfAvailable({ hasher.combine(bytes: UnsafeRawBufferPointer($0)) }) == nil {
            Array(text.utf8).withUnsafeBytes { hasher.combine(bytes: $0) }
        }
        // No UTF-8 text holds this byte, so two names in a row never hash like their concatenation cut elsewhere.
        hasher.combine(UInt8.max)
    }
}

extension String {
    /// Whether two texts are the same byte by byte. Element by element, the library takes several times as long.
    @inlinable
    public func hasSameBytes(as other: String) -> Bool {
        let count = utf8.count
        guard count == other.utf8.count else { return false }
        let isSame = utf8.withContiguousStorageIfAvailable { mine in
            other.utf8.withContiguousStorageIfAvailable { others in
                let (mine, others) = (UnsafeRawBufferPointer(mine), UnsafeRawBufferPointer(others))
                var index = 0
                // Eight bytes at a time, as far as there are so many.
                while index &+ 8 <= count {
                    guard
                        mine.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                            == others.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    else { return false }
                    index &+= 8
                }
                while index < count {
                    guard mine[index] == others[index] else { return false }
                    index &+= 1
                }
                return true
            }
        }
        // Text from elsewhere may lie in pieces.
        return (isSame ?? nil) ?? utf8.elementsEqual(other.utf8)
    }
}

extension ExactName: ExpressibleByStringLiteral {
    @inlinable
    public init(stringLiteral text: String) {
        self.init(text)
    }
}
