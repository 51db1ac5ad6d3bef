internal import TransportCore

/// The text of one `module.yaml` with the name under which its reader knows it: what a ``ModuleParser`` reads, and what a
/// ``DiagnosticRenderer`` shows lines of.
///
/// Lines end at `\n`, `\r\n` or `\r`. Made in time linear to the text.
public struct ModuleText: Equatable, Sendable {
    /// The file as the user named it.
    public let file: String
    /// The text in UTF-8 without a byte order mark at its beginning; what was not UTF-8 is replaced by U+FFFD.
    let bytes: [UInt8]
    /// Where each line begins, in bytes.
    let lineStarts: [Int]
    let isASCII: Bool
    /// Where bytes stand that YAML would not take as they are, in bytes, ascending; see ``MaskedText``.
    let oddities: [Int]
    /// Why the bytes are not text.
    let encodingProblem: SpecDiagnostic?

    /// Takes the bytes of a file. They should be UTF-8, with or without a byte order mark; anything else is reported when
    /// the text is parsed.
    public init(file: String, bytes: [UInt8]) {
        var bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            bytes.removeFirst(3)
        }
        self.file = file
        if let encoding = Self.otherEncoding(bytes) {
            self.encodingProblem = SpecDiagnostic(
                .error,
                at: SourcePosition(line: 1, column: 1),
                "the file is \(encoding), not UTF-8",
                remedy: "save it as UTF-8",
                file: file
            )
            bytes = []
        } else if String(validating: bytes, as: UTF8.self) == nil {
            self.encodingProblem = Self.firstInvalidByte(bytes, file: file)
            bytes = Array(String(decoding: bytes, as: UTF8.self).utf8)
        } else {
            self.encodingProblem = nil
        }
        let scan = TextScan(bytes)
        self.bytes = bytes
        self.lineStarts = scan.lineStarts
        self.isASCII = scan.isASCII
        self.oddities = scan.oddities
    }

    /// Takes the text of a file.
    public init(file: String, _ text: String) {
        self.init(file: file, bytes: Array(text.utf8))
    }

    /// How many lines there are; a line break at the end begins no further line.
    public var lineCount: Int {
        lineStarts.last == bytes.count && lineStarts.count > 1 ? lineStarts.count - 1 : lineStarts.count
    }

    /// The text of a line without its end, counted from 1; `nil` outside the text.
    public func line(_ number: Int) -> String? {
        guard (1...lineCount).contains(number) else { return nil }
        return String(decoding: bytes[byteRange(ofLine: number)], as: UTF8.self)
    }

    /// The bytes of a line without its end.
    func byteRange(ofLine number: Int) -> Range<Int> {
        let start = lineStarts[number - 1]
        var end = number < lineStarts.count ? lineStarts[number] : bytes.count
        while end > start, bytes[end - 1] == UInt8(ascii: "\n") || bytes[end - 1] == UInt8(ascii: "\r") {
            end -= 1
        }
        return start..<end
    }

    /// The place of a byte. Takes time linear to the length of its line.
    func position(ofByte offset: Int) -> SourcePosition {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        let start = lineStarts[low]
        let column = isASCII ? offset - start : bytes[start..<offset].count { $0 & 0xC0 != 0x80 }
        return SourcePosition(line: low + 1, column: column + 1)
    }

    private static func otherEncoding(_ bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) { return "UTF-32" }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return "UTF-16" }
        // Without a mark, the zero in one of the first two bytes of an ASCII letter still tells.
        guard bytes.count >= 4, (bytes[0] == 0) != (bytes[1] == 0), (bytes[2] == 0) != (bytes[3] == 0) else { return nil }
        return "UTF-16"
    }

    private static func firstInvalidByte(_ bytes: [UInt8], file: String) -> SpecDiagnostic {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var line = 1
        var column = 1
        var last: Unicode.Scalar = " "
        decoding: while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar):
                if scalar == "\r" || (scalar == "\n" && last != "\r") {
                    line += 1
                    column = 1
                } else if scalar != "\n" {
                    column += 1
                }
                last = scalar
            case .error, .emptyInput:
                break decoding
            }
        }
        return SpecDiagnostic(
            .error,
            at: SourcePosition(line: line, column: column),
            "the file is not UTF-8 from here on",
            remedy: "save it as UTF-8; it may be ISO 8859-1 or Windows-1252 now",
            file: file
        )
    }
}

/// What one pass over a text finds out.
private struct TextScan {
    var lineStarts = [0]
    var isASCII = true
    var oddities: [Int] = []

    init(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { bytes in
            var index = 0
            while index < bytes.count {
                let byte = bytes[index]
                if byte < 0x20 || byte > 0x7E || byte == UInt8(ascii: "*") {
                    look(at: byte, index, in: bytes)
                }
                index += 1
            }
        }
    }

    private mutating func look(at byte: UInt8, _ index: Int, in bytes: UnsafeBufferPointer<UInt8>) {
        func next(_ offset: Int) -> UInt8 { index + offset < bytes.count ? bytes[index + offset] : 0 }
        switch byte {
        case UInt8(ascii: "\t"):
            break
        case UInt8(ascii: "\n"):
            lineStarts.append(index + 1)
        case UInt8(ascii: "\r"):
            if next(1) != UInt8(ascii: "\n") {
                lineStarts.append(index + 1)
            }
        case UInt8(ascii: "*"):
            if next(1).isAnchorCharacter {
                oddities.append(index)
            }
        case 0x80...:
            isASCII = false
            switch (byte, next(1), next(2)) {
            case (0xC2, 0x80...0x9F, _), (0xE2, 0x80, 0xA8...0xA9), (0xEF, 0xBB, 0xBF), (0xEF, 0xBF, 0xBE...0xBF), (0xF4, _, _):
                oddities.append(index)
            default:
                break
            }
        default:
            oddities.append(index)
        }
    }
}

extension UInt8 {
    /// Whether libyaml takes the byte into the name of an anchor.
    var isAnchorCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
