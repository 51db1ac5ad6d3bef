/// JSON (RFC 8259), as far as showing it takes: no library for it comes with the language.
public enum JSONText {
    /// How deep lists and objects may be nested; deeper ones are not taken for JSON.
    static let maximumDepth = 200

    /// The text in quotes. What could break a line or drive a terminal is escaped.
    public static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            default:
                if scalar.isShowable {
                    quoted.unicodeScalars.append(scalar)
                } else {
                    quoted += escape(scalar)
                }
            }
        }
        return quoted + "\""
    }

    /// An object with its keys in the order given; the values are JSON already.
    public static func object(_ members: [(key: String, json: String)]) -> String {
        "{" + members.map { "\(quoted($0.key)):\($0.json)" }.joined(separator: ",") + "}"
    }

    /// A list of what is JSON already.
    public static func array(_ elements: [String]) -> String {
        "[" + elements.joined(separator: ",") + "]"
    }

    /// A number, or the name of what JSON has no number for.
    static func number(_ value: some BinaryFloatingPoint & LosslessStringConvertible) -> String {
        if value.isFinite { return value.description }
        return value.isNaN ? "\"NaN\"" : value < 0 ? "\"-Infinity\"" : "\"Infinity\""
    }

    /// JSON on one line without the spaces that mean nothing; `nil` where the bytes are not JSON in UTF-8.
    static func compacted(_ bytes: [UInt8]) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var reader = JSONReader(text)
        return reader.readDocument() ? reader.output : nil
    }

    /// `\u001b`; two of them for a scalar that UTF-16 writes as a pair.
    static func escape(_ scalar: Unicode.Scalar) -> String {
        String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}
