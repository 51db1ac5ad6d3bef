/// Reads a ``SpecNode`` as any `Decodable` type: keys of a mapping as coding keys, lists as unkeyed containers, text as
/// numbers, booleans, strings and ``DurationText``.
///
/// Every failure is a ``SpecDiagnostic`` with the place of the value, whoever noticed it: this decoder, the standard
/// library, or the type's own initialiser.
enum SpecNodeDecoder {
    /// Reads `node` as a value of `type`.
    /// - Throws: ``SpecDiagnostic`` for the first value that does not fit.
    static func decode<Value: Decodable>(_ type: Value.Type, from node: SpecNode, file: String) throws(SpecDiagnostic) -> Value {
        try NodeDecoder(node: node, codingPath: [], file: file).decode(type)
    }
}

/// The decoder that a type's `init(from:)` gets to see for one node of the tree.
struct NodeDecoder: Decoder {
    let node: SpecNode
    let codingPath: [any CodingKey]
    let file: String

    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        switch node.content {
        case .mapping: KeyedDecodingContainer(NodeKeyedContainer<Key>(decoder: self))
        case .scalar, .sequence, .null: throw mismatch("keys with values", "write one 'key: value' a line, indented below it")
        }
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        switch node.content {
        case .sequence: NodeUnkeyedContainer(decoder: self)
        case .scalar, .mapping, .null: throw mismatch("a list", "write one '- item' a line, or [item, item]")
        }
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        NodeSingleValueContainer(decoder: self)
    }

    /// The decoder for a value inside this one.
    func child(_ node: SpecNode, key: any CodingKey) -> NodeDecoder {
        NodeDecoder(node: node, codingPath: codingPath + [key], file: file)
    }

    /// Reads the node as `type` and gives every error the place of this node unless it has one already.
    func decode<Value: Decodable>(_ type: Value.Type) throws(SpecDiagnostic) -> Value {
        // `Duration` decodes itself from two numbers, which no spec writes; a spec writes `1 min`.
        if type == Duration.self {
            let text = try text(expecting: "a duration", "write one such as 30 s or 2 min")
            do throws(SpecTextError) {
                if let value = try DurationText.parse(text) as? Value { return value }
            } catch {
                throw diagnostic(error.message, error.remedy)
            }
        }
        do {
            return try type.init(from: self)
        } catch let error as SpecDiagnostic {
            throw error
        } catch let error as SpecTextError {
            throw diagnostic(error.message, error.remedy)
        } catch let error as DecodingError {
            throw translate(error, for: type)
        } catch {
            throw diagnostic("\(subject) cannot be read: \(error)", "write a value that fits")
        }
    }

    /// What messages call this value: its key with the keys around it, such as `'timeouts.call'`.
    var subject: String {
        codingPath.isEmpty ? "this" : "'\(Self.join(codingPath))'"
    }

    private static func join(_ path: [any CodingKey]) -> String {
        var text = ""
        for key in path {
            if let index = key.intValue, key is ListIndex {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
        }
        return text
    }

    /// An error that means this whole value: a quote or a substitution would move any place inside it.
    func diagnostic(_ message: String, _ remedy: String, length: Int? = nil) -> SpecDiagnostic {
        SpecDiagnostic(.error, at: node.position, length: length ?? node.text?.count ?? 1, message, remedy: remedy, file: file)
    }

    func mismatch(_ wanted: String, _ remedy: String) -> SpecDiagnostic {
        diagnostic("\(subject) must be \(wanted), not \(found)", remedy, length: 1)
    }

    private var found: String {
        switch node.content {
        case .scalar(let text): "'\(text)'"
        case .sequence, .mapping, .null: node.kindDescription
        }
    }

    /// The text of this node.
    func text(expecting wanted: String, _ remedy: String) throws(SpecDiagnostic) -> String {
        guard let text = node.text else { throw mismatch(wanted, remedy) }
        return text
    }

    private func translate(_ error: DecodingError, for type: any Decodable.Type) -> SpecDiagnostic {
        if let values = allowedTexts(of: type), let text = node.text {
            let nearest = NearestName.of(text, among: values).map { "write \($0)" }
            return diagnostic(
                "'\(text)' is not a value of \(subject)",
                nearest ?? "write one of \(values.joined(separator: ", "))"
            )
        }
        switch error {
        case .keyNotFound(let key, _):
            return diagnostic("\(subject) has no key '\(key.stringValue)'", "add '\(key.stringValue): …'", length: 1)
        case .valueNotFound(_, let context), .typeMismatch(_, let context), .dataCorrupted(let context):
            return diagnostic("\(subject) cannot be read: \(context.debugDescription)", "write a value that fits")
        @unknown default:
            return diagnostic("\(subject) cannot be read: \(error)", "write a value that fits")
        }
    }

    /// The texts that an enumeration of texts can be read from; `nil` for every other type.
    private func allowedTexts(of type: any Decodable.Type) -> [String]? {
        func texts<Cases: CaseIterable>(_ type: Cases.Type) -> [String] {
            type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        }
        guard let enumeration = type as? any CaseIterable.Type else { return nil }
        let found = texts(enumeration)
        return found.isEmpty ? nil : found
    }
}

/// The place of an item in a list, as a coding key. Counts from 0.
struct ListIndex: CodingKey {
    let index: Int

    init(_ index: Int) {
        self.index = index
    }

    init?(stringValue: String) {
        guard let index = Int(stringValue) else { return nil }
        self.index = index
    }

    init?(intValue: Int) {
        self.index = intValue
    }

    var stringValue: String { String(index) }
    var intValue: Int? { index }
}
