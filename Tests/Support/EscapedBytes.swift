/// Bytes as a line of text that a person can read: ASCII as it is, the rest as `\r`, `\n`, `\t`, `\"`, `\\` or `\x7f`.
public enum EscapedBytes {
    public static func write(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            switch byte {
            case 0x0d: text += #"\r"#
            case 0x0a: text += #"\n"#
            case 0x09: text += #"\t"#
            case 0x22: text += #"\""#
            case 0x5c: text += #"\\"#
            case 0x20...0x7e: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += #"\x"# + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return text
    }

    /// Why a text is not an escaped one.
    struct Fault: Error {
        /// How many characters of the text are before the fault.
        let offset: Int
        let message: String
    }

    /// Reads what ``write(_:)`` wrote; what is not ASCII stands for its UTF-8.
    static func read(_ text: some Collection<Character>) throws(Fault) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let character = rest.popFirst() {
            guard character == "\\" else {
                bytes += String(character).utf8
                continue
            }
            let offset = text.count - rest.count - 1
            switch rest.popFirst() {
            case "r": bytes.append(0x0d)
            case "n": bytes.append(0x0a)
            case "t": bytes.append(0x09)
            case "\"": bytes.append(0x22)
            case "\\": bytes.append(0x5c)
            case "x":
                let digits = String(rest.prefix(2))
                guard digits.count == 2, digits.allSatisfy(\.isHexDigit), let byte = UInt8(digits, radix: 16) else {
                    throw Fault(offset: offset, message: #"'\x' needs two hexadecimal digits, such as '\x0a'"#)
                }
                bytes.append(byte)
                rest = rest.dropFirst(2)
            case let other:
                let name = other.map { String($0) } ?? ""
                throw Fault(
                    offset: offset,
                    message: #"'\\#(name)' is no escape; write \r, \n, \t, \", \\ or \x and two hexadecimal digits"#
                )
            }
        }
        return bytes
    }
}
