/// A value that functions send, receive and keep: one of a built-in type, or bytes with the name of their type.
///
/// Integers have the width of their type on the wire. Comparing `float` and `double` values follows their own rules, so
/// one that is not a number equals nothing.
public enum FunctionValue: Hashable, Sendable {
    /// `io.statefun.types/bool`
    case bool(Bool)
    /// `io.statefun.types/int`
    case int(Int32)
    /// `io.statefun.types/long`
    case long(Int64)
    /// `io.statefun.types/float`
    case float(Float)
    /// `io.statefun.types/double`
    case double(Double)
    /// `io.statefun.types/string`
    case string(String)
    /// Any other type. What the bytes mean is between the functions.
    case custom(typename: String, bytes: [UInt8])

    /// The name of the value's type, as `namespace/name`.
    public var typename: String { builtInType?.typename ?? customTypename }

    /// The built-in type of the value; `nil` where it has another one.
    public var builtInType: BuiltInType? {
        switch self {
        case .bool: .bool
        case .int: .int
        case .long: .long
        case .float: .float
        case .double: .double
        case .string: .string
        case .custom: nil
        }
    }

    private var customTypename: String {
        if case .custom(let typename, _) = self { typename } else { "" }
    }

    /// The typename of what a function sends to a Kafka egress.
    public static let kafkaProducerRecordTypename = "type.googleapis.com/io.statefun.sdk.egress.KafkaProducerRecord"
}
