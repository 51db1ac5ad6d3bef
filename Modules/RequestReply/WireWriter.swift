/// Writes messages of the protocol field by field (Protocol Buffers, "Encoding").
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    /// A field of text or bytes, or a message that is encoded already.
    mutating func field(_ number: Int, _ content: some Collection<UInt8>) {
        begin(number, byteCount: content.count)
        bytes.append(contentsOf: content)
    }

    /// Fields that were written before.
    mutating func raw(_ fields: [UInt8]) {
        bytes.append(contentsOf: fields)
    }

    /// A field of text; the empty one is left out, as proto3 has it.
    mutating func text(_ number: Int, _ text: String) {
        guard !text.isEmpty else { return }
        field(number, text.utf8)
    }

    /// What is before the content of a field of some length.
    mutating func begin(_ number: Int, byteCount: Int) {
        varint(number << 3 | 2)
        varint(byteCount)
    }

    mutating func varint(_ value: Int) {
        var value = UInt(bitPattern: value)
        while value > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }

    /// How many bytes a field takes whose content has so many.
    static func size(_ number: Int, byteCount: Int) -> Int {
        size(ofVarint: number << 3) + size(ofVarint: byteCount) + byteCount
    }

    /// How many bytes a field of text takes.
    static func size(_ number: Int, text: String) -> Int {
        text.isEmpty ? 0 : size(number, byteCount: text.utf8.count)
    }

    private static func size(ofVarint value: Int) -> Int {
        // Seven bits a byte, and one byte for zero.
        max(1, (UInt.bitWidth - UInt(bitPattern: value).leadingZeroBitCount + 6) / 7)
    }
}

extension MessageAddress {
    /// How many bytes the address takes as a message.
    var byteCount: Int {
        WireWriter.size(1, text: namespace) + WireWriter.size(2, text: type) + WireWriter.size(3, text: id)
    }

    /// Writes the address as a field of another message.
    func write(_ number: Int, to writer: inout WireWriter) {
        writer.begin(number, byteCount: byteCount)
        writer.text(1, namespace)
        writer.text(2, type)
        writer.text(3, id)
    }
}
