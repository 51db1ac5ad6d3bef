/// Whom a message comes from or goes to, as a message of the protocol says it.
public struct MessageAddress: Hashable, Sendable, CustomStringConvertible {
    /// The namespace of the function's type.
    public var namespace: String
    /// The name of the function's type.
    public var type: String
    /// Which one of that type; any text.
    public var id: String

    public init(namespace: String, type: String, id: String) {
        self.namespace = namespace
        self.type = type
        self.id = id
    }

    /// The address that a message holds; nothing is checked.
    public init(_ wire: WireAddress) {
        self.init(namespace: wire.namespace, type: wire.type, id: wire.id)
    }

    /// The address as a message holds it.
    public var wire: WireAddress {
        var wire = WireAddress()
        wire.namespace = namespace
        wire.type = type
        wire.id = id
        return wire
    }

    /// `namespace/type/id`
    public var description: String { "\(namespace)/\(type)/\(id)" }
}
