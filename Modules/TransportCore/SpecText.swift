/// A value that a spec writes as text, such as a target or a URL template.
///
/// `SpecParser` is generic over such values, so it reads them without knowing them. Whoever assembles the modules says
/// which types stand for a target and for a URL template.
public protocol SpecText: Hashable, Sendable {
    /// Reads the value.
    /// - Throws: ``SpecTextError`` where `text` does not mean such a value.
    init(specText text: String) throws(SpecTextError)

    /// The text that ``init(specText:)`` reads as this value.
    var specText: String { get }
}

/// Why a text is not the value that it should be.
public struct SpecTextError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in a sentence without a full stop.
    public let message: String
    /// What to write instead, in a sentence without a full stop.
    public let remedy: String
    /// Where in the text the problem begins, in characters from 0.
    public let offset: Int
    /// How many characters are meant.
    public let length: Int

    public init(_ message: String, remedy: String, offset: Int = 0, length: Int = 1) {
        self.message = message
        self.remedy = remedy
        self.offset = offset
        self.length = length
    }

    public var description: String { "\(message); \(remedy)" }
}
