/// Why an answer of a function is not one that can be applied. Nothing of such an answer is.
public struct MalformedAnswer: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which part of the answer is meant, by the name of its field and its place in the list, counted from 0, such as
    /// `outgoing_messages[2] to "example/greeter/Bob"`; empty where the answer as a whole is meant.
    public let item: String
    /// What is wrong, in a sentence without a full stop.
    public let message: String

    public init(_ item: String = "", _ message: String) {
        self.item = item
        self.message = message
    }

    public var description: String { item.isEmpty ? message : "\(item): \(message)" }
}
