/// The keys of a mapping.
struct NodeKeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let decoder: NodeDecoder
    private let values: [String: SpecNode]

    init(decoder: NodeDecoder) {
        self.decoder = decoder
        // The first of two equal keys counts, as everywhere where a tree is read.
        self.values = Dictionary(decoder.node.entries.map { ($0.key, $0.value) }) { first, _ in first }
    }

    var codingPath: [any CodingKey] { decoder.codingPath }

    var allKeys: [Key] { decoder.node.entries.compactMap { Key(stringValue: $0.key) } }

    func contains(_ key: Key) -> Bool { values[key.stringValue] != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try value(key).node.content == .null }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try value(key).decode(type) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try value(key).decode(type) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try value(key).decode(floatingPoint: type) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try value(key).decode(floatingPoint: type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try value(key).decode(integer: type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try value(key).decode(integer: type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try value(key).decode(integer: type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try value(key).decode(integer: type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try value(key).decode(integer: type) }
    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try value(key).decode(integer: type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try value(key).decode(integer: type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try value(key).decode(integer: type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try value(key).decode(integer: type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try value(key).decode(integer: type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try value(key).decode(integer: type) }
    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try value(key).decode(integer: type) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try value(key).decode(type) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try value(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try value(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try value(SuperKey()) }

    func superDecoder(forKey key: Key) throws -> any Decoder { try value(key) }

    private func value(_ key: any CodingKey) throws(SpecDiagnostic) -> NodeDecoder {
        if let node = values[key.stringValue] { return decoder.child(node, key: key) }
        let name = key.stringValue
        guard let written = decoder.node.entries.first(where: { NearestName.of($0.key, among: [name]) != nil }) else {
            throw decoder.diagnostic("\(decoder.subject) has no key '\(name)'", "add '\(name): …'", length: 1)
        }
        throw SpecDiagnostic(
            .error,
            at: written.keyPosition,
            length: written.key.count,
            "\(decoder.subject) has no key '\(name)', but '\(written.key)'",
            remedy: "write '\(name)' if that is meant",
            file: decoder.file
        )
    }
}

/// The key below which a class leaves the values of its superclass, as in the coders of Foundation.
private struct SuperKey: CodingKey {
    init() {}

    init?(stringValue: String) {
        guard stringValue == "super" else { return nil }
    }

    init?(intValue: Int) {
        nil
    }

    var stringValue: String { "super" }
    var intValue: Int? { nil }
}

/// The items of a list, one after the other.
struct NodeUnkeyedContainer: UnkeyedDecodingContainer {
    private let decoder: NodeDecoder
    private let items: [SpecNode]
    private(set) var currentIndex = 0

    init(decoder: NodeDecoder) {
        self.decoder = decoder
        self.items = decoder.node.items
    }

    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { items.count }
    var isAtEnd: Bool { currentIndex >= items.count }

    mutating func decodeNil() throws -> Bool {
        guard try current().node.content == .null else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try next { try $0.decode(type) } }
    mutating func decode(_ type: String.Type) throws -> String { try next { try $0.decode(type) } }
    mutating func decode(_ type: Double.Type) throws -> Double { try next { try $0.decode(floatingPoint: type) } }
    mutating func decode(_ type: Float.Type) throws -> Float { try next { try $0.decode(floatingPoint: type) } }
    mutating func decode(_ type: Int.Type) throws -> Int { try next { try $0.decode(integer: type) } }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try next { try $0.decode(integer: type) } }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try next { try $0.decode(integer: type) } }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try next { try $0.decode(integer: type) } }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try next { try $0.decode(integer: type) } }
    mutating func decode(_ type: Int128.Type) throws -> Int128 { try next { try $0.decode(integer: type) } }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try next { try $0.decode(integer: type) } }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try next { try $0.decode(integer: type) } }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try next { try $0.decode(integer: type) } }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try next { try $0.decode(integer: type) } }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try next { try $0.decode(integer: type) } }
    mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try next { try $0.decode(integer: type) } }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try next { try $0.decode(type) } }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try next { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder {
        try next { $0 }
    }

    private func current() throws(SpecDiagnostic) -> NodeDecoder {
        guard currentIndex < items.count else {
            throw decoder.diagnostic(
                "\(decoder.subject) has only \(items.count) item\(items.count == 1 ? "" : "s")",
                "add what is missing to the list",
                length: 1
            )
        }
        return decoder.child(items[currentIndex], key: ListIndex(currentIndex))
    }

    /// Reads the current item; goes on only where that worked, as containers do.
    private mutating func next<Value>(_ read: (NodeDecoder) throws -> Value) throws -> Value {
        let value = try read(current())
        currentIndex += 1
        return value
    }
}
