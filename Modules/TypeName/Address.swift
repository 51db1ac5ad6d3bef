/// One function with a state of its own: a typename and an id (HTTP Function Endpoint, "Max Batch Requests").
///
/// The id is any text, the empty one included. Two addresses are equal where their bytes are equal.
public struct Address: Hashable, Sendable {
    /// The type of the function.
    public let typeName: TypeName
    private let idText: ExactText

    /// Which one of that type.
    public var id: String { idText.text }

    public init(_ typeName: TypeName, id: String) {
        self.typeName = typeName
        self.idText = ExactText(id)
    }

    /// Reads `namespace/name/id`. The id is everything after the second slash, more slashes included.
    /// - Throws: ``TypeNameError`` where the typename is not one or the id is missing or empty.
    public init(parsing text: String) throws(TypeNameError) {
        let remedy = "write namespace/name/id, such as com.example/greeter/Bob"
        guard !text.isEmpty else { throw TypeNameError("the address is empty", remedy: remedy) }
        let parts = text.unicodeScalars.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).map(Substring.init)
        guard parts.count > 1 else {
            throw TypeNameError("\(text.quoted) names no function and no id", remedy: remedy, length: text.count)
        }
        let typeName = try TypeName(checking: parts[0], parts[1])
        guard parts.count == 3, !parts[2].isEmpty else {
            throw TypeNameError("\(text.quoted) has no id", remedy: remedy, length: text.count)
        }
        self.init(typeName, id: String(parts[2]))
    }
}

extension Address: CustomStringConvertible {
    /// `namespace/name/id`, which ``init(parsing:)`` reads unless the id is empty.
    public var description: String { "\(typeName)/\(id)" }
}

extension Address: Comparable {
    /// By typename, then by id, byte by byte.
    public static func < (left: Self, right: Self) -> Bool {
        (left.typeName, left.idText) < (right.typeName, right.idText)
    }
}

extension Address: Codable {
    private enum Key: String, CodingKey {
        case type
        case id
    }

    /// Reads `type`, a typename, and `id`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(try container.decode(TypeName.self, forKey: .type), id: try container.decode(String.self, forKey: .id))
    }

    /// Writes `type` and `id` apart, because the text form has no empty id.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(typeName, forKey: .type)
        try container.encode(id, forKey: .id)
    }
}
