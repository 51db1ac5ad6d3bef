/// Reads results in the form in which the SDKs write them, at once and without a message object for each part.
///
/// That form has the fields in the order of their numbers. Every reader gives `nil` where there is anything else: another order,
/// an unknown field, a part that comes twice, a value that breaks the protocol, a delayed message. Then the protobuf library reads
/// the same bytes, and says what is wrong with them. So what the two understand is the same, and only one of them knows all the
/// rules.
struct PlainAnswer {
    // Many messages of one answer go to one address, or at least to one type of function, with values of one type.
    /// What the last message had before the length of its argument, with the target in it; empty where it had another form.
    private var lastBeginning = UnsafeRawBufferPointer(start: nil, count: 0)
    /// What that argument had before the length of its value.
    private var lastValueBeginning = UnsafeRawBufferPointer(start: nil, count: 0)
    private var target = UnsafeRawBufferPointer(start: nil, count: 0)
    private var namespace = RecurringText()
    private var type = RecurringText()
    private var typename = RecurringText()
    /// How often ``typename`` had changed when the last message was added.
    private var typenameChanges = 0
    /// What ``typename`` means.
    private var builtInType: BuiltInType?
    /// Where in the last `TypedValue` the length of its value was; 0 where it had none.
    private var valueStart = 0
    private var egressNamespace = RecurringText()
    private var egressType = RecurringText()
    /// The egress that the two name.
    private var egressName = ""
    /// The messages that were read so far.
    private var messages = InvocationResult.Messages.Encoded()
    /// The bytes of the answer.
    private let source: UnsafeRawBufferPointer

    /// Reads a `FromFunction` message.
    /// - Parameter array: the one that the bytes are in; where there is none they are copied for the messages that come of them.
    static func read(_ bytes: UnsafeRawBufferPointer, in array: [UInt8]?) -> InvocationResult? {
        var reader = WireReader(bytes)
        guard reader.varint() == WireReader.Tag.content(100).number, let result = reader.content(), reader.isAtEnd,
            bytes.count <= UInt32.max
        else { return nil }
        var answer = PlainAnswer(source: bytes)
        guard var read = answer.result(result) else { return nil }
        if !answer.messages.places.isEmpty {
            answer.messages.source = array ?? Array(bytes)
            read.messages = InvocationResult.Messages(answer.messages)
        }
        return read
    }

    private init(source: UnsafeRawBufferPointer) {
        self.source = source
    }

    private mutating func result(_ bytes: UnsafeRawBufferPointer) -> InvocationResult? {
        var result = InvocationResult()
        var reader = WireReader(bytes)
        while !reader.isAtEnd {
            guard let tag = reader.varint(), let part = reader.content() else { return nil }
            switch tag {
            case WireReader.Tag.content(1).number:
                guard let change = stateChange(part) else { return nil }
                result.stateChanges.append(change)
            case WireReader.Tag.content(2).number:
                guard message(part) else { return nil }
            case WireReader.Tag.content(4).number:
                guard let egress = egress(part) else { return nil }
                result.egresses.append(egress)
            default:
                return nil
            }
        }
        return result
    }

    private mutating func stateChange(_ bytes: UnsafeRawBufferPointer) -> StateValue? {
        var reader = WireReader(bytes)
        var kind: UInt64 = 0
        if reader.begins(.number(1)) {
            guard let number = reader.varint() else { return nil }
            kind = number
        }
        guard reader.begins(.content(2)), let name = reader.text() else { return nil }
        var value: FunctionValue?
        if reader.begins(.content(3)) {
            guard let content = reader.content(), let read = self.value(content) else { return nil }
            value = read
        }
        guard reader.isAtEnd else { return nil }
        guard !name.isEmpty else { return nil }
        switch kind {
        case 0: return StateValue(name, nil)
        case 1: return value.map { StateValue(name, $0) }
        default: return nil
        }
    }

    /// Adds a message; `false` where it is none.
    private mutating func message(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let (argument, value) = messageLikeTheLast(bytes) {
            if let builtIn = messages.types.last?.builtIn, FunctionValue(plain: value, builtIn) == nil { return false }
            add(argument, value)
            return true
        }
        return otherMessage(bytes)
    }

    /// The argument of a message that differs from the last one in its value at most, and that value.
    @inline(__always)
    private func messageLikeTheLast(_ bytes: UnsafeRawBufferPointer) -> (argument: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)? {
        guard lastBeginning.count > 0, bytes.hasMore(than: lastBeginning) else { return nil }
        var reader = WireReader(bytes, from: lastBeginning.count)
        guard let argument = reader.content(), reader.isAtEnd, argument.hasMore(than: lastValueBeginning) else { return nil }
        var argumentReader = WireReader(argument, from: lastValueBeginning.count)
        guard let value = argumentReader.content(), argumentReader.isAtEnd else { return nil }
        return (argument, value)
    }

    private mutating func otherMessage(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var reader = WireReader(bytes)
        guard reader.begins(.content(1)), let target = reader.content(), reader.begins(.content(2)) else { return false }
        let argumentStart = reader.index
        guard let argument = reader.content(), reader.isAtEnd else { return false }
        if messages.targets.isEmpty || !target.hasSameBytes(as: self.target) {
            guard let address = address(target) else { return false }
            self.target = target
            messages.targets.append(address)
        }
        guard let value = typedValue(argument) else { return false }
        if messages.types.isEmpty || typename.changes != typenameChanges {
            typenameChanges = typename.changes
            messages.types.append((typename.text, builtInType))
        }
        if let builtInType, FunctionValue(plain: value, builtInType) == nil { return false }
        add(argument, value)
        lastBeginning = UnsafeRawBufferPointer(start: bytes.baseAddress, count: valueStart > 0 ? argumentStart : 0)
        lastValueBeginning = UnsafeRawBufferPointer(start: argument.baseAddress, count: valueStart)
        return true
    }

