internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension FunctionValue {
    /// Reads a value from the bytes that stand for it on the wire.
    /// - Throws: ``FunctionValueError`` where the bytes are not a value of a built-in type that `typename` names, and
    ///   where `typename` is empty.
    public init(typename: String, bytes: [UInt8]) throws(FunctionValueError) {
        switch BuiltInType(typename: typename) {
        case .bool: self = .bool(try Self.decode(WireBooleanWrapper.self, typename, bytes).value)
        case .int: self = .int(try Self.decode(WireIntWrapper.self, typename, bytes).value)
        case .long: self = .long(try Self.decode(WireLongWrapper.self, typename, bytes).value)
        case .float: self = .float(try Self.decode(WireFloatWrapper.self, typename, bytes).value)
        case .double: self = .double(try Self.decode(WireDoubleWrapper.self, typename, bytes).value)
        case .string: self = .string(try Self.decode(WireStringWrapper.self, typename, bytes).value)
        case nil:
            guard !typename.isEmpty else {
                throw FunctionValueError("a value has no typename", remedy: "name its type, such as example/Greeting")
            }
            self = .custom(typename: typename, bytes: bytes)
        }
    }

    /// Reads a value of a message; `nil` where the message says that there is none.
    /// - Throws: ``FunctionValueError`` as ``init(typename:bytes:)`` does.
    public static func decode(_ wire: WireTypedValue) throws(FunctionValueError) -> FunctionValue? {
        guard wire.hasValue_p else { return nil }
        return try FunctionValue(typename: wire.typename, bytes: [UInt8](wire.value))
    }

    /// The value as a message holds it.
    public var wire: WireTypedValue {
        var wire = WireTypedValue()
        wire.typename = typename
        wire.hasValue_p = true
        wire.value = Data(bytes)
        return wire
    }

    /// The bytes that stand for the value on the wire. The zero of a type takes none, as proto3 has it.
    public var bytes: [UInt8] {
        switch self {
        case .bool(let value): value ? [1 << 3, 1] : []
        case .int(let value): value == 0 ? [] : Self.fixed32(UInt32(bitPattern: value))
        case .long(let value): value == 0 ? [] : Self.fixed64(UInt64(bitPattern: value))
        case .float(let value): value.bitPattern == 0 ? [] : Self.fixed32(value.bitPattern)
        case .double(let value): value.bitPattern == 0 ? [] : Self.fixed64(value.bitPattern)
        case .string(let value): Self.text(value)
        case .custom(_, let bytes): bytes
        }
    }

    // Every wrapper has one field of number 1; the low three bits of the tag say how its value is written.
    private static func fixed32(_ value: UInt32) -> [UInt8] {
        [1 << 3 | 5] + withUnsafeBytes(of: value.littleEndian, Array.init)
    }

    private static func fixed64(_ value: UInt64) -> [UInt8] {
        [1 << 3 | 1] + withUnsafeBytes(of: value.littleEndian, Array.init)
    }

    private static func text(_ value: String) -> [UInt8] {
        var writer = WireWriter(capacity: WireWriter.size(1, text: value))
        writer.text(1, value)
        return writer.bytes
    }

    private static func decode<Wrapper: Message>(
        _ type: Wrapper.Type,
        _ typename: String,
        _ bytes: [UInt8]
    ) throws(FunctionValueError) -> Wrapper {
        do {
            return try Wrapper(serializedBytes: bytes)
        } catch {
            throw FunctionValueError(
                "the \(bytes.count) bytes of a value are not \(typename): \(WireDecoding.reason(error))",
                remedy: "encode it with the SDK's own type, or name the type that it has"
            )
        }
    }
}
