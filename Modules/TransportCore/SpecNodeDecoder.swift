/// Reads a ``SpecNode`` as any `Decodable` type.
enum SpecNodeDecoder {
    static func decode<Value: Decodable>(_ type: Value.Type, from node: SpecNode, file: String) throws(SpecDiagnostic) -> Value {
        throw SpecDiagnostic(.error, at: node.position, "not written yet", remedy: "wait", file: file)
    }
}
