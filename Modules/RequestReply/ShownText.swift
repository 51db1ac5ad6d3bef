extension Unicode.Scalar {
    /// Whether a terminal shows the scalar as what it is: no control character, no line break, nothing invisible that
    /// changes how its neighbours look.
    var isShowable: Bool {
        // The joiners are invisible as well, but they are part of emoji and of words in several scripts.
        if self == "\u{200C}" || self == "\u{200D}" { return true }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}

extension String {
    /// The text for a message: in quotes, and not longer than a line.
    var shownShort: String {
        let limit = 80
        let shown = JSONText.quoted(String(String.UnicodeScalarView(unicodeScalars.prefix(limit))))
        return unicodeScalars.dropFirst(limit).isEmpty ? shown : "\(shown.dropLast())…\""
    }
}
