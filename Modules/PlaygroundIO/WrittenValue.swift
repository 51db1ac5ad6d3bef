/// The types of values that every SDK knows, and how a value that somebody has written as text goes over the wire: as a
/// message with one field of number 1.
enum WrittenValue: String, CaseIterable {
    case bool
    case int
    case long
    case float
    case double
    case string

    static let namespace = "io.statefun.types"

    /// The type that `name` means in ``namespace``.
    var typename: String { "\(Self.namespace)/\(rawValue)" }

    /// What may be written.
    var allowedText: String {
        switch self {
        case .bool: "true or false"
        case .int: "a whole number from \(Int32.min) to \(Int32.max)"
        case .long: "a whole number from \(Int64.min) to \(Int64.max)"
        case .float: "a number up to \(Float.greatestFiniteMagnitude), inf or nan"
        case .double: "a number up to \(Double.greatestFiniteMagnitude), inf or nan"
        case .string: "any text"
        }
    }

    /// The bytes of the value that `text` means; `nil` where it means none. The zero of a type takes no bytes, as proto3 has
    /// it. White space around anything but a string does not count: a file ends with a line break.
    func encode(_ text: String) -> [UInt8]? {
        switch self {
        case .bool:
            switch Self.trim(text) {
            case "true": return [1 << 3, 1]
            case "false": return []
            default: return nil
            }
        case .int:
            guard let value = Int32(Self.trim(text)) else { return nil }
            return Self.fixed32(UInt32(bitPattern: value))
        case .long:
            guard let value = Int64(Self.trim(text)) else { return nil }
            return Self.fixed64(UInt64(bitPattern: value))
        case .float:
            guard let value: Float = Self.number(text) else { return nil }
            return Self.fixed32(value.bitPattern)
        case .double:
            guard let value: Double = Self.number(text) else { return nil }
            return Self.fixed64(value.bitPattern)
        case .string:
            return Self.string(text)
        }
    }

    private static func trim(_ text: String) -> String {
        let isSpace: (Unicode.Scalar) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }
        let scalars = text.unicodeScalars
        guard let last = scalars.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(scalars[...last].drop(while: isSpace))
    }

    /// Reads a number; one that is too large is none, and not infinity.
    private static func number<Number: BinaryFloatingPoint & LosslessStringConvertible>(_ text: String) -> Number? {
        let text = trim(text)
        guard let value = Number(text) else { return nil }
        let word = text.lowercased().drop { $0 == "-" || $0 == "+" }
        return value.isFinite || word.hasPrefix("inf") || word.hasPrefix("nan") ? value : nil
    }

    private static func fixed32(_ value: UInt32) -> [UInt8] {
        value == 0 ? [] : [1 << 3 | 5] + withUnsafeBytes(of: value.littleEndian, Array.init)
    }

    private static func fixed64(_ value: UInt64) -> [UInt8] {
        value == 0 ? [] : [1 << 3 | 1] + withUnsafeBytes(of: value.littleEndian, Array.init)
    }

    private static func string(_ text: String) -> [UInt8] {
        guard !text.isEmpty else { return [] }
        var bytes: [UInt8] = [1 << 3 | 2]
        var length = text.utf8.count
        bytes.reserveCapacity(length + 11)
        while length > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        bytes.append(UInt8(length))
        bytes.append(contentsOf: text.utf8)
        return bytes
    }
}
