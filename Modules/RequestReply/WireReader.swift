/// Reads the fields of a message one after the other (Protocol Buffers, "Encoding"). Whatever gives `nil` ends the reading.
///
/// Holds a pointer, so it does not outlive the call that handed it out.
struct WireReader {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { index == bytes.count }

    /// A number, such as the one that begins a field: the field's own number times eight, and how its content is written.
    mutating func varint() -> UInt64? {
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
    mutating func content() -> UnsafeRawBufferPointer? {
        guard let count = varint(), count <= UInt64(bytes.count - index) else { return nil }
        let start = index
        index += Int(count)
        return UnsafeRawBufferPointer(rebasing: bytes[start..<index])
    }

    /// The content of a field of text.
    mutating func text() -> String? {
        guard let content = content() else { return nil }
        // Names are hardly ever anything but ASCII, which needs no further look.
        let isPlain = content.allSatisfy { $0 < 0x80 }
        return isPlain ? String(decoding: content, as: UTF8.self) : String(validating: content, as: UTF8.self)
    }
}
