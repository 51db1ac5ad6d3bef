extension ModuleText {
    /// Whether lines end in `\r\n`.
    var usesCarriageReturns: Bool {
        lineStarts.count > 1 && lineStarts[1] >= 2 && bytes[lineStarts[1] - 2] == UInt8(ascii: "\r")
    }

    func isBlankOrComment(_ line: Range<Int>) -> Bool {
        bytes[line].first { !$0.isBlank }.map { $0 == UInt8(ascii: "#") } ?? true
    }

    /// Behind the spaces, the anchor and the tag that stand before a value, on its line.
    func skippingProperties(from start: Int) -> Int {
        var index = start
        while true {
            while index < bytes.count, bytes[index].isBlank { index += 1 }
            guard index < bytes.count, bytes[index] == UInt8(ascii: "&") || bytes[index] == UInt8(ascii: "!") else { return index }
            while index < bytes.count, !bytes[index].isBlank, !bytes[index].endsLine { index += 1 }
        }
    }

    /// Behind the quotation mark that ends what the one at `start` begins.
    func endOfQuoted(from start: Int) -> Int {
        let quote = bytes[start]
        var index = start + 1
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                index += 2
            } else if bytes[index] == quote {
                guard quote == UInt8(ascii: "'"), index + 1 < bytes.count, bytes[index + 1] == quote else { return index + 1 }
                index += 2
            } else {
                index += 1
            }
        }
        return bytes.count
    }

    /// Behind the bracket that ends what the one at `start` begins; `nil` where that is on another line.
    func endOfFlow(from start: Int) -> Int? {
        var depth = 0
        var index = start
        while index < bytes.count, !bytes[index].endsLine {
            switch bytes[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return index + 1 }
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                // Inside a word it is an ordinary character.
                guard bytes[index - 1].isBlank || ":{[,".utf8.contains(bytes[index - 1]) else { break }
                index = endOfQuoted(from: index) - 1
            case UInt8(ascii: "#"):
                if bytes[index - 1].isBlank { return nil }
            default:
                break
            }
            index += 1
        }
        return nil
    }

    /// Behind a text without quotes that begins at `start`, on its line.
    func endOfPlain(from start: Int, isFlow: Bool) -> Int {
        var index = start
        while index < bytes.count, !bytes[index].endsLine {
            if bytes[index] == UInt8(ascii: "#"), index > start, bytes[index - 1].isBlank { break }
            if isFlow, ",{}[]".utf8.contains(bytes[index]) { break }
            index += 1
        }
        while index > start, bytes[index - 1].isBlank { index -= 1 }
        return index
    }
}

extension UInt8 {
    /// Whether this is a space or a tab.
    var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
    var endsLine: Bool { self == UInt8(ascii: "\n") || self == UInt8(ascii: "\r") }
    var isQuote: Bool { self == UInt8(ascii: "\"") || self == UInt8(ascii: "'") }
}
