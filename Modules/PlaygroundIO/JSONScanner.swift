/// Reads JSON text (RFC 8259), strictly: no comments, no trailing commas, no value beside the first.
struct JSONScanner {
    /// What a member of an object holds.
    enum Value: Equatable {
        /// The text that a string stands for, in UTF-8.
        case string(ArraySlice<UInt8>)
        /// Anything else, as it was written but without white space between its parts.
        case other([UInt8])
    }

    /// Where the text stops to be JSON.
    struct Fault: Error, Equatable {
        let message: String
    }

    /// How deep lists and objects may lie in one another.
    static let maximumDepth = 256

    private let bytes: [UInt8]
    private var index = 0

    /// - Throws: ``Fault`` where the bytes are not UTF-8.
    init(_ bytes: [UInt8]) throws(Fault) {
        // Most texts are ASCII, which need not become a string to be looked at.
        guard bytes.reduce(0, |) < 0x80 || String(validating: bytes, as: UTF8.self) != nil else {
            throw Fault(message: "is not UTF-8 text")
        }
        self.bytes = bytes
    }

    /// Reads the text as one object, and hands out its members in their order. To be called once.
    mutating func members(_ body: (_ name: ArraySlice<UInt8>, _ value: Value) -> Void) throws(Fault) {
        skipSpace()
        guard take("{") else { throw Fault(message: "is not a JSON object") }
        skipSpace()
        if !take("}") {
            repeat {
                skipSpace()
                let name = try string()
                skipSpace()
                guard take(":") else { throw wrong("a ':'") }
                skipSpace()
                if peek == UInt8(ascii: "\"") {
                    body(name, .string(try string()))
                } else {
                    var copy: [UInt8] = []
                    try value(into: &copy, depth: 1)
                    body(name, .other(copy))
                }
                skipSpace()
            } while take(",")
            guard take("}") else { throw wrong("a ',' or '}'") }
        }
        skipSpace()
        guard index == bytes.count else { throw wrong("the end") }
    }

    // MARK: - Values

    private mutating func value(into copy: inout [UInt8], depth: Int) throws(Fault) {
        guard depth <= Self.maximumDepth else { throw Fault(message: "is nested more than \(Self.maximumDepth) deep") }
        switch peek {
        case UInt8(ascii: "{"): try items(closedBy: "}", named: true, into: &copy, depth: depth)
        case UInt8(ascii: "["): try items(closedBy: "]", named: false, into: &copy, depth: depth)
        case UInt8(ascii: "\""):
            let start = index
            _ = try string()
            copy += bytes[start..<index]
        case UInt8(ascii: "t"): try word("true", into: &copy)
        case UInt8(ascii: "f"): try word("false", into: &copy)
        case UInt8(ascii: "n"): try word("null", into: &copy)
        default: try number(into: &copy)
        }
    }

    private mutating func items(closedBy close: Unicode.Scalar, named: Bool, into copy: inout [UInt8], depth: Int) throws(Fault) {
        copy.append(bytes[index])
        index += 1
        skipSpace()
        if !take(close) {
            var isFirst = true
            repeat {
                if !isFirst { copy.append(UInt8(ascii: ",")) }
                isFirst = false
                skipSpace()
                if named {
                    let start = index
                    _ = try string()
                    copy += bytes[start..<index]
                    skipSpace()
                    guard take(":") else { throw wrong("a ':'") }
                    copy.append(UInt8(ascii: ":"))
                    skipSpace()
                }
                try value(into: &copy, depth: depth + 1)
                skipSpace()
            } while take(",")
            guard take(close) else { throw wrong("a ',' or '\(close)'") }
        }
        copy.append(UInt8(ascii: close))
    }

    private mutating func word(_ word: String, into copy: inout [UInt8]) throws(Fault) {
        guard bytes[index...].starts(with: word.utf8) else { throw wrong("a value") }
        index += word.utf8.count
        copy += word.utf8
    }

    private mutating func number(into copy: inout [UInt8]) throws(Fault) {
        let start = index
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        copy += bytes[start..<index]
    }

    private mutating func digits() throws(Fault) {
        let start = index
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
        guard index > start else { throw wrong("a value") }
    }

    // MARK: - Strings

    private mutating func string() throws(Fault) -> ArraySlice<UInt8> {
        guard take("\"") else { throw wrong("text in double quotes") }
        let start = index
        index = plainEnd()
        if take("\"") { return bytes[start..<index - 1] }
        var units = bytes[start..<index]
        while let byte = peek {
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                return units
            case UInt8(ascii: "\\"):
                units += Array(String(try escaped()).utf8)
            case 0..<0x20:
                index -= 1
                throw wrong("no line break or other control character within text; write \\n")
            default:
                units.append(byte)
            }
        }
        throw wrong("a '\"' that ends the text")
    }

    /// Where what stands for itself ends.
    private func plainEnd() -> Int {
        bytes.withUnsafeBufferPointer { bytes in
            var end = index
            while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"), bytes[end] >= 0x20 { end += 1 }
            return end
        }
    }

    private mutating func escaped() throws(Fault) -> Unicode.Scalar {
        guard let byte = peek else { throw wrong("a '\"' that ends the text") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default:
            index -= 1
            throw wrong("one of \" \\ / b f n r t u after a backslash")
        }
    }

    private mutating func unicodeEscape() throws(Fault) -> Unicode.Scalar {
        let first = try codeUnit()
        guard (0xD800..<0xDC00).contains(first) else {
            guard let scalar = Unicode.Scalar(first) else { throw wrong("the first half of a character before its second") }
            return scalar
        }
        guard take("\\"), take("u"), case let second = try codeUnit(), (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw wrong("the second half of a character after its first") }
        return scalar
    }

    private mutating func codeUnit() throws(Fault) -> UInt32 {
        guard index + 4 <= bytes.count,
            let digits = String(validating: bytes[index..<index + 4], as: UTF8.self),
            digits.allSatisfy(\.isHexDigit),
            let unit = UInt32(digits, radix: 16)
        else { throw wrong("four hexadecimal digits after \\u") }
        index += 4
        return unit
    }

    // MARK: - Bytes

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: scalar) else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private func wrong(_ wanted: String) -> Fault {
        Fault(message: "is not JSON: byte \(index) should be \(wanted)")
    }
}
