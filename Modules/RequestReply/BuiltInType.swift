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
    public var typename: String { "\(Self.namespace)/\(rawValue)" }

    /// The type that a typename means; `nil` for every other typename.
    public init?(typename: String) {
        guard typename.hasPrefix("\(Self.namespace)/") else { return nil }
        self.init(rawValue: String(typename.dropFirst(Self.namespace.count + 1)))
    }
}
