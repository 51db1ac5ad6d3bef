/// Reads results in the form in which the SDKs write them, at once and without a message object for each part.
///
/// Every reader gives `nil` where there is anything else: an unknown field, a part that comes twice, a value that breaks the
/// protocol, a delayed message. Then the protobuf library reads the same bytes, and says what is wrong with them. So what the
/// two understand is the same, and only one of them knows all the rules.
struct PlainAnswer {
    // Many messages of one answer go to one address, or at least to one type of function, with values of one type.
    private var target = UnsafeRawBufferPointer(start: nil, count: 0)
    /// What ``target`` says.
    private var targetAddress: MessageAddress?
    private var namespace = RecurringText()
    private var type = RecurringText()
    private var typename = RecurringText()
    /// What ``typename`` means.
    private var builtInType: BuiltInType?
    private var egressNamespace = RecurringText()
    private var egressType = RecurringText()
    /// The egress that the two name.
    private var egressName = ""

    /// Reads a `FromFunction` message.
    static func read(_ bytes: UnsafeRawBufferPointer) -> InvocationResult? {
        var reader = WireReader(bytes)
        guard reader.varint() == content(100), let result = reader.content(), reader.isAtEnd else { return nil }
        var answer = PlainAnswer()
        return answer.result(result)
    }

    // Where a field's number and the way its content is written are known, they are one number.
    private static func tag(_ number: UInt64, _ kind: UInt64) -> UInt64 { number << 3 | kind }
    private static func varint(_ number: UInt64) -> UInt64 { tag(number, 0) }
    private static func content(_ number: UInt64) -> UInt64 { tag(number, 2) }

    private mutating func result(_ bytes: UnsafeRawBufferPointer) -> InvocationResult? {
        var result = InvocationResult()
        // Counted first, so that no list is moved while it grows.
        var (stateCount, messageCount, egressCount) = (0, 0, 0)
        var reader = WireReader(bytes)
        while !reader.isAtEnd {
            guard let tag = reader.varint(), reader.content() != nil else { return nil }
            switch tag {
            case Self.content(1): stateCount += 1
            case Self.content(2): messageCount += 1
            case Self.content(4): egressCount += 1
            default: return nil
            }
        }
        result.stateChanges.reserveCapacity(stateCount)
        result.messages.reserveCapacity(messageCount)
        result.egresses.reserveCapacity(egressCount)
        reader = WireReader(bytes)
        while !reader.isAtEnd {
            guard let tag = reader.varint(), let part = reader.content() else { return nil }
            switch tag {
            case Self.content(1):
                guard let change = stateChange(part) else { return nil }
                result.stateChanges.append(change)
            case Self.content(2):
                guard let message = message(part) else { return nil }
                result.messages.append(message)
            default:
                guard let egress = egress(part) else { return nil }
                result.egresses.append(egress)
            }
        }
        return result
    }

    private mutating func stateChange(_ bytes: UnsafeRawBufferPointer) -> StateValue? {
        var reader = WireReader(bytes)
        var kind: UInt64 = 0
        var name = ""
        var value: FunctionValue?
        while !reader.isAtEnd {
            switch reader.varint() {
            case Self.varint(1):
                guard let number = reader.varint() else { return nil }
                kind = number
            case Self.content(2):
                guard let text = reader.text() else { return nil }
                name = text
            case Self.content(3):
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

    private mutating func message(_ bytes: UnsafeRawBufferPointer) -> InvocationResult.Message? {
        var reader = WireReader(bytes)
        var target: UnsafeRawBufferPointer?
        var argument: UnsafeRawBufferPointer?
        while !reader.isAtEnd {
            switch reader.varint() {
            case Self.content(1):
                guard target == nil, let content = reader.content() else { return nil }
                target = content
            case Self.content(2):
                guard argument == nil, let content = reader.content() else { return nil }
                argument = content
            default:
                return nil
            }
        }
        guard let target, let argument else { return nil }
        if !target.hasSameBytes(as: self.target) || targetAddress == nil {
            self.target = target
            targetAddress = address(target)
        }
        guard let targetAddress, let value = value(argument) else { return nil }
        return InvocationResult.Message(to: targetAddress, value)
    }

    private mutating func egress(_ bytes: UnsafeRawBufferPointer) -> InvocationResult.EgressMessage? {
        var reader = WireReader(bytes)
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        var (namespace, type) = (none, none)
        var argument: UnsafeRawBufferPointer?
        while !reader.isAtEnd {
            let tag = reader.varint()
            guard let content = reader.content() else { return nil }
            switch tag {
            // A text that comes twice would have to be looked at twice.
            case Self.content(1) where namespace.isEmpty: namespace = content
            case Self.content(2) where type.isEmpty: type = content
            case Self.content(3) where argument == nil: argument = content
            default: return nil
            }
        }
        guard let isOtherNamespace = egressNamespace.isChanged(by: namespace), let isOtherType = egressType.isChanged(by: type),
            !namespace.isEmpty, !type.isEmpty, let argument, let value = value(argument)
        else { return nil }
        if isOtherNamespace || isOtherType {
            egressName = "\(egressNamespace.text)/\(egressType.text)"
        }
        return InvocationResult.EgressMessage(to: egressName, value)
    }

    private mutating func address(_ bytes: UnsafeRawBufferPointer) -> MessageAddress? {
        var reader = WireReader(bytes)
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        var (namespace, type, id) = (none, none, none)
        while !reader.isAtEnd {
            let tag = reader.varint()
            guard let content = reader.content() else { return nil }
            switch tag {
            // A text that comes twice would have to be looked at twice.
            case Self.content(1) where namespace.isEmpty: namespace = content
            case Self.content(2) where type.isEmpty: type = content
            case Self.content(3) where id.isEmpty: id = content
            default: return nil
            }
        }
        guard !namespace.isEmpty, !type.isEmpty, self.namespace.isChanged(by: namespace) != nil, self.type.isChanged(by: type) != nil,
            let id = String(wire: id)
        else { return nil }
        return MessageAddress(namespace: self.namespace.text, type: self.type.text, id: id)
    }

    private mutating func value(_ bytes: UnsafeRawBufferPointer) -> FunctionValue? {
        var reader = WireReader(bytes)
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        var (typename, value) = (none, none)
        var hasValue = false
        while !reader.isAtEnd {
            switch reader.varint() {
            case Self.content(1):
                guard typename.isEmpty, let content = reader.content() else { return nil }
                typename = content
            case Self.varint(2):
                guard let number = reader.varint() else { return nil }
                hasValue = number != 0
            case Self.content(3):
                guard let content = reader.content() else { return nil }
                value = content
            default:
                return nil
            }
        }
        guard hasValue, !typename.isEmpty, let isOther = self.typename.isChanged(by: typename) else { return nil }
        if isOther {
            builtInType = BuiltInType(typename: self.typename.text)
        }
        guard let builtInType else { return .custom(typename: self.typename.text, bytes: Array(value)) }
        return Self.builtIn(builtInType, value)
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
