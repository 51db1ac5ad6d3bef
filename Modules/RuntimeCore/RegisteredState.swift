/// A value that the functions of one type have declared. It stays registered, also after a restart.
public struct RegisteredState: Hashable, Sendable {
    /// When a value is forgotten.
    public enum Expiration: Hashable, Sendable {
        /// Never.
        case never
        /// When it has not been written for so many milliseconds.
        case afterWrite(milliseconds: Int64)
        /// When the function has not been called for so many milliseconds.
        case afterInvocation(milliseconds: Int64)
    }

    /// The function type as `namespace/name`.
    public let functionType: String
    /// The name that the functions give the value; unique within their type.
    public let name: String
    /// The type of the value as `namespace/name`. It never changes.
    public let typename: String
    public let expiration: Expiration

    public init(functionType: String, name: String, typename: String, expiration: Expiration) {
        self.functionType = functionType
        self.name = name
        self.typename = typename
        self.expiration = expiration
    }
}
