/// The functions that an endpoint is for: one function, or every function of a namespace
/// (HTTP Function Endpoint, "Target functions").
///
/// Written `com.example/greeter` or `com.example/*`. As the documentation calls the name optional, `com.example` and
/// `com.example/` mean `com.example/*`. There is no other pattern.
public struct TargetFunctions: Hashable, Sendable {
    /// How closely a target fits the functions that it covers. The greater one wins.
    public enum Precision: Int, Hashable, Sendable, Comparable, CaseIterable {
        /// Every function of the namespace.
        case namespace
        /// One function.
        case exact

        public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// The namespace of every function that is meant.
    public let namespace: String
    /// The name of the one function that is meant. Not a whole ``TypeName``, so that tables of many targets stay small.
    private let name: String?
    /// That of the one function that is meant; 0 where every function of the namespace is.
    let fingerprint: Int

    /// The one function that is meant; `nil` where every function of the namespace is.
    public var typeName: TypeName? {
        name.map { TypeName(known: namespace, $0, fingerprint: fingerprint) }
    }

    var namespaceText: ExactText { ExactText(known: namespace) }
    private var nameText: ExactText? { name.map { ExactText(known: $0) } }

    /// Whether one function or a whole namespace is meant.
    public var precision: Precision { name == nil ? .namespace : .exact }

    /// The target that means one function.
    /// - Throws: ``TypeNameError`` where the typename holds a space or an invisible character, which no target does.
    public init(exactly typeName: TypeName) throws(TypeNameError) {
        let namespace = typeName.namespace[...]
        try NamePart.namespace.checkAsWritten(namespace, namespace: namespace, offset: 0)
        try NamePart.name.checkAsWritten(typeName.name[...], namespace: namespace, offset: namespace.count + 1)
        self.namespace = typeName.namespace
        name = typeName.name
        fingerprint = typeName.fingerprint
    }

    /// The target that means every function of a namespace.
    /// - Throws: ``TypeNameError`` where `namespace` is empty or holds `/`, `*`, a space, a control character or an
    ///   invisible one.
    public init(namespace: String) throws(TypeNameError) {
        try self.init(checkingNamespace: namespace[...])
    }

    private init(checkingNamespace namespace: Substring) throws(TypeNameError) {
        try NamePart.namespace.check(namespace, offset: 0)
        try NamePart.namespace.checkAsWritten(namespace, namespace: namespace, offset: 0)
        self.namespace = ExactText(namespace).text
        name = nil
        fingerprint = 0
    }

    private init(known namespace: String, _ name: String?, fingerprint: Int) {
        self.namespace = namespace
        self.name = name
        self.fingerprint = fingerprint
    }

    /// Reads `namespace/name`, `namespace/*`, `namespace/` or `namespace`.
    /// - Throws: ``TypeNameError`` for everything else.
    public init(parsing text: String) throws(TypeNameError) {
        let remedy = "write namespace/name for one function or namespace/* for every function of a namespace"
        guard !text.isEmpty else { throw TypeNameError("the target is empty", remedy: remedy) }
        let slash = text.utf8.firstIndex(of: UInt8(ascii: "/"))
        let namespace = text[..<(slash ?? text.endIndex)]
        guard !namespace.isEmpty else {
            throw TypeNameError("\(text.quoted) has no namespace before the slash", remedy: remedy)
        }
        if let star = namespace.utf8.firstIndex(of: UInt8(ascii: "*")) {
            throw TypeNameError(
                "a namespace cannot hold '*': no target covers more than one namespace",
                remedy: "write one endpoint for each namespace, such as com.example/*",
                offset: text.distance(from: text.startIndex, to: star)
            )
        }
        let name = slash.map { text[text.utf8.index(after: $0)...] } ?? ""
        if let second = name.utf8.firstIndex(of: UInt8(ascii: "/")) {
            throw TypeNameError(
                "a target has one slash, and a second one stands here",
                remedy: remedy,
                offset: text.distance(from: text.startIndex, to: second)
            )
        }
        guard !name.isEmpty, name != "*" else {
            try self.init(checkingNamespace: namespace)
            return
        }
        if let star = name.utf8.firstIndex(of: UInt8(ascii: "*")) {
            throw TypeNameError(
                "\(name.quoted) is not a pattern: '*' stands alone, for every function of a namespace",
                remedy: "write \("\(namespace)/*".quoted) for all of them or the whole name of one",
                offset: text.distance(from: text.startIndex, to: star)
            )
        }
        try self.init(exactly: TypeName(checking: namespace, name))
    }

    /// The same target, with the text of the other one's namespace where that is the same.
    func sharingNamespace(of other: TargetFunctions?) -> TargetFunctions {
        guard let other, other.namespaceText == namespaceText else { return self }
        return TargetFunctions(known: other.namespace, name, fingerprint: fingerprint)
    }

    /// Whether a function is one of those that are meant.
    public func covers(_ function: TypeName) -> Bool {
        name == nil ? namespaceText == function.namespaceText : isExactly(function)
    }

    /// Whether a function is the only one that is meant.
    func isExactly(_ function: TypeName) -> Bool {
        // Not as two optional texts, which generic code would compare.
        guard fingerprint == function.fingerprint, let nameText else { return false }
        return nameText == function.nameText && namespaceText == function.namespaceText
    }
}

extension TargetFunctions {
    public static func == (left: Self, right: Self) -> Bool {
        left.fingerprint == right.fingerprint && left.nameText == right.nameText && left.namespaceText == right.namespaceText
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(namespaceText)
        hasher.combine(fingerprint)
    }
}

extension TargetFunctions: CustomStringConvertible {
    /// `namespace/name` or `namespace/*`, which ``init(parsing:)`` reads.
    public var description: String { typeName?.description ?? "\(namespace)/*" }
}

extension TargetFunctions: Comparable {
    /// By namespace, and within one the target for all of it first, then by name.
    public static func < (left: Self, right: Self) -> Bool {
        guard left.namespaceText == right.namespaceText else { return left.namespaceText < right.namespaceText }
        guard let leftName = left.nameText else { return right.nameText != nil }
        guard let rightName = right.nameText else { return false }
        return leftName < rightName
    }
}

extension TargetFunctions: Codable {
    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        self = try decoder.decodeText(TargetFunctions.init(parsing:))
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
