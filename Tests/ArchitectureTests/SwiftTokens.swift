/// A piece of Swift source that is neither comment nor space.
enum SwiftToken: Equatable {
    case word(String)
    /// A word in backticks, which is never a keyword.
    case quoted(String)
    /// A string literal, as written between its quotes.
    case string(String)
    case symbol(Unicode.Scalar)
}

/// Cuts Swift source into tokens, as far as finding declarations needs it.
struct SwiftTokens {
    /// The tokens, each with its line, counted from 1.
    private(set) var all: [(token: SwiftToken, line: Int)] = []

    private let text: [Unicode.Scalar]
    private var index = 0
    private var line = 1

    init(_ source: String) {
        text = Array(source.unicodeScalars)
        while index < text.count {
            takeToken()
        }
    }

    private func starts(with prefix: String, at place: Int) -> Bool {
        let scalars = Array(prefix.unicodeScalars)
        return place + scalars.count <= text.count && Array(text[place..<place + scalars.count]) == scalars
    }

    private mutating func takeToken() {
        let start = index
        let startLine = line
        let scalar = text[index]
        if starts(with: "//", at: index) {
            while index < text.count, text[index] != "\n" { index += 1 }
        } else if starts(with: "/*", at: index) {
            skipBlockComment()
        } else if let quotes = openingQuotes(at: index) {
            skipString(quotes)
            all.append((.string(content(from: start, quotes)), startLine))
        } else if scalar == "`" {
            advance()
            while index < text.count, text[index] != "`" { advance() }
            all.append((.quoted(String(text[(start + 1)..<index])), startLine))
            advance()
        } else if Self.isWord(scalar) {
            while index < text.count, Self.isWord(text[index]) { index += 1 }
            all.append((.word(String(text[start..<index])), startLine))
        } else {
            if !scalar.properties.isWhitespace {
                all.append((.symbol(scalar), startLine))
            }
            advance()
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
    }

    private mutating func advance() {
        guard index < text.count else { return }
        if text[index] == "\n" { line += 1 }
        index += 1
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if starts(with: "/*", at: index) {
                depth += 1
                index += 2
            } else if starts(with: "*/", at: index) {
                depth -= 1
                index += 2
            } else {
                advance()
            }
        } while depth > 0 && index < text.count
    }

    /// What opens and closes a string: `#` signs and one or three quotes.
    private struct Quotes {
        let hashes: Int
        let count: Int
    }

    private func openingQuotes(at place: Int) -> Quotes? {
        var hashes = 0
        while place + hashes < text.count, text[place + hashes] == "#" { hashes += 1 }
        guard starts(with: "\"", at: place + hashes) else { return nil }
        return Quotes(hashes: hashes, count: starts(with: "\"\"\"", at: place + hashes) ? 3 : 1)
    }

    private mutating func skipString(_ quotes: Quotes) {
        let hashes = String(repeating: "#", count: quotes.hashes)
        let end = String(repeating: "\"", count: quotes.count) + hashes
        let escape = "\\" + hashes
        index += quotes.hashes + quotes.count
        while index < text.count, !starts(with: end, at: index) {
            if starts(with: escape, at: index) {
                index += escape.unicodeScalars.count
                if starts(with: "(", at: index) {
                    skipInterpolation()
                } else {
                    advance()
                }
            } else if quotes.count == 1, text[index] == "\n" {
                return
            } else {
                advance()
            }
        }
        index = min(text.count, index + end.unicodeScalars.count)
    }

    private mutating func skipInterpolation() {
        var depth = 0
        repeat {
            if let quotes = openingQuotes(at: index) {
                skipString(quotes)
                continue
            }
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" { depth -= 1 }
            advance()
        } while depth > 0 && index < text.count
    }

    private func content(from start: Int, _ quotes: Quotes) -> String {
        let margin = quotes.hashes + quotes.count
        guard index - margin >= start + margin else { return "" }
        return String(text[(start + margin)..<(index - margin)])
    }
}

extension String {
    fileprivate init(_ scalars: ArraySlice<Unicode.Scalar>) {
        self.init(String.UnicodeScalarView(scalars))
    }
}
