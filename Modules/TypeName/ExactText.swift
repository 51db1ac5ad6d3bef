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

    static func == (left: Self, right: Self) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
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
