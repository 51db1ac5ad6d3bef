internal import SwiftProtobuf

/// A value as the bytes of a `TypedValue` message, so that whoever only passes it on need not look into it.
public struct EncodedValue: Hashable, Sendable {
    /// The message.
    public let bytes: [UInt8]

    /// Takes a message that ``bytes`` has given before.
    public init(encoded bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Parameters:
    ///   - typename: the type of the value as `namespace/name`.
    ///   - value: the bytes that stand for it on the wire.
    public init(typename: String, value: [UInt8]) {
        var writer = WireWriter(capacity: Self.byteCount(typename, value))
        Self.write(typename, value, to: &writer)
        bytes = writer.bytes
    }

    /// How many bytes the message has.
    fileprivate static func byteCount(_ typename: String, _ value: [UInt8]) -> Int {
        WireWriter.size(1, text: typename) + 2 + (value.isEmpty ? 0 : WireWriter.size(3, byteCount: value.count))
    }

    /// Writes the fields of the message.
    fileprivate static func write(_ typename: String, _ value: [UInt8], to writer: inout WireWriter) {
        writer.text(1, typename)
        // `has_value`
        writer.varint(2 << 3)
        writer.varint(1)
        if !value.isEmpty {
            writer.field(3, value)
        }
    }

    public init(_ value: FunctionValue) {
        self.init(typename: value.typename, value: value.bytes)
    }

    /// Reads the value.
    /// - Throws: ``FunctionValueError`` where the bytes are no value.
    public func decoded() throws(FunctionValueError) -> FunctionValue {
        let wire: WireTypedValue
        do {
            wire = try WireTypedValue(serializedBytes: bytes)
        } catch {
            throw FunctionValueError("the bytes are not a TypedValue message: \(WireDecoding.reason(error))", remedy: "clear the value")
        }
        guard let value = try FunctionValue.decode(wire) else {
            throw FunctionValueError("there is no value", remedy: "clear it")
        }
        return value
    }
}

/// A function that sends messages, as all of them name it.
public struct EncodedCaller: Sendable {
    /// The first field of a `ToFunction.Invocation` message.
    let field: [UInt8]

    public init(_ caller: MessageAddress) {
        var writer = WireWriter(capacity: WireWriter.size(1, byteCount: caller.byteCount))
        caller.write(1, to: &writer)
        field = writer.bytes
    }
}

/// One invocation as the bytes of a `ToFunction.Invocation` message.
public struct EncodedInvocation: Hashable, Sendable {
    /// The message.
    public let bytes: [UInt8]

    /// Takes a message that ``bytes`` has given before.
    public init(encoded bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Parameter caller: the function that sends it; `nil` for a message from outside.
    public init(_ argument: EncodedValue, from caller: MessageAddress? = nil) {
        self = argument.bytes.withUnsafeBytes { EncodedInvocation(argument: $0, from: caller.map(EncodedCaller.init)) }
    }

    /// A message from outside.
    public init(_ argument: FunctionValue) {
        let (typename, value) = (argument.typename, argument.bytes)
        let count = EncodedValue.byteCount(typename, value)
        var writer = WireWriter(capacity: WireWriter.size(2, byteCount: count))
        writer.begin(2, byteCount: count)
        EncodedValue.write(typename, value, to: &writer)
        bytes = writer.bytes
    }

    /// - Parameter argument: a `TypedValue` message.
    init(argument: UnsafeRawBufferPointer, from caller: EncodedCaller?) {
        let callerField = caller?.field ?? []
        var writer = WireWriter(capacity: callerField.count + WireWriter.size(2, byteCount: argument.count))
        writer.raw(callerField)
        writer.field(2, argument)
        bytes = writer.bytes
    }

    /// Reads the invocation.
    /// - Throws: ``FunctionValueError`` where the bytes are no invocation.
    public func decoded() throws(FunctionValueError) -> InvocationBatch.Invocation {
        let wire: WireToFunction.Invocation
        do {
            wire = try WireToFunction.Invocation(serializedBytes: bytes)
        } catch {
            throw FunctionValueError("the bytes are not an Invocation message: \(WireDecoding.reason(error))", remedy: "drop the message")
        }
        guard let argument = try FunctionValue.decode(wire.argument) else {
            throw FunctionValueError("the message has no value", remedy: "drop it")
        }
        return InvocationBatch.Invocation(argument, from: wire.hasCaller ? MessageAddress(wire.caller) : nil)
    }
}

/// Puts a `ToFunction` message together from parts that were encoded before.
public enum EncodedBatch {
    /// One value that travels with a batch: its name, and what it is where it is set.
    public typealias State = (name: String, value: EncodedValue?)

    /// How many bytes an invocation adds to a batch.
    public static func byteCount(of invocation: EncodedInvocation) -> Int {
        WireWriter.size(3, byteCount: invocation.bytes.count)
    }

    /// The bytes of the message; the same that ``InvocationBatch/encoded()`` gives for the same content.
    /// - Parameter invocations: one at least.
    public static func bytes(target: MessageAddress, state: [State], invocations: [EncodedInvocation]) -> [UInt8] {
        var size = WireWriter.size(1, byteCount: target.byteCount)
        for value in state {
            size += WireWriter.size(2, byteCount: byteCount(of: value))
        }
        for invocation in invocations {
            size += byteCount(of: invocation)
        }
        var writer = WireWriter(capacity: WireWriter.size(100, byteCount: size))
        writer.begin(100, byteCount: size)
        target.write(1, to: &writer)
        for value in state {
            writer.begin(2, byteCount: byteCount(of: value))
            writer.text(1, value.name)
            if let value = value.value {
                writer.field(2, value.bytes)
            }
        }
        for invocation in invocations {
            writer.field(3, invocation.bytes)
        }
        return writer.bytes
    }

    private static func byteCount(of state: State) -> Int {
        WireWriter.size(1, text: state.name) + (state.value.map { WireWriter.size(2, byteCount: $0.bytes.count) } ?? 0)
    }
}
