internal import TransportCore
internal import Yams

/// Says in plain words what keeps a document from being YAML, and what to write instead.
struct YAMLProblem {
    let source: ModuleText
    let range: DocumentRange

    func diagnostic(for error: any Error) -> SpecDiagnostic {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _), YamlError.parser(let context, let problem, let mark, _):
            let place = position(mark)
            let start = context.map { position($0.mark) }
            if let tab = tabs(near: place, start) { return tab }
            if opensReference(at: place) {
                return SpecDiagnostic(
                    .error,
                    at: SourcePosition(line: place.line, column: place.column - 1),
                    length: 2,
                    "'${' opens a list of keys here, as any '{' does between braces or brackets",
                    remedy: "put the text into quotes"
                )
            }
            let advice = advice(problem, context: context?.text ?? "", at: place)
            return SpecDiagnostic(.error, at: (advice.meansStart ? start : nil) ?? place, advice.message, remedy: advice.remedy)
        case YamlError.composer(_, let problem, let mark, _):
            return SpecDiagnostic(.error, at: position(mark), "this is not YAML: \(problem)", remedy: "correct it")
        default:
            return SpecDiagnostic(
                .error,
                at: SourcePosition(line: range.firstLine, column: 1),
                "the document cannot be read: \(error)",
                remedy: "check it with a YAML editor"
            )
        }
    }

    private func position(_ mark: Mark) -> SourcePosition {
        let place = range.position(line: mark.line, column: mark.column)
        // At the end of a document the reader stands behind its last line.
        let end = source.position(ofByte: max(range.bytes.lowerBound, range.bytes.upperBound - 1))
        return min(place, end)
    }

    // MARK: - Tabs

    /// YAML forbids tabs in indentation, and what its reader then complains of is often another line.
    private func tabs(near place: SourcePosition, _ start: SourcePosition?) -> SpecDiagnostic? {
        let suspects = [start?.line, place.line - 1, place.line].compactMap { $0 }
        guard let first = suspects.sorted().first(where: { $0 >= range.firstLine && tabColumn(inLine: $0) != nil }),
            let column = tabColumn(inLine: first)
        else { return nil }
        let lastLine = source.position(ofByte: max(range.bytes.lowerBound, range.bytes.upperBound - 1)).line
        let others = (range.firstLine...max(range.firstLine, lastLine)).count { $0 != first && tabColumn(inLine: $0) != nil }
        let more = others > 0 ? ", as \(others == 1 ? "1 other line is" : "\(others) other lines are")" : ""
        return SpecDiagnostic(
            .error,
            at: SourcePosition(line: first, column: column),
            "this line is indented with a tab\(more), which YAML does not allow",
            remedy: "indent with spaces"
        )
    }

    private func tabColumn(inLine line: Int) -> Int? {
        guard (1...source.lineCount).contains(line) else { return nil }
        var column = 1
        for byte in source.bytes[source.byteRange(ofLine: line)] {
            switch byte {
            case UInt8(ascii: "\t"): return column
            case UInt8(ascii: " "): column += 1
            default: return nil
            }
        }
        return nil
    }

    // MARK: - Everything else

    /// What to say for a problem in libyaml's words.
    private struct Advice {
        var message: String
        var remedy: String
        /// Whether the place is where the construct begins rather than where the reader noticed.
        var meansStart = false
    }

    private func advice(_ problem: String, context: String, at place: SourcePosition) -> Advice {
        switch problem {
        case "found character that cannot start any token":
            return Advice(message: "a text cannot begin with '\(character(at: place))'", remedy: "put it into quotes")
        case "mapping values are not allowed in this context":
            if hasEarlierValue(before: place) {
                return Advice(
                    message: "there is a second ': ' in this line",
                    remedy: "put a text that holds ': ' into quotes, or begin a line for each key"
                )
            }
            return Advice(
                message: "this line goes on from the one before, so no ': ' can stand in it",
                remedy: "indent it like its neighbours, and end the key before it with ':'"
            )
        case "could not find expected ':'":
            return Advice(
                message: "this line is not a 'key: value'",
                remedy: "write a ':' and a space after the key, or indent the line if it goes on from the one before",
                meansStart: true
            )
        case "did not find expected key", "did not find expected '-' indicator":
            return Advice(
                message: "this does not fit what is around it",
                remedy: "indent it exactly like the lines that belong to the same level, or put the text before it into quotes"
            )
        case "block sequence entries are not allowed in this context":
            return Advice(message: "a list cannot begin here", remedy: "begin '- ' on a line of its own below the key")
        case "mapping keys are not allowed in this context":
            return Advice(
                message: "a key cannot begin here",
                remedy: "begin it on a line of its own; put a text that begins with '?' into quotes"
            )
        case "did not find expected ',' or ']'":
            return Advice(
                message: "the list in brackets that begins here does not end",
                remedy: "write ',' between its items and ']' after them",
                meansStart: true
            )
        case "did not find expected ',' or '}'":
            return Advice(
                message: "what begins with '{' here does not end",
                remedy: "write ',' between its keys and '}' after them; put a text that begins with '{' into quotes",
                meansStart: true
            )
        case "did not find expected node content":
            return Advice(message: "a value is missing here", remedy: "write one, or put a text with such characters into quotes")
        case "found unexpected end of stream", "found unexpected document indicator":
            return Advice(
                message: "the quote that opens here is not closed",
                remedy: "write the same quote at the end of the text",
                meansStart: true
            )
        case "found unknown escape character", "did not find expected hexdecimal number", "found invalid Unicode character escape code":
            return Advice(
                message: "this is not an escape that double quotes know",
                remedy: "write a backslash as \\\\, or use single quotes, which know no escapes"
            )
        case "did not find expected alphabetic or numeric character":
            return Advice(
                message: "a text cannot begin with '\(context.hasSuffix("anchor") ? "&" : "*")'",
                remedy: "put it into quotes",
                meansStart: true
            )
        case "did not find expected comment or line break":
            return Advice(message: "text follows the '|' or '>' that announces it", remedy: "begin the text on the next line, indented")
        case "found a tab character where an indentation space is expected", "found a tab character that violates indentation":
            return Advice(message: "there is a tab in the indentation here", remedy: "indent with spaces")
        case "found an indentation indicator equal to 0":
            return Advice(message: "an indentation of 0 is not possible", remedy: "write '|' or '>' alone")
        case "found unexpected ':'":
            return Advice(message: "there is a ':' inside this text", remedy: "put the text into quotes")
        case "did not find expected <document start>":
            return Advice(message: "something follows the end of the document", remedy: "begin a document with a line '---'")
        case "found incompatible YAML document":
            return Advice(message: "this version of YAML is not supported", remedy: "remove the %YAML line, or write %YAML 1.1 or 1.2")
        case _ where problem.hasPrefix("Maximum nesting level reached"):
            return Advice(message: "this is nested more than \(DocumentComposer.depthLimit) levels deep", remedy: "write it flatter")
        case _ where context.contains("tag"), "found undefined tag handle":
            return Advice(
                message: "the tag that begins with '!' here is not complete",
                remedy: "remove it, or put the text into quotes",
                meansStart: true
            )
        case _ where context.contains("directive"), _ where problem.contains("directive"):
            return Advice(
                message: "this directive is not one of YAML",
                remedy: "remove the line; put a text that begins with '%' into quotes",
                meansStart: true
            )
        default:
            return Advice(message: "this is not YAML: \(context.isEmpty ? "" : "\(context), ")\(problem)", remedy: "correct it")
        }
    }

    /// Whether the place is the brace of a `${`.
    private func opensReference(at place: SourcePosition) -> Bool {
        var locator = SourceLocator(source)
        guard let offset = locator.byteOffset(of: place), (1..<source.bytes.count).contains(offset) else { return false }
        return source.bytes[offset] == UInt8(ascii: "{") && source.bytes[offset - 1] == UInt8(ascii: "$")
    }

    /// Whether a value begins in the same line before that place.
    private func hasEarlierValue(before place: SourcePosition) -> Bool {
        guard let line = source.line(place.line) else { return false }
        var last: Unicode.Scalar = " "
        for scalar in line.unicodeScalars.prefix(place.column - 1) {
            if last == ":", scalar == " " || scalar == "\t" { return true }
            last = scalar
        }
        return false
    }

    private func character(at place: SourcePosition) -> String {
        var locator = SourceLocator(source)
        guard let offset = locator.byteOffset(of: place), offset < source.bytes.count else { return " " }
        return String(Character(source.bytes.scalar(at: offset)))
    }
}
