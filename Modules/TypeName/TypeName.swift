/// The logical type of a function: a namespace and a name, written `com.example/greeter`
/// (HTTP Function Endpoint, "Target functions").
///
/// Neither part is empty, holds `/`, `*` or a control character, or begins or ends with a space. Two typenames are equal
/// where their bytes are equal. Hashing one takes the same short time whatever its length.
public struct TypeName: Hashable, Sendable {
    /// Everything before the slash.
    public let namespace: String
    /// Everything after the slash.
    public let name: String
    /// Both parts, hashed once with the seed of this process; a typename is looked up many times in its life.
    let fingerprint: Int

    var namespaceText: ExactText { ExactText(known: namespace) }
    var nameText: ExactText { ExactText(known: name) }

    /// Makes a typename of its parts.
    /// - Throws: ``TypeNameError`` where a part cannot stand in a typename; its offset counts in `namespace/name`.
    public init(namespace: String, name: String) throws(TypeNameError) {
        try self.init(checking: namespace[...], name[...])
    }

    /// Reads `namespace/name`.
    /// - Throws: ``TypeNameError`` for everything else.
    public init(parsing text: String) throws(TypeNameError) {
        guard !text.isEmpty else { throw TypeNameError("the typename is empty", remedy: NamePart.typeNameRemedy) }
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            throw TypeNameError("\(text.quoted) has no slash", remedy: NamePart.typeNameRemedy, length: text.count)
        }
        try self.init(checking: text[..<slash], text[text.utf8.index(after: slash)...])
    }

    /// - Parameters:
    ///   - namespace: that of another typename, and so is `name`.
    init(known namespace: String, _ name: String, fingerprint: Int) {
        self.namespace = namespace
        self.name = name
        self.fingerprint = fingerprint
    }

    init(checking namespace: Substring, _ name: Substring) throws(TypeNameError) {
        try NamePart.namespace.check(namespace, offset: 0)
        try NamePart.name.check(name, offset: namespace.count + 1)
        let (namespaceText, nameText) = (ExactText(namespace), ExactText(name))
        self.namespace = namespaceText.text
        self.name = nameText.text
        var hasher = Hasher()
        hasher.combine(namespaceText)
        hasher.combine(nameText)
        fingerprint = hasher.finalize()
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.fingerprint == right.fingerprint && left.nameText == right.nameText && left.namespaceText == right.namespaceText
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(fingerprint)
    }
}

extension TypeName: CustomStringConvertible {
    /// `namespace/name`, which ``init(parsing:)`` reads.
    public var description: String { "\(namespace)/\(name)" }
}

extension TypeName: Comparable {
    /// By namespace, then by name, byte by byte.
    public static func < (left: Self, right: Self) -> Bool {
        (left.namespaceText, left.nameText) < (right.namespaceText, right.nameText)
    }
}

extension TypeName: Codable {
    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        self = try decoder.decodeText(TypeName.init(parsing:))
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Decoder {
    /// Reads a value of this module from its text form.
    func decodeText<Value>(_ parse: (String) throws(TypeNameError) -> Value) throws -> Value {
        let container = try singleValueContainer()
        let text = try container.decode(String.self)
        do throws(TypeNameError) {
            return try parse(text)
        } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }
}
