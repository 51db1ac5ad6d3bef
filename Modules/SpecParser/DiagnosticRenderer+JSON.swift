public import TransportCore

extension DiagnosticRenderer {
    /// The diagnostics as one JSON array (RFC 8259) of objects with the keys `file`, `line`, `column`, `length`, `severity`,
    /// `message` and `remedy`, and `replacement` where there is one. What is not known is `null`.
    public static func json(_ diagnostics: some Sequence<SpecDiagnostic>) -> String {
        let objects = diagnostics.map { diagnostic in
            var members = [
                ("file", diagnostic.file.map(quote) ?? "null"),
                ("line", diagnostic.position.map { String($0.line) } ?? "null"),
                ("column", diagnostic.position.map { String($0.column) } ?? "null"),
                ("length", String(diagnostic.length)),
                ("severity", quote(diagnostic.severity.rawValue)),
                ("message", quote(diagnostic.message)),
                ("remedy", quote(diagnostic.remedy)),
            ]
            if let replacement = diagnostic.replacement {
                members.append(("replacement", quote(replacement)))
            }
            return "  {" + members.map { "\(quote($0.0)): \($0.1)" }.joined(separator: ", ") + "}"
        }
        return objects.isEmpty ? "[]\n" : "[\n" + objects.joined(separator: ",\n") + "\n]\n"
    }

    private static func quote(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\0"..<" ", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
                let code = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - code.count) + code
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension Sequence<SpecDiagnostic> {
    /// The same diagnostics with every warning as an error, as strict mode has it.
    public func treatingWarningsAsErrors() -> [SpecDiagnostic] {
        map {
            var diagnostic = $0
            diagnostic.severity = .error
            return diagnostic
        }
    }
}
