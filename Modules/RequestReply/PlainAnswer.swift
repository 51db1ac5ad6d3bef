/// Reads results in the form in which the SDKs write them, at once and without a message object for each part.
///
/// Every reader gives `nil` where there is anything else: an unknown field, a part that comes twice, a value that breaks the
/// protocol, a delayed message. Then the protobuf library reads the same bytes, and says what is wrong with them. So what the
/// two understand is the same, and only one of them knows all the rules.
enum PlainAnswer {
    /// Where a field's number and the way its content is written are known, they are one number.
    private static func tag(_ number: UInt64, _ kind: UInt64) -> UInt64 { number << 3 | kind }
    private static func varint(_ number: UInt64) -> UInt64 { tag(number, 0) }
    private static func content(_ number: UInt64) -> UInt64 { tag(number, 2) }

    /// Reads a `FromFunction` message.
    static func read(_ bytes: [UInt8]) -> InvocationResult? {
        bytes.withUnsafeBytes { bytes in
            var reader = WireReader(bytes)
            guard reader.varint() == content(100), let result = reader.content(), reader.isAtEnd else { return nil }
            return self.result(result)
        }
    }

    private static func result(_ bytes: UnsafeRawBufferPointer) -> InvocationResult? {
        var reader = WireReader(bytes)
        var result = InvocationResult()
        while !reader.isAtEnd {
            guard let tag = reader.varint(), let part = reader.content() else { return nil }
            switch tag {
            case content(1):
                guard let change = stateChange(part) else { return nil }
                result.stateChanges.append(change)
            case content(2):
                guard let message = message(part) else { return nil }
                result.messages.append(message)
            case content(4):
                guard let egress = egress(part) else { return nil }
                result.egresses.append(egress)
            default:
                return nil
            }
        }
        return result
    }

    private static func stateChange(_ bytes: UnsafeRawBufferPointer) -> StateValue? {
        var reader = WireReader(bytes)
        var kind: UInt64 = 0
        var name = ""
        var value: FunctionValue?
        while !reader.isAtEnd {
            switch reader.varint() {
            case varint(1):
                guard let number = reader.varint() else { return nil }
                kind = number
            case content(2):
                guard let text = reader.text() else { return nil }
                name = text
            case content(3):
                guard value == nil, let content = reader.content(), let read = self.value(content) else { return nil }
                value = read
            default:
                return nil
            }
        }
        guard !name.isEmpty else { return nil }
        switch kind {
        case 0: return StateValue(name, nil)
        case 1: return value.map { StateValue(name, $0) }
        default: return nil
        }
    }

    private static func message(_ bytes: UnsafeRawBufferPointer) -> InvocationResult.Message? {
        var reader = WireReader(bytes)
        var target: MessageAddress?
        var argument: FunctionValue?
        while !reader.isAtEnd {
            switch reader.varint() {
            case content(1):
                guard target == nil, let content = reader.content(), let read = address(content) else { return nil }
                target = read
            case content(2):
                guard argument == nil, let content = reader.content(), let read = value(content) else { return nil }
                argument = read
            default:
                return nil
            }
        }
        guard let target, let argument else { return nil }
        return InvocationResult.Message(to: target, argument)
    }

    private static func egress(_ bytes: UnsafeRawBufferPointer) -> InvocationResult.EgressMessage? {
        var reader = WireReader(bytes)
        var (namespace, type) = ("", "")
        var argument: FunctionValue?
        while !reader.isAtEnd {
            switch reader.varint() {
            case content(1):
                guard let text = reader.text() else { return nil }
                namespace = text
            case content(2):
                guard let text = reader.text() else { return nil }
                type = text
            case content(3):
                guard argument == nil, let content = reader.content(), let read = value(content) else { return nil }
                argument = read
            default:
                return nil
            }
        }
        guard !namespace.isEmpty, !type.isEmpty, let argument else { return nil }
        return InvocationResult.EgressMessage(to: "\(namespace)/\(type)", argument)
    }

    private static func address(_ bytes: UnsafeRawBufferPointer) -> MessageAddress? {
        var reader = WireReader(bytes)
        var address = MessageAddress(namespace: "", type: "", id: "")
        while !reader.isAtEnd {
            let tag = reader.varint()
            guard let text = reader.text() else { return nil }
            switch tag {
            case content(1): address.namespace = text
            case content(2): address.type = text
            case content(3): address.id = text
            default: return nil
            }
        }
        return address.namespace.isEmpty || address.type.isEmpty ? nil : address
    }

    private static func value(_ bytes: UnsafeRawBufferPointer) -> FunctionValue? {
        var reader = WireReader(bytes)
        var typename = ""
        var hasValue = false
        var value = UnsafeRawBufferPointer(start: nil, count: 0)
        while !reader.isAtEnd {
            switch reader.varint() {
            case content(1):
                guard let text = reader.text() else { return nil }
                typename = text
            case varint(2):
                guard let number = reader.varint() else { return nil }
                hasValue = number != 0
            case content(3):
                guard let content = reader.content() else { return nil }
                value = content
            default:
                return nil
            }
        }
        guard hasValue, !typename.isEmpty else { return nil }
        guard let type = BuiltInType(typename: typename) else { return .custom(typename: typename, bytes: Array(value)) }
        return builtIn(type, value)
    }

    /// Reads one of the wrappers: they have one field, which is left out where its value is the zero of its type.
    private static func builtIn(_ type: BuiltInType, _ bytes: UnsafeRawBufferPointer) -> FunctionValue? {
        var reader = WireReader(bytes)
        switch type {
        case .bool:
            if reader.isAtEnd { return .bool(false) }
            guard reader.varint() == varint(1), let number = reader.varint(), reader.isAtEnd else { return nil }
            return .bool(number != 0)
        case .int:
            return fixed(bytes, tag: tag(1, 5)).map { .int($0) }
        case .long:
            return fixed(bytes, tag: tag(1, 1)).map { .long($0) }
        case .float:
            return fixed(bytes, tag: tag(1, 5)).map { .float(Float(bitPattern: $0)) }
        case .double:
            return fixed(bytes, tag: tag(1, 1)).map { .double(Double(bitPattern: $0)) }
        case .string:
            if reader.isAtEnd { return .string("") }
            guard reader.varint() == content(1), let text = reader.text(), reader.isAtEnd else { return nil }
            return .string(text)
        }
    }

    private static func fixed<Number: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, tag: UInt64) -> Number? {
        if bytes.isEmpty { return 0 }
        guard bytes.count == 1 + MemoryLayout<Number>.size, UInt64(bytes[0]) == tag else { return nil }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: 1, as: Number.self))
    }
}
