/// Names inside the text form of values and states.
enum EscapedName {
    static func escape(_ name: String) -> String {
        var escaped = ""
        for scalar in name.unicodeScalars {
            if scalar.isShowable, scalar != " ", scalar != "%", scalar != ":", scalar != "=" {
                escaped.unicodeScalars.append(scalar)
            } else {
                escaped += String(scalar).utf8.map { ($0 < 16 ? "%0" : "%") + String($0, radix: 16, uppercase: true) }.joined()
            }
        }
        return escaped
    }

    static func unescape(_ text: some StringProtocol) throws(FunctionValueError) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.first != UInt8(ascii: "+"),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else {
                throw FunctionValueError("'%' is not followed by two hexadecimal digits", remedy: "write a literal '%' in a name as %25")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let name = String(validating: bytes, as: UTF8.self) else {
            throw FunctionValueError(
                "\(String(text).shownShort) is not UTF-8 when decoded",
                remedy: "percent-encode the UTF-8 bytes of a name"
            )
        }
        return name
    }
}
