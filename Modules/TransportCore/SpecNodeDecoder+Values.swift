extension NodeDecoder {
    func decode(_ type: Bool.Type) throws(SpecDiagnostic) -> Bool {
        let remedy = "write true or false"
        switch try text(expecting: "true or false", remedy) {
        case "true": return true
        case "false": return false
        default: throw mismatch("true or false", remedy)
        }
    }

    func decode(_ type: String.Type) throws(SpecDiagnostic) -> String {
        try text(expecting: "text", "write the text after the key, or \"\" for an empty one")
    }

    /// Reads a decimal whole number: digits, and a sign where there is one.
    func decode<Number: FixedWidthInteger>(integer type: Number.Type) throws(SpecDiagnostic) -> Number {
        let text = try text(expecting: "a whole number", "write digits, such as 10")
        if let number = Number(text) { return number }
        let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw mismatch("a whole number", "write digits only, such as 10")
        }
        throw diagnostic(
            "\(subject) is out of range: \(text)",
            "write a whole number from \(Number.min) to \(Number.max)"
        )
    }

    /// Reads a decimal number, with a fraction or an exponent where there is one.
    func decode<Number: BinaryFloatingPoint & LosslessStringConvertible>(
        floatingPoint type: Number.Type
    ) throws(SpecDiagnostic) -> Number {
        let remedy = "write a number, such as 0.5"
        let text = try text(expecting: "a number", remedy)
        let decimal: (UInt8) -> Bool = { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || "+-.eE".utf8.contains($0) }
        guard text.utf8.allSatisfy(decimal), let number = Number(text) else { throw mismatch("a number", remedy) }
        guard number.isFinite else {
            throw diagnostic("\(subject) is out of range: \(text)", "write a number up to \(Number.greatestFiniteMagnitude)")
        }
        return number
    }
}

/// One value, read in whatever form the type asks for.
struct NodeSingleValueContainer: SingleValueDecodingContainer {
    let decoder: NodeDecoder

    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.node.content == .null }
    func decode(_ type: Bool.Type) throws -> Bool { try decoder.decode(type) }
    func decode(_ type: String.Type) throws -> String { try decoder.decode(type) }
    func decode(_ type: Double.Type) throws -> Double { try decoder.decode(floatingPoint: type) }
    func decode(_ type: Float.Type) throws -> Float { try decoder.decode(floatingPoint: type) }
    func decode(_ type: Int.Type) throws -> Int { try decoder.decode(integer: type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try decoder.decode(integer: type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try decoder.decode(integer: type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try decoder.decode(integer: type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try decoder.decode(integer: type) }
    func decode(_ type: Int128.Type) throws -> Int128 { try decoder.decode(integer: type) }
    func decode(_ type: UInt.Type) throws -> UInt { try decoder.decode(integer: type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try decoder.decode(integer: type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try decoder.decode(integer: type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try decoder.decode(integer: type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try decoder.decode(integer: type) }
    func decode(_ type: UInt128.Type) throws -> UInt128 { try decoder.decode(integer: type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try decoder.decode(type) }
}
