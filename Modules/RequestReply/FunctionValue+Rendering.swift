extension FunctionValue {
    /// The value for somebody who reads a terminal, on one line and without the name of its type.
    ///
    /// Strings are quoted, JSON is shown as JSON, a record for Kafka by its parts, and other bytes as hexadecimal digits,
    /// the first ones where there are many.
    public var rendered: String {
        switch self {
        case .bool(let value): value.description
        case .int(let value): value.description
        case .long(let value): value.description
        case .float(let value): value.description
        case .double(let value): value.description
        case .string(let value): JSONText.quoted(value)
        case .custom(let typename, let bytes):
            if let record = KafkaRecord(typename: typename, bytes: bytes) {
                record.rendered
            } else {
                JSONText.compacted(bytes) ?? Self.renderedBytes(bytes)
            }
        }
    }

    /// The value as a JSON object for programs: `typename`, and what it holds as `value`, or as `base64` where it is
    /// neither of a built-in type nor JSON nor a record for Kafka. Numbers that JSON does not have are text.
    public var json: String {
        JSONText.object([("typename", JSONText.quoted(typename)), jsonMember])
    }

    private var jsonMember: (key: String, json: String) {
        switch self {
        case .bool(let value): ("value", value.description)
        case .int(let value): ("value", value.description)
        case .long(let value): ("value", value.description)
        case .float(let value): ("value", JSONText.number(value))
        case .double(let value): ("value", JSONText.number(value))
        case .string(let value): ("value", JSONText.quoted(value))
        case .custom(let typename, let bytes):
            if let record = KafkaRecord(typename: typename, bytes: bytes) {
                ("value", record.json)
            } else {
                Self.jsonMember(bytes)
            }
        }
    }

    static func jsonMember(_ bytes: [UInt8]) -> (key: String, json: String) {
        JSONText.compacted(bytes).map { ("value", $0) } ?? ("base64", JSONText.quoted(Base64.encode(bytes)))
    }

    static func renderedBytes(_ bytes: [UInt8]) -> String {
        let limit = 32
        guard !bytes.isEmpty else { return "0 bytes" }
        let digits = bytes.prefix(limit).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "\(bytes.count) byte\(bytes.count == 1 ? "" : "s") \(digits)\(bytes.count > limit ? "…" : "")"
    }
}
