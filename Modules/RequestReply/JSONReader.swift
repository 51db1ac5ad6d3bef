/// Reads one JSON text and writes it again without spaces.
struct JSONReader {
    private var rest: Substring.UnicodeScalarView
    private(set) var output = ""

    init(_ text: String) {
        rest = Substring(text).unicodeScalars
    }

    mutating func readDocument() -> Bool {
        guard readValue(depth: 0) else { return false }
        skipSpace()
        return rest.isEmpty
    }

    private mutating func readValue(depth: Int) -> Bool {
        skipSpace()
        switch rest.first {
        case "{": return depth < JSONText.maximumDepth && readMembers(close: "}", depth: depth, isObject: true)
        case "[": return depth < JSONText.maximumDepth && readMembers(close: "]", depth: depth, isObject: false)
        case "\"": return readString()
        case "t": return read(word: "true")
        case "f": return read(word: "false")
        case "n": return read(word: "null")
        default: return readNumber()
        }
    }

    private mutating func readMembers(close: Unicode.Scalar, depth: Int, isObject: Bool) -> Bool {
        copy()
        skipSpace()
        if rest.first == close {
            copy()
            return true
        }
        while true {
            if isObject {
                skipSpace()
                guard rest.first == "\"", readString() else { return false }
                skipSpace()
                guard rest.first == ":" else { return false }
                copy()
            }
            guard readValue(depth: depth + 1) else { return false }
            skipSpace()
            let next = rest.first
            guard next == "," || next == close else { return false }
            copy()
            if next == close { return true }
        }
    }

    private mutating func readString() -> Bool {
        copy()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"":
                output += "\""
                return true
            case "\\":
                output += "\\"
                guard let escaped = rest.popFirst(), "\"\\/bfnrtu".unicodeScalars.contains(escaped) else { return false }
                output.unicodeScalars.append(escaped)
                guard escaped == "u" else { continue }
                for _ in 0..<4 {
                    guard let digit = rest.popFirst(), digit.isASCII, digit.properties.isHexDigit else { return false }
                    output.unicodeScalars.append(digit)
                }
            case "\u{0}"..<" ":
                return false
            default:
                if scalar.isShowable {
                    output.unicodeScalars.append(scalar)
                } else {
                    output += JSONText.escape(scalar)
                }
            }
        }
        return false
    }

    private mutating func readNumber() -> Bool {
        if rest.first == "-" { copy() }
        if rest.first == "0" {
            copy()
        } else {
            guard readDigits() else { return false }
        }
        if rest.first == "." {
            copy()
            guard readDigits() else { return false }
        }
        if rest.first == "e" || rest.first == "E" {
            copy()
            if rest.first == "+" || rest.first == "-" { copy() }
            guard readDigits() else { return false }
        }
        return true
    }

    private mutating func readDigits() -> Bool {
        let before = rest.startIndex
        while let scalar = rest.first, ("0"..."9").contains(scalar) { copy() }
        return rest.startIndex > before
    }

    private mutating func read(word: String) -> Bool {
        guard rest.starts(with: word.unicodeScalars) else { return false }
        rest = rest.dropFirst(word.unicodeScalars.count)
        output += word
        return true
    }

    private mutating func skipSpace() {
        while let scalar = rest.first, scalar == " " || scalar == "\n" || scalar == "\r" || scalar == "\t" { rest.removeFirst() }
    }

    private mutating func copy() {
        if let scalar = rest.popFirst() {
            output.unicodeScalars.append(scalar)
        }
    }
}
