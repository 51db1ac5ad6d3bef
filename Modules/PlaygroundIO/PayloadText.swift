/// How payloads look in an answer.
enum PayloadText {
    /// The type of a body that is the payload: text where it is UTF-8 that a terminal can show.
    static func contentType(of payload: [UInt8]) -> String {
        let isControl: (UInt8) -> Bool = { $0 < 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D || $0 == 0x7F }
        guard !payload.contains(where: isControl), String(validating: payload, as: UTF8.self) != nil else {
            return "application/octet-stream"
        }
        return HTTPAnswer.plainText
    }

    /// A JSON list with one item for each payload: a string with its text, or `{"base64": "…"}` where it is not UTF-8.
    static func list(_ payloads: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "[")]
        bytes.reserveCapacity(payloads.reduce(2) { $0 + $1.count + 3 })
        for (index, payload) in payloads.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            // Most payloads are ASCII, which takes no generic code to be looked at.
            if payload.reduce(0, |) < 0x80 || String(validating: payload, as: UTF8.self) != nil {
                appendString(payload, to: &bytes)
            } else {
                bytes += #"{"base64":""#.utf8
                appendBase64(payload, to: &bytes)
                bytes += #""}"#.utf8
            }
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func appendString(_ text: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        // What stands for itself is copied together.
        var start = 0
        for (index, byte) in text.enumerated() where byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
        {
            bytes += text[start..<index]
            start = index + 1
            if byte < 0x20 || byte == 0x7F {
                bytes += #"\u00"#.utf8
                bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            } else {
                bytes += [UInt8(ascii: "\\"), byte]
            }
        }
        bytes += text[start...]
        bytes.append(UInt8(ascii: "\""))
    }

    private static func appendBase64(_ payload: [UInt8], to bytes: inout [UInt8]) {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for start in stride(from: 0, to: payload.count, by: 3) {
            let group = payload[start..<min(start + 3, payload.count)]
            let bits = (0..<3).reduce(UInt32(0)) { $0 << 8 | UInt32($1 < group.count ? payload[start + $1] : 0) }
            for place in 0..<4 {
                let isPadding = place > group.count
                bytes.append(isPadding ? UInt8(ascii: "=") : alphabet[Int(bits >> UInt32(18 - 6 * place)) & 63])
            }
        }
    }
}
