internal import TransportCore

/// A template's text, cut at its placeholders.
struct TemplateText: Hashable, Sendable {
    /// A piece of the text.
    enum Segment: Hashable, Sendable {
        case literal(String)
        case functionName

        /// How many characters of the template the piece takes.
        var length: Int {
            switch self {
            case .literal(let text): text.count
            case .functionName: TemplateText.functionNamePlaceholder.count
            }
        }
    }

    /// The only placeholder that there is (HTTP Function Endpoint, "URL Template").
    static let functionNamePlaceholder = "{function.name}"

    let segments: [Segment]

    /// Whether the function's name changes the text.
    var hasPlaceholder: Bool { segments.contains(.functionName) }

    /// Cuts a text.
    /// - Throws: `SpecTextError` for any other `{…}` and for a brace without its partner.
    init(_ text: String) throws(SpecTextError) {
        let remedy = "\(Self.functionNamePlaceholder) is all that can stand in braces; write a literal '{' as %7B and a literal '}' as %7D"
        let isBrace: (Character) -> Bool = { $0 == "{" || $0 == "}" }
        var segments: [Segment] = []
        var rest = text[...]
        while let open = rest.firstIndex(where: isBrace) {
            let offset = text.distance(from: text.startIndex, to: open)
            guard rest[open] == "{" else {
                throw SpecTextError("no '{' belongs to this '}'", remedy: remedy, offset: offset)
            }
            let inside = rest[rest.index(after: open)...]
            guard let close = inside.firstIndex(where: isBrace), inside[close] == "}" else {
                throw SpecTextError("no '}' belongs to this '{'", remedy: remedy, offset: offset)
            }
            let placeholder = rest[open...close]
            guard placeholder == Self.functionNamePlaceholder else {
                let isShowable = placeholder.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 0x20 && $0.value != 0x7F }
                throw SpecTextError(
                    "\(isShowable ? "'\(placeholder)'" : "this") is not a placeholder",
                    remedy: remedy,
                    offset: offset,
                    length: placeholder.count
                )
            }
            if open > rest.startIndex {
                segments.append(.literal(String(rest[..<open])))
            }
            segments.append(.functionName)
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty {
            segments.append(.literal(String(rest)))
        }
        self.segments = segments
    }

    /// The text with `value` in place of every placeholder.
    func expanded(with value: String) -> String {
        var text = ""
        for segment in segments {
            switch segment {
            case .literal(let literal): text += literal
            case .functionName: text += value
            }
        }
        return text
    }

    /// Where a range of ``expanded(with:)`` comes from in the template, and whether a placeholder is part of it.
    ///
    /// The two texts count alike but for their placeholders; one that the range touches counts as a whole.
    func origin(of range: Range<Int>, with value: String) -> (range: Range<Int>, touchesPlaceholder: Bool) {
        var written = 0
        var expanded = 0
        var lower: Int?
        var upper = 0
        var touches = false
        for segment in segments {
            let isName = segment == .functionName
            let end = expanded + (isName ? value.count : segment.length)
            if range.lowerBound < end, range.upperBound > expanded {
                lower = lower ?? (isName ? written : written + range.lowerBound - expanded)
                upper = isName ? written + segment.length : written + min(range.upperBound, end) - expanded
                touches = touches || isName
            }
            written += segment.length
            expanded = end
        }
        let start = lower ?? written
        return (start..<max(start + 1, upper), touches)
    }
}
