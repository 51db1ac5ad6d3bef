/// The types that every SDK knows without being told.
public enum BuiltInType: String, Hashable, Sendable, CaseIterable {
    case bool
    case int
    case long
    case float
    case double
    case string

    /// The namespace of their typenames.
    public static let namespace = "io.statefun.types"

    /// The name that travels with a value, such as `io.statefun.types/int`.
    public var typename: String {
        switch self {
        case .bool: "io.statefun.types/bool"
        case .int: "io.statefun.types/int"
        case .long: "io.statefun.types/long"
        case .float: "io.statefun.types/float"
        case .double: "io.statefun.types/double"
        case .string: "io.statefun.types/string"
        }
    }

    /// The type that a typename means; `nil` for every other typename.
    public init?(typename: String) {
        // Asked for every value, most of which are of another namespace.
        guard typename.hasPrefix("io.statefun.types/") else { return nil }
        self.init(rawValue: String(Substring(typename.utf8.dropFirst(Self.namespace.utf8.count + 1))))
    }
}
