/// One line of a ``PeerScript``, taken apart word by word.
struct PeerScriptLine {
    private enum Token {
        case word(String, column: Int)
        case bytes([UInt8], column: Int)

        var column: Int {
            switch self {
            case .word(_, let column), .bytes(_, let column): column
            }
        }
    }

    private let file: String
    private let number: Int
    private let endColumn: Int
    private var tokens: ArraySlice<Token>

    /// Nothing is left of the line.
    var isEmpty: Bool { tokens.isEmpty }

    init(_ text: some StringProtocol, file: String, number: Int) throws(PeerScriptError) {
        self.file = file
        self.number = number
        var tokens: [Token] = []
        var rest = Array(text)[...]
        while let first = rest.first, first != "#" {
            let column = rest.startIndex + 1
            switch first {
            case " ", "\t":
                rest.removeFirst()
            case "\"":
                rest.removeFirst()
                guard let end = Self.closingQuote(in: rest) else {
                    throw PeerScriptError(
                        file: file,
                        line: number,
                        column: column,
                        message: "a quotation mark is missing at the end of the bytes"
                    )
                }
                do {
                    tokens.append(.bytes(try EscapedBytes.read(rest[..<end]), column: column))
                } catch {
                    throw PeerScriptError(file: file, line: number, column: column + 1 + error.offset, message: error.message)
                }
                rest = rest[(end + 1)...]
            default:
                let word = rest.prefix { !" \t\"#".contains($0) }
                tokens.append(.word(String(word), column: column))
                rest = rest.dropFirst(word.count)
            }
        }
        self.tokens = tokens[...]
        endColumn = rest.startIndex + 1
    }

    private static func closingQuote(in characters: ArraySlice<Character>) -> Int? {
        var isEscaped = false
        return characters.indices.first { index in
            if isEscaped {
                isEscaped = false
                return false
            }
            isEscaped = characters[index] == "\\"
            return characters[index] == "\""
        }
    }

    // MARK: Parts of a line

    /// Takes `word` where it comes next.
    mutating func takes(_ word: String) -> Bool {
        guard case .word(word, _)? = tokens.first else { return false }
        tokens.removeFirst()
        return true
    }

    /// Takes the next word, which must be one of `words`, or any word where there are none.
    mutating func word(_ what: String, of words: [String] = []) throws(PeerScriptError) -> String {
        guard case .word(let word, _)? = tokens.first, words.isEmpty || words.contains(word) else {
            throw fault("expected \(what)\(found)")
        }
        tokens.removeFirst()
        return word
    }

    mutating func number(_ what: String, in range: ClosedRange<Int>) throws(PeerScriptError) -> Int {
        guard case .word(let word, _)? = tokens.first, let number = Int(word), range.contains(number) else {
            throw fault("expected \(what), a number from \(range.lowerBound) to \(range.upperBound)\(found)")
        }
        tokens.removeFirst()
        return number
    }

    mutating func duration() throws(PeerScriptError) -> Duration {
        guard case .word(let word, _)? = tokens.first, let duration = Self.duration(word), duration <= .seconds(86_400) else {
            throw fault("expected a duration of at most a day, such as 2s or 500ms\(found)")
        }
        tokens.removeFirst()
        return duration
    }

    mutating func bytes() throws(PeerScriptError) -> [UInt8] {
        guard case .bytes(let bytes, _)? = tokens.first else {
            throw fault("expected bytes in quotation marks\(found)")
        }
        tokens.removeFirst()
        return bytes
    }

    /// Takes one or more quoted texts.
    mutating func texts() throws(PeerScriptError) -> [[UInt8]] {
        var texts = [try bytes()]
        while case .bytes(let more, _)? = tokens.first {
            tokens.removeFirst()
            texts.append(more)
        }
        return texts
    }

    /// The line must have ended.
    func end() throws(PeerScriptError) {
        guard tokens.isEmpty else { throw fault("the step is complete, write the next one on a line of its own\(found)") }
    }

    /// An error at what comes next.
    func fault(_ message: String) -> PeerScriptError {
        PeerScriptError(file: file, line: number, column: tokens.first?.column ?? endColumn, message: message)
    }

    private var found: String {
        switch tokens.first {
        case .word(let word, _): "; found '\(word)'"
        case .bytes(let bytes, _): "; found \"\(EscapedBytes.write(bytes))\""
        case nil: "; the line ends here"
        }
    }
}
