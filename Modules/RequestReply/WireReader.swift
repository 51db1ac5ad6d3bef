/// Reads the fields of a message one after the other (Protocol Buffers, "Encoding"). Whatever gives `nil` ends the reading.
///
/// Holds a pointer, so it does not outlive the call that handed it out.
struct WireReader {
    private let bytes: UnsafeRawBufferPointer
    /// How many bytes have been read.
    private(set) var index: Int

    /// - Parameter index: how many of the bytes are known already.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, from index: Int = 0) {
        self.bytes = bytes
        self.index = index
    }

    var isAtEnd: Bool { index == bytes.count }

    /// What a field begins with: its number, and how its content is written.
    struct Tag {
        let number: UInt64

        static func number(_ field: UInt64) -> Tag { Tag(number: field << 3) }
        static func fixed64(_ field: UInt64) -> Tag { Tag(number: field << 3 | 1) }
        static func content(_ field: UInt64) -> Tag { Tag(number: field << 3 | 2) }
        static func fixed32(_ field: UInt64) -> Tag { Tag(number: field << 3 | 5) }
    }

    /// Whether such a field begins here; if so, its content is next.
    /// - Parameter tag: of a field with a number up to 15.
    @inline(__always)
    mutating func begins(_ tag: Tag) -> Bool {
        guard index < bytes.count, UInt64(bytes[index]) == tag.number else { return false }
        index &+= 1
        return true
    }

    /// A number, such as that of a ``Tag``.
    @inline(__always)
    mutating func varint() -> UInt64? {
        // Most are numbers of fields and lengths of short texts.
        guard index < bytes.count else { return nil }
        let first = bytes[index]
        if first <= 0x7F {
            index &+= 1
            return UInt64(first)
        }
        // Most others are lengths of messages.
        let next = index &+ 1
        if next < bytes.count, bytes[next] <= 0x7F {
            index = next &+ 1
            return UInt64(first & 0x7F) | UInt64(bytes[next]) << 7
        }
        return longVarint()
    }

    private mutating func longVarint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while index < bytes.count, shift < 63 {
            let byte = bytes[index]
            index += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte <= 0x7F { return value }
            shift += 7
        }
        // The tenth byte has room for one bit.
        guard index < bytes.count, bytes[index] <= 1 else { return nil }
        index += 1
        return value | UInt64(bytes[index - 1]) << shift
    }

    /// The content of a field of some length.
    @inline(__always)
    mutating func content() -> UnsafeRawBufferPointer? {
        guard let length = varint(), length <= UInt64(truncatingIfNeeded: bytes.count &- index) else { return nil }
        let (start, count) = (index, Int(truncatingIfNeeded: length))
        index = start &+ count
        // Rebasing a slice would check once more what was checked just now.
        return UnsafeRawBufferPointer(start: bytes.baseAddress.map { $0 + start }, count: count)
    }

    /// The content of a field of text.
    mutating func text() -> String? {
        content().flatMap { String(wire: $0) }
    }
}

extension String {
    /// Makes a text of its bytes; `nil` where they are not UTF-8.
    init?(wire bytes: UnsafeRawBufferPointer) {
        // Names are hardly ever anything but ASCII, which needs none of the generic code that finds out what is wrong.
        if bytes.allSatisfy({ $0 < 0x80 }) {
            self.init(decoding: bytes, as: UTF8.self)
        } else {
            self.init(validating: bytes, as: UTF8.self)
        }
    }
}
