/// Something that a file's author should know: what is wrong, where, and what to write instead.
public struct SpecDiagnostic: Error, Hashable, Sendable {
    /// How bad it is.
    public enum Severity: String, Hashable, Sendable, CaseIterable {
        /// The file cannot be used as it is.
        case error
        /// The file works, but probably not as its author thinks. Strict mode turns it into an error.
        case warning
    }

    public var severity: Severity
    /// The file as the user named it; `nil` until whoever knows the name fills it in.
    public var file: String?
    /// `nil` where the whole file is meant.
    public var position: SourcePosition?
    /// How many Unicode scalars from `position` on are meant, at least 1.
    public var length: Int
    /// What is wrong, in a sentence without a full stop.
    public var message: String
    /// What to write instead, in a sentence without a full stop.
    public var remedy: String
    /// The text to write instead where that takes several lines, such as a document in its current form; without a
    /// line break at its end.
    public var replacement: String?

    public init(
        _ severity: Severity,
        at position: SourcePosition?,
        length: Int = 1,
        _ message: String,
        remedy: String,
        replacement: String? = nil,
        file: String? = nil
    ) {
        self.severity = severity
        self.file = file
        self.position = position
        self.length = max(1, length)
        self.message = message
        self.remedy = remedy
        self.replacement = replacement
    }
}

extension SpecDiagnostic: CustomStringConvertible {
    /// `file:line:column: error: what, and what to write instead`, on one line.
    public var description: String {
        var text = file.map { "\($0):" } ?? ""
        if let position {
            text += "\(position.line):\(position.column):"
        }
        if !text.isEmpty {
            text += " "
        }
        return text + "\(severity.rawValue): \(message); \(remedy)"
    }
}
