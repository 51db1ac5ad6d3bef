/// One of the two parts of a typename, and what it may hold.
enum NamePart: String {
    case namespace
    case name

    /// What somebody sees who wrote a typename wrongly.
    static let typeNameRemedy = "write namespace/name, such as com.example/greeter"

    /// Checks a part of a typename as it may come from anywhere, the wire included.
    /// - Parameter offset: where the part begins in the text that the error will point into.
    func check(_ text: Substring, offset: @autoclosure () -> Int) throws(TypeNameError) {
        guard !text.isPlain else { return }
        let offset = offset()
        guard !text.isEmpty else {
            throw TypeNameError("the \(rawValue) is empty", remedy: Self.typeNameRemedy, offset: offset)
        }
        if let star = text.unicodeScalars.firstIndex(of: "*") {
            throw TypeNameError(
                "a \(rawValue) cannot hold '*': a typename means one function",
                remedy: Self.typeNameRemedy,
                offset: offset + text.distance(from: text.startIndex, to: star)
            )
        }
        if let slash = text.unicodeScalars.firstIndex(of: "/") {
            throw TypeNameError(
                "a \(rawValue) cannot hold '/'",
                remedy: Self.typeNameRemedy,
                offset: offset + text.distance(from: text.startIndex, to: slash)
            )
        }
        try refuse(in: text, offset: offset, where: \.isControl)
        for (place, character) in [(0, text.first), (text.count - 1, text.last)] {
            guard let scalar = character?.unicodeScalars.first, scalar.properties.isWhitespace else { continue }
            throw TypeNameError(
                "the \(rawValue) \(place == 0 ? "begins" : "ends") with a space",
                remedy: "remove the space",
                offset: offset + place
            )
        }
    }

    /// Checks that nobody would take the part, written in a file, for something else: a list of two, or another word
    /// that looks the same.
    func checkAsWritten(_ text: Substring, namespace: Substring, offset: @autoclosure () -> Int) throws(TypeNameError) {
        guard !text.isPlain else { return }
        let offset = offset()
        let remedy =
            switch self {
            case .namespace: "remove it"
            case .name: "write one name; \("\(namespace)/*".quoted) covers functions whose name holds it"
            }
        try refuse(in: text, offset: offset, remedy: remedy) { $0.properties.isWhitespace || $0.properties.generalCategory == .format }
    }

    private func refuse(
        in text: Substring,
        offset: Int,
        remedy: String = "remove it",
        where isRefused: (Unicode.Scalar) -> Bool
    ) throws(TypeNameError) {
        guard let index = text.unicodeScalars.firstIndex(where: isRefused) else { return }
        let scalar = text.unicodeScalars[index]
        throw TypeNameError(
            "a \(rawValue) cannot hold \(scalar == " " ? "a space" : scalar.codePoint)",
            remedy: remedy,
            offset: offset + text.distance(from: text.startIndex, to: index)
        )
    }
}

extension Substring {
    /// Whether the text is like almost every part of a typename, with nothing in it that is refused anywhere: visible ASCII without
    /// `*` and `/`.
    fileprivate var isPlain: Bool {
        !isEmpty && utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "/") }
    }
}

extension Unicode.Scalar {
    /// Whether the scalar would break a line or drive a terminal.
    var isControl: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// The scalar as `U+0009`.
    var codePoint: String {
        let digits = String(value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension StringProtocol {
    /// The text for a message: in quotes, on one line, and not longer than a line.
    var quoted: String {
        let limit = 80
        let shown = unicodeScalars.prefix(limit).map { $0.isControl ? "<\($0.codePoint)>" : String($0) }.joined()
        return "'\(shown)\(unicodeScalars.dropFirst(limit).isEmpty ? "" : "…")'"
    }
}
