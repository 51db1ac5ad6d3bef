/// Why a text or some bytes are not a value of their type.
public struct FunctionValueError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in a sentence without a full stop.
    public let message: String
    /// What to write or send instead, in a sentence without a full stop.
    public let remedy: String

    public init(_ message: String, remedy: String) {
        self.message = message
        self.remedy = remedy
    }

    public var description: String { "\(message); \(remedy)" }
}
