/// The head of a message that its sender writes the same each time, but for the length of the body: when it comes again, what
/// it says is known without reading it anew.
///
/// A head is remembered after it has been read with all strictness, and one that differs in any byte other than the digits of
/// its length is not taken for it.
package struct RecurringHead {
    /// The longest head that is remembered.
    package static let maxBytes = 512
    /// The most digits of a length that are read here.
    private static let maxDigits = 15
    private static let lengthField: StaticString = "\r\ncontent-length:"

    /// Everything up to the digits of the length, or all of the head where it has none that may change.
    private var before: [UInt8] = []
    /// Everything behind the digits.
    private var after: [UInt8] = []

    /// Nothing is remembered yet, and nothing matches.
    package init() {}

    /// Remembers a head instead of the one before.
    /// - Parameters:
    ///   - head: from its first byte to the empty line, as it was found to be sound.
    ///   - length: what its one `Content-Length` says, where all else that the head says holds for other lengths too.
    package mutating func remember(_ head: UnsafeRawBufferPointer, length: Int?) {
        before.removeAll(keepingCapacity: true)
        after.removeAll(keepingCapacity: true)
        guard head.count <= Self.maxBytes else { return }
        guard let length, let digits = Self.digits(of: head), Self.number(head[digits]) == length else {
            before.append(contentsOf: head)
            return
        }
        before.append(contentsOf: head[..<digits.lowerBound])
        after.append(contentsOf: head[digits.upperBound...])
    }

    /// Whether bytes begin with the head that is remembered.
    /// - Returns: how many bytes it has this time, and the length of the body; the latter is `nil` where it is the remembered one.
    package func match(_ bytes: UnsafeRawBufferPointer) -> (count: Int, length: Int?)? {
        guard !before.isEmpty, bytes.holds(before, at: 0) else { return nil }
        guard !after.isEmpty else { return (before.count, nil) }
        var end = before.count
        while end < bytes.count, bytes[end] &- 0x30 < 10 {
            end += 1
        }
        guard let length = Self.number(bytes[before.count..<end]), bytes.holds(after, at: end) else { return nil }
        return (end + after.count, length)
    }

    /// Where the digits of the one length are; `nil` where there is none, or more than one.
    private static func digits(of head: UnsafeRawBufferPointer) -> Range<Int>? {
        var found: Range<Int>?
        for index in head.indices where isLengthField(head, at: index) {
            guard found == nil else { return nil }
            var start = index + lengthField.utf8CodeUnitCount
            while start < head.count, head[start] == 0x20 || head[start] == 0x09 { start += 1 }
            var end = start
            while end < head.count, head[end] &- 0x30 < 10 { end += 1 }
            found = start..<end
        }
        return found
    }

    private static func isLengthField(_ head: UnsafeRawBufferPointer, at index: Int) -> Bool {
        guard head.count - index >= lengthField.utf8CodeUnitCount else { return false }
        for offset in 0..<lengthField.utf8CodeUnitCount {
            let byte = head[index + offset]
            let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            guard lower == lengthField.utf8Start[offset] else { return false }
        }
        return true
    }

    private static func number(_ digits: Slice<UnsafeRawBufferPointer>) -> Int? {
        guard (1...maxDigits).contains(digits.count) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 &- 0x30) }
    }
}
