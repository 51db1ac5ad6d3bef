/// A value that a function wants to keep and that its caller has not registered yet.
public struct MissingState: Hashable, Sendable {
    /// When a value is forgotten. Durations are whole milliseconds and never negative.
    public enum Expiration: Hashable, Sendable {
        /// Never.
        case never
        /// When it has not been written for so long.
        case afterWrite(Duration)
        /// When the function has not been called for so long.
        case afterInvocation(Duration)
    }

    /// The name that the function gives the value.
    public let name: String
    /// The type of the value, as `namespace/name`. It cannot change later.
    public let typename: String
    public let expiration: Expiration

    public init(_ name: String, typename: String, expiration: Expiration = .never) {
        self.name = name
        self.typename = typename
        self.expiration = expiration
    }

    /// A JSON object for programs: `name`, `typename`, and where it expires `expiration` with `mode` and `milliseconds`.
    public var json: String {
        var members = [(key: "name", json: JSONText.quoted(name)), ("typename", JSONText.quoted(typename))]
        switch expiration {
        case .never: break
        case .afterWrite(let duration): members.append(("expiration", Self.json("after-write", duration)))
        case .afterInvocation(let duration): members.append(("expiration", Self.json("after-invocation", duration)))
        }
        return JSONText.object(members)
    }

    private static func json(_ mode: String, _ duration: Duration) -> String {
        JSONText.object([("mode", JSONText.quoted(mode)), ("milliseconds", "\(duration.inWholeMilliseconds)")])
    }
}

extension Duration {
    /// Whole milliseconds; stops at the ends of `Int64` instead of overflowing.
    var inWholeMilliseconds: Int64 {
        let (thousands, overflow) = components.seconds.multipliedReportingOverflow(by: 1000)
        let (sum, sumOverflow) = thousands.addingReportingOverflow(components.attoseconds / 1_000_000_000_000_000)
        return overflow || sumOverflow ? (self < .zero ? .min : .max) : sum
    }
}
