/// One document of a stream: its bytes from the `---` line on, or from the first line where there is no such line.
struct DocumentRange: Hashable {
    var bytes: Range<Int>
    /// The line that the first of `bytes` stands on.
    var firstLine: Int
    /// How many Unicode scalars of that line stand before the first of `bytes`.
    var firstLineShift: Int
}

extension ModuleText {
    /// The documents of the stream, without those that hold nothing but comments.
    ///
    /// A document marker counts wherever it stands at the beginning of a line, even inside quotes (YAML 1.2, section 9.1.2),
    /// so the text can be cut there without reading it, and an error in one document leaves the others readable.
    func documents() -> [DocumentRange] {
        var cut = DocumentCut()
        for (index, start) in lineStarts.enumerated() {
            let lineEnd = index + 1 < lineStarts.count ? lineStarts[index + 1] : bytes.count
            var content = start
            if bytes[start..<lineEnd].starts(with: [0xEF, 0xBB, 0xBF]), isMarker(UInt8(ascii: "-"), at: start + 3) {
                content += 3
            }
            if isMarker(UInt8(ascii: "-"), at: content) {
                cut.documentBegan(at: content, line: index + 1, shift: content > start ? 1 : 0, previousEnd: start)
            } else if isMarker(UInt8(ascii: "."), at: start) {
                cut.documentEnded(at: start, next: lineEnd, nextLine: index + 2)
            } else if !cut.hasContent {
                cut.lineRead(kind(ofLine: start..<lineEnd))
            }
        }
        return cut.finish(at: bytes.count)
    }

    /// Whether three bytes of that kind and then nothing or a space stand there.
    private func isMarker(_ byte: UInt8, at offset: Int) -> Bool {
        guard offset + 3 <= bytes.count, bytes[offset] == byte, bytes[offset + 1] == byte, bytes[offset + 2] == byte else {
            return false
        }
        guard offset + 3 < bytes.count else { return true }
        switch bytes[offset + 3] {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): return true
        default: return false
        }
    }

    private func kind(ofLine line: Range<Int>) -> DocumentCut.Line {
        if bytes[line].first == UInt8(ascii: "%") { return .directive }
        for byte in bytes[line] {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): continue
            case UInt8(ascii: "#"): return .blank
            default: return .content
            }
        }
        return .blank
    }
}

/// Collects the documents while the lines go by.
private struct DocumentCut {
    enum Line {
        /// Nothing, or a comment.
        case blank
        case directive
        case content
    }

    private var found: [DocumentRange] = []
    private var start = 0
    private var line = 1
    private var shift = 0
    private var hasDirective = false
    private(set) var hasContent = false

    mutating func lineRead(_ kind: Line) {
        switch kind {
        case .blank: break
        case .directive: hasDirective = true
        case .content: hasContent = true
        }
    }

    mutating func documentBegan(at offset: Int, line: Int, shift: Int, previousEnd: Int) {
        // Directives belong to the document whose marker follows them.
        if hasContent || !hasDirective {
            close(at: previousEnd)
            begin(at: offset, line: line, shift: shift)
        }
        hasContent = true
    }

    mutating func documentEnded(at offset: Int, next: Int, nextLine: Int) {
        close(at: offset)
        begin(at: next, line: nextLine, shift: 0)
    }

    mutating func finish(at end: Int) -> [DocumentRange] {
        close(at: end)
        return found
    }

    private mutating func close(at end: Int) {
        guard hasContent || hasDirective else { return }
        found.append(DocumentRange(bytes: start..<end, firstLine: line, firstLineShift: shift))
    }

    private mutating func begin(at offset: Int, line: Int, shift: Int) {
        start = offset
        self.line = line
        self.shift = shift
        hasDirective = false
        hasContent = false
    }
}
