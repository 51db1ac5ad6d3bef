internal import TransportCore

/// Finds the place of a part of a scalar in the text that it was written in.
///
/// Keeps the last place, so that a walk through the text in its order takes linear time however long the lines are.
struct SourceLocator {
    private let source: ModuleText
    private var last = SourcePosition(line: 1, column: 1)
    private var lastOffset = 0

    init(_ source: ModuleText) {
        self.source = source
    }

    /// The place of `length` scalars from `offset` on in `text`, which a node at `position` holds.
    ///
    /// Exact where the scalar stands in the file as it is, plain or in quotes; the beginning of the scalar where an escape,
    /// a line break or a substitution comes between.
    mutating func place(of offset: Int, length: Int, in text: String, at position: SourcePosition) -> (SourcePosition, length: Int) {
        guard let start = byteOffset(of: position), start < source.bytes.count else { return (position, 1) }
        let quote = source.bytes[start]
        var textStart = start
        var shift = 0
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            textStart += 1
            shift = 1
            let end = textStart + text.utf8.count
            guard end < source.bytes.count, source.bytes[end] == quote else { return (position, 1) }
        }
        guard !text.isEmpty, source.bytes[textStart...].starts(with: text.utf8) else { return (position, 1) }
        let column = position.column + shift + offset
        return (SourcePosition(line: position.line, column: column), max(1, length))
    }

    /// Where a place is in the bytes; `nil` outside the text.
    mutating func byteOffset(of position: SourcePosition) -> Int? {
        guard (1...source.lineStarts.count).contains(position.line), position.column >= 1 else { return nil }
        if source.isASCII { return source.lineStarts[position.line - 1] + position.column - 1 }
        if last.line != position.line || last.column > position.column {
            last = SourcePosition(line: position.line, column: 1)
            lastOffset = source.lineStarts[position.line - 1]
        }
        var column = last.column
        var offset = lastOffset
        while column < position.column, offset < source.bytes.count {
            repeat { offset += 1 } while offset < source.bytes.count && source.bytes[offset] & 0xC0 == 0x80
            column += 1
        }
        last = SourcePosition(line: position.line, column: column)
        lastOffset = offset
        return offset
    }
}
