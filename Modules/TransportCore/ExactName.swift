/// A name that is equal only to the same bytes.
///
/// `String` takes two spellings of one character, such as a letter with its accent in one scalar or in two, for equal. The
/// request-reply protocol, every peer and every store compare bytes, so two names that differ there are two names here as well.
package struct ExactName: Hashable, Sendable {
    package let text: String

    @inlinable
    package init(_ text: String) {
        self.text = text
    }

    @inlinable
    package static func == (left: Self, right: Self) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    @inlinable
    package func hash(into hasher: inout Hasher) {
        var bytes = text
        bytes.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // No UTF-8 text holds this byte, so two names in a row never hash like their concatenation cut elsewhere.
        hasher.combine(UInt8.max)
    }
}

extension ExactName: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) {
        self.init(text)
    }
}
