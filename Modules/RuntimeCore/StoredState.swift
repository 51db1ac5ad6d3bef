/// One value that an address keeps, as a store holds it.
public struct StoredState: Hashable, Sendable {
    /// Whose value it is.
    public let address: RuntimeAddress
    /// The name that it was registered under.
    public let name: String
    /// The bytes of a `TypedValue` message.
    public let value: [UInt8]
    /// From when on the value counts as deleted; `nil` for never.
    public let expires: WallTime?

    public init(address: RuntimeAddress, name: String, value: [UInt8], expires: WallTime? = nil) {
        self.address = address
        self.name = name
        self.value = value
        self.expires = expires
    }
}

/// What becomes of one value.
public enum StateChange: Hashable, Sendable {
    /// It is this from now on.
    case set(StoredState)
    /// It is not there any more.
    case clear(RuntimeAddress, name: String)
}
