import RequestReply
import SwiftProtobuf
import Testing

@Suite struct FunctionValueTests {
    static let samples: [FunctionValue] = [
        .bool(true), .bool(false), .int(0), .int(1), .int(-1), .int(.max), .int(.min), .long(0), .long(-2), .long(.max), .long(.min),
        .float(0), .float(-0.0), .float(1.5), .float(.infinity), .float(.leastNonzeroMagnitude), .float(.greatestFiniteMagnitude),
        .double(0), .double(-0.0), .double(0.1), .double(-.infinity), .double(.pi), .double(.leastNonzeroMagnitude),
        .string(""), .string("hi"), .string("größe\u{0}\n\"\\👩‍👩‍👧"), .string(String(repeating: "x", count: 127)),
        .string(String(repeating: "ö", count: 20_000)),
        .custom(typename: "example/P", bytes: []), .custom(typename: "example/P", bytes: [0, 255, 10]),
    ]

    @Test("a value read from its bytes is the same value", arguments: samples)
    func roundTrip(value: FunctionValue) throws {
        let decoded = try FunctionValue(typename: value.typename, bytes: value.bytes)
        #expect(decoded == value)
        #expect(decoded.bytes == value.bytes)
        #expect(try FunctionValue.decode(value.wire) == value)
        #expect(value.wire.hasValue_p)
    }

    @Test("values have the bytes that the wrappers of the protocol have")
    func oracle() throws {
        for value in Self.samples {
            let expected: [UInt8] =
                switch value {
                case .bool(let value): try WireBooleanWrapper.with { $0.value = value }.serializedBytes()
                case .int(let value): try WireIntWrapper.with { $0.value = value }.serializedBytes()
                case .long(let value): try WireLongWrapper.with { $0.value = value }.serializedBytes()
                case .float(let value): try WireFloatWrapper.with { $0.value = value }.serializedBytes()
                case .double(let value): try WireDoubleWrapper.with { $0.value = value }.serializedBytes()
                case .string(let value): try WireStringWrapper.with { $0.value = value }.serializedBytes()
                case .custom(_, let bytes): bytes
                }
            #expect(value.bytes == expected)
        }
    }

    @Test(
        "the bytes of the built-in types, by hand",
        arguments: [
            (FunctionValue.bool(true), [0x08, 0x01]),
            (.int(-2), [0x0D, 0xFE, 0xFF, 0xFF, 0xFF]),
            (.long(258), [0x09, 0x02, 0x01, 0, 0, 0, 0, 0, 0]),
            (.float(1), [0x0D, 0x00, 0x00, 0x80, 0x3F]),
            (.double(1), [0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F]),
            (.string("é"), [0x0A, 0x02, 0xC3, 0xA9]),
            (.long(0), []),
        ]
    )
    func golden(value: FunctionValue, bytes: [UInt8]) {
        #expect(value.bytes == bytes)
    }

    @Test("each built-in type has its typename", arguments: BuiltInType.allCases)
    func typenames(type: BuiltInType) {
        #expect(type.typename == "io.statefun.types/\(type)")
        #expect(BuiltInType(typename: type.typename) == type)
        #expect(Self.samples.contains { $0.builtInType == type && $0.typename == type.typename })
    }

    @Test(
        "other typenames are of no built-in type",
        arguments: ["", "int", "io.statefun.types", "io.statefun.types/", "io.statefun.types/Int", "io.statefun.types/int/x", "x/int"]
    )
    func otherTypenames(typename: String) {
        #expect(BuiltInType(typename: typename) == nil)
    }

    @Test("no value is told from an empty one")
    func absent() throws {
        var wire = WireTypedValue.with { $0.typename = "io.statefun.types/string" }
        #expect(try FunctionValue.decode(wire) == nil)
        wire.hasValue_p = true
        #expect(try FunctionValue.decode(wire) == .string(""))
        #expect(try FunctionValue.decode(WireTypedValue()) == nil)
    }

    @Test("fields that a wrapper does not have are passed over")
    func unknownFields() throws {
        #expect(try FunctionValue(typename: "io.statefun.types/bool", bytes: [0x10, 0x07, 0x08, 0x01, 0x1A, 0x00]) == .bool(true))
    }

    @Test(
        "bytes that are not of the type are refused, and the type is named",
        arguments: [
            ("io.statefun.types/int", [0x0D, 0x01], "they end too early"),
            ("io.statefun.types/long", [0x09], "they end too early"),
            ("io.statefun.types/string", [0x0A, 0x05, 0x61], "they end too early"),
            ("io.statefun.types/string", [0x0A, 0x01, 0xFF], "a text in them is not UTF-8"),
            ("io.statefun.types/bool", [0xFF, 0xFF], "they are not a protobuf message"),
            ("io.statefun.types/double", [0x00], "they are not a protobuf message"),
        ] as [(String, [UInt8], String)]
    )
    func refusals(typename: String, bytes: [UInt8], reason: String) throws {
        let error = try #require(throws: FunctionValueError.self) { try FunctionValue(typename: typename, bytes: bytes) }
        #expect(error.message == "the \(bytes.count) bytes of a value are not \(typename): \(reason)")
    }

    @Test("bytes without a typename are refused")
    func noTypename() {
        #expect(throws: FunctionValueError.self) { try FunctionValue(typename: "", bytes: [1]) }
    }
}
