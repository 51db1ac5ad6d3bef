/// What a spec says under `transport`, as a tree with positions, for the factory of the chosen transport type to read
/// (HTTP Function Endpoint, "Transport": all fields under `spec.transport` configure the transport client).
///
/// A factory reads it either as any `Decodable` type with ``decode(_:)``, or option by option with an ``OptionReader``,
/// which reports every problem in one pass.
public struct TransportProperties: Sendable, Hashable {
    /// The file as the user named it, for messages.
    public let file: String
    /// The keys and values, `type` included. Positions lead into `file`.
    public let node: SpecNode

    public init(file: String, node: SpecNode) {
        self.file = file
        self.node = node
    }

    /// No properties at all: every option has its default.
    public static let none = TransportProperties(
        file: "",
        node: SpecNode(.mapping([]), at: SourcePosition(line: 1, column: 1))
    )

    /// The folder that relative paths start from: the one that holds the file.
    public var directory: String {
        guard let slash = file.lastIndex(of: "/") else { return "." }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }

    /// Reads the properties as a value of `type`, each key of the tree as a coding key.
    /// - Throws: ``SpecDiagnostic`` with the place of the first value that does not fit.
    public func decode<Value: Decodable>(_ type: Value.Type) throws(SpecDiagnostic) -> Value {
        try SpecNodeDecoder.decode(type, from: node, file: file)
    }
}
