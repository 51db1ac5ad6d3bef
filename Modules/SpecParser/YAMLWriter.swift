internal import TransportCore

/// Writes trees as YAML that reads as the same trees.
struct YAMLWriter {
    /// What happens to `${` in a value.
    enum References {
        /// It stays a reference to the environment.
        case kept
        /// It is written so that it reads as the characters `${`.
        case escaped
    }

    let references: References
    private(set) var text = ""

    init(references: References) {
        self.references = references
    }

    /// Begins a document.
    mutating func beginDocument() {
        if !text.isEmpty {
            text += "---\n"
        }
    }

    /// Writes a line of a comment.
    mutating func comment(_ line: String) {
        text += "# \(line)\n"
    }

    /// Writes a key with a value that is not substituted, such as a kind.
    mutating func write(_ key: String, verbatim value: String, indent: Int) {
        text += "\(spaces(indent))\(scalar(key)): \(scalar(value))\n"
    }

    /// Writes a key with its value, on the current line and the following ones.
    /// - Parameter isContinued: whether the line has begun already, behind a `- `.
    mutating func write(_ key: String, _ value: SpecNode, indent: Int, isContinued: Bool = false) {
        let written = scalar(key)
        if !isContinued {
            text += spaces(indent)
        }
        // A key of more than 1024 characters must be announced (YAML 1.2, section 7.4.2).
        if written.unicodeScalars.count > 1000 {
            text += "? \(written)\n\(spaces(indent)):"
        } else {
            text += "\(written):"
        }
        writeValue(value, indent: indent)
    }

    private mutating func writeValue(_ value: SpecNode, indent: Int) {
        switch value.content {
        case .null:
            text += " null\n"
        case .scalar(let content):
            text += " \(scalar(escaped(content)))\n"
        case .sequence(let items) where items.isEmpty:
            text += " []\n"
        case .mapping(let entries) where entries.isEmpty:
            text += " {}\n"
        case .sequence(let items):
            text += "\n"
            for item in items {
                text += "\(spaces(indent + 2))-"
                writeItem(item, indent: indent + 2)
            }
        case .mapping(let entries):
            text += "\n"
            for entry in entries {
                write(entry.key, entry.value, indent: indent + 2)
            }
        }
    }

    private mutating func writeItem(_ item: SpecNode, indent: Int) {
        guard case .mapping(let entries) = item.content, !entries.isEmpty else {
            writeValue(item, indent: indent)
            return
        }
        text += " "
        for (index, entry) in entries.enumerated() {
            write(entry.key, entry.value, indent: indent + 2, isContinued: index == 0)
        }
    }

    private func spaces(_ count: Int) -> String {
        String(repeating: " ", count: count)
    }

    private func escaped(_ content: String) -> String {
        switch references {
        case .kept: content
        // Scalar by scalar, since a '{' with an accent is another character but opens a reference all the same.
        case .escaped: String(content.unicodeScalars.replacing("${".unicodeScalars, with: "${:-$}{".unicodeScalars))
        }
    }

    // MARK: - Scalars

    /// The text as a scalar on one line: plain where nothing in it means anything to YAML, in double quotes otherwise.
    private func scalar(_ content: String) -> String {
        isPlain(content) ? content : quoted(content)
    }

    private func isPlain(_ content: String) -> Bool {
        guard let first = content.utf8.first, first.isPlainStart, content.utf8.last != UInt8(ascii: " "),
            content.utf8.last != UInt8(ascii: ":")
        else { return false }
        guard content.utf8.allSatisfy(\.isPlain), content.firstRange(of: ": ") == nil else { return false }
        return !["null", "Null", "NULL"].contains(content)
    }

    private func quoted(_ content: String) -> String {
        var result = "\""
        for scalar in content.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\0"..<" ", "\u{7F}"..."\u{A0}", "\u{2028}", "\u{2029}", "\u{FFFE}", "\u{FFFF}":
                let code = String(scalar.value, radix: 16, uppercase: true)
                result += "\\u" + String(repeating: "0", count: 4 - code.count) + code
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension UInt8 {
    fileprivate var isPlainStart: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "$"):
            true
        default: false
        }
    }

    fileprivate var isPlain: Bool {
        isPlainStart || " .:+-*{}@=,%()".utf8.contains(self)
    }
}
