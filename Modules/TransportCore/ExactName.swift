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
        guard utf8.count == other.utf8.count else { return false }
        let isSame = utf8.withContiguousStorageIfAvailable { mine in
            other.utf8.withContiguousStorageIfAvailable { others in
                UnsafeRawBufferPointer(mine).hasSameBytes(as: UnsafeRawBufferPointer(others))
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