    /// Adds a message to the last target, with a value of the last type.
    @inline(__always)
    private mutating func add(_ argument: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        messages.places.append(
            InvocationResult.Messages.Encoded.Place(
                target: Int32(truncatingIfNeeded: messages.targets.count - 1),
                type: Int32(truncatingIfNeeded: messages.types.count - 1),
                argument: Self.offsets(of: argument, in: source),
                value: Self.offsets(of: value, in: source)
            )
        )
    }

    @inline(__always)
    private static func offsets(of bytes: UnsafeRawBufferPointer, in source: UnsafeRawBufferPointer) -> Range<UInt32> {
        // No bytes at all are nowhere, and may be anywhere.
        let start = bytes.isEmpty ? 0 : UInt(bitPattern: bytes.baseAddress) &- UInt(bitPattern: source.baseAddress)
        let end = start &+ UInt(bitPattern: bytes.count)
        return Range(uncheckedBounds: (UInt32(truncatingIfNeeded: start), UInt32(truncatingIfNeeded: end)))
    }

    private mutating func egress(_ bytes: UnsafeRawBufferPointer) -> InvocationResult.EgressMessage? {
        var reader = WireReader(bytes)
        guard reader.begins(.content(1)), let namespace = reader.content(), reader.begins(.content(2)), let type = reader.content(),
            reader.begins(.content(3)), let argument = reader.content(), reader.isAtEnd
        else { return nil }
        guard let isOtherNamespace = egressNamespace.isChanged(by: namespace), let isOtherType = egressType.isChanged(by: type),
            !namespace.isEmpty, !type.isEmpty, let value = value(argument)
        else { return nil }
        if isOtherNamespace || isOtherType {
            egressName = "\(egressNamespace.text)/\(egressType.text)"
        }
        return InvocationResult.EgressMessage(to: egressName, value)
    }

    private mutating func address(_ bytes: UnsafeRawBufferPointer) -> MessageAddress? {
        var reader = WireReader(bytes)
        guard reader.begins(.content(1)), let namespace = reader.content(), reader.begins(.content(2)), let type = reader.content() else {
            return nil
        }
        var id = ""
        if reader.begins(.content(3)) {
            guard let text = reader.text() else { return nil }
            id = text
        }
        guard !namespace.isEmpty, !type.isEmpty, self.namespace.isChanged(by: namespace) != nil, self.type.isChanged(by: type) != nil,
            reader.isAtEnd
        else { return nil }
        return MessageAddress(namespace: self.namespace.text, type: self.type.text, id: id)
    }

    private mutating func value(_ bytes: UnsafeRawBufferPointer) -> FunctionValue? {
        guard let value = typedValue(bytes) else { return nil }
        guard let builtInType else { return .custom(typename: typename.text, bytes: Array(value)) }
        return FunctionValue(plain: value, builtInType)
    }

    /// Reads a `TypedValue`: ``typename`` and ``builtInType`` say what the bytes of it are that it gives.
    private mutating func typedValue(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var reader = WireReader(bytes)
        guard reader.begins(.content(1)), let typename = reader.content(), reader.begins(.number(2)), reader.varint() == 1 else {
            return nil
        }
        var value = UnsafeRawBufferPointer(start: nil, count: 0)
        valueStart = 0
        if reader.begins(.content(3)) {
            valueStart = reader.index
            guard let content = reader.content() else { return nil }
            value = content
        }
        guard reader.isAtEnd, !typename.isEmpty, let isOther = self.typename.isChanged(by: typename) else { return nil }
        if isOther {
            builtInType = BuiltInType(typename: self.typename.text)
        }
        return value
    }
}

extension FunctionValue {
    /// Reads one of the wrappers in the form in which the SDKs write it; `nil` where it has another one. They have one field,
    /// which is left out where its value is the zero of its type.
    init?(plain bytes: UnsafeRawBufferPointer, _ type: BuiltInType) {
        var reader = WireReader(bytes)
        switch type {
        case .bool:
            if reader.isAtEnd {
                self = .bool(false)
                return
            }
            guard reader.begins(.number(1)), let number = reader.varint(), reader.isAtEnd else { return nil }
            self = .bool(number != 0)
        case .int:
            guard let number: Int32 = Self.fixed(bytes, .fixed32(1)) else { return nil }
            self = .int(number)
        case .long:
            guard let number: Int64 = Self.fixed(bytes, .fixed64(1)) else { return nil }
            self = .long(number)
        case .float:
            guard let number: UInt32 = Self.fixed(bytes, .fixed32(1)) else { return nil }
            self = .float(Float(bitPattern: number))
        case .double:
            guard let number: UInt64 = Self.fixed(bytes, .fixed64(1)) else { return nil }
            self = .double(Double(bitPattern: number))
        case .string:
            if reader.isAtEnd {
                self = .string("")
                return
            }
            guard reader.begins(.content(1)), let text = reader.text(), reader.isAtEnd else { return nil }
            self = .string(text)
        }
    }

    private static func fixed<Number: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, _ tag: WireReader.Tag) -> Number? {
        if bytes.isEmpty { return 0 }
        guard bytes.count == 1 + MemoryLayout<Number>.size, UInt64(bytes[0]) == tag.number else { return nil }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: 1, as: Number.self))
    }
}
