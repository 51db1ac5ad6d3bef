/// Why a text is not the typename, target or address that it should be.
public struct TypeNameError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in a sentence without a full stop.
    public let message: String
    /// What to write instead, in a sentence without a full stop.
    public let remedy: String
    /// Where in the text the problem begins, in characters from 0.
    public let offset: Int
    /// How many characters are meant, at least 1.
    public let length: Int

    public init(_ message: String, remedy: String, offset: Int = 0, length: Int = 1) {
        self.message = message
        self.remedy = remedy
        self.offset = offset
        self.length = max(1, length)
    }

    public var description: String { "\(message); \(remedy)" }
}
