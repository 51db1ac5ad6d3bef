/// Finds the address that a `ToFunction` message is for, without decoding the rest of it.
///
/// The message has a field 100, the batch, which has a field 1, the address, with namespace, type and id in the fields 1 to 3.
/// Fields come in any order, and unknown ones are skipped. What lies behind the address is not looked at: whether that is sound
/// is for the function to say. Should a message hold two addresses, which no serializer writes, the first one counts.
package enum TargetScanner {
    /// Where the parts of the address are, in bytes from the beginning of the message.
    package struct Target: Equatable {
        package var namespace = 0..<0
        package var name = 0..<0
        package var id = 0..<0
    }

    /// What the bytes so far say.
    package enum Outcome: Equatable {
        case found(Target)
        /// The address has not arrived, as far as can be told.
        case incomplete
        /// The bytes are no message with an address, in a clause such as `its target is missing`.
        case malformed(StaticString)

        package static func == (left: Outcome, right: Outcome) -> Bool {
            switch (left, right) {
            case (.found(let left), .found(let right)): left == right
            case (.incomplete, .incomplete): true
            case (.malformed(let left), .malformed(let right)): left.description == right.description
            case (.found, _), (.incomplete, _), (.malformed, _): false
            }
        }
    }

    /// How deep groups may be nested in what is skipped.
    static let groupLimit = 100

    /// - Parameters:
    ///   - bytes: the message from its beginning, as far as it has arrived.
    ///   - count: how many bytes the whole message has.
    package static func scan(_ bytes: UnsafeRawBufferPointer, of count: Int) -> Outcome {
        var cursor = Cursor(bytes, end: count)
        do throws(Halt) {
            while let batch = try cursor.next(100) {
                var cursor = cursor.part(batch)
                if let address = try cursor.next(1) {
                    return .found(try target(in: cursor.part(address)))
                }
            }
            return .malformed("it has no target")
        } catch {
            switch error {
            case .incomplete: return .incomplete
            case .malformed(let reason): return .malformed(reason)
            }
        }
    }

    private static func target(in cursor: Cursor) throws(Halt) -> Target {
        var cursor = cursor
        guard cursor.end <= cursor.bytes.count else { throw .incomplete }
        var target = Target()
        while let (number, content) = try cursor.nextContent() {
            switch number {
            case 1: target.namespace = content
            case 2: target.name = content
            case 3: target.id = content
            default: break
            }
        }
        return target
    }
}

/// Why a scan does not go on.
private enum Halt: Error {
    case incomplete
    case malformed(StaticString)
}

/// Reads the fields of one message (Protocol Buffers, "Encoding").
private struct Cursor {
    let bytes: UnsafeRawBufferPointer
    private(set) var index: Int
    /// Where the message ends, whether or not all of it has arrived.
    let end: Int

    init(_ bytes: UnsafeRawBufferPointer, from index: Int = 0, end: Int) {
        self.bytes = bytes
        self.index = index
        self.end = end
    }

    /// A cursor for a message inside this one.
    func part(_ range: Range<Int>) -> Cursor {
        Cursor(bytes, from: range.lowerBound, end: range.upperBound)
    }

    /// Skips to the next field of that number that has a length, and behind it.
    /// - Returns: where its content is; `nil` at the end of the message.
    mutating func next(_ wanted: Int) throws(Halt) -> Range<Int>? {
        while let (number, content) = try nextContent() {
            if number == wanted { return content }
        }
        return nil
    }

    /// Skips to the next field that has a length, and behind it.
    mutating func nextContent() throws(Halt) -> (number: Int, content: Range<Int>)? {
        while index < end {
            let (number, type) = try tag()
            if type == 2 {
                let length = try varint()
                guard length <= UInt64(end - index) else { throw .malformed("a field is longer than the message") }
                let content = index..<index + Int(length)
                index = content.upperBound
                return (number, content)
            }
            try skip(number, type)
        }
        return nil
    }

    private mutating func tag() throws(Halt) -> (number: Int, type: UInt8) {
        let tag = try varint()
        guard tag <= UInt64(UInt32.max), tag >> 3 > 0 else { throw .malformed("it has a field without a number") }
        return (Int(tag >> 3), UInt8(tag & 7))
    }

    private mutating func varint() throws(Halt) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard index < end else { throw .malformed("it ends within a field") }
            guard index < bytes.count else { throw .incomplete }
            let byte = bytes[index]
            index += 1
            // The tenth byte has room for one bit.
            guard shift < 63 || byte <= 1 else { throw .malformed("it has a number of more than 64 bits") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    private mutating func advance(by count: Int) throws(Halt) {
        guard count <= end - index else { throw .malformed("it ends within a field") }
        index += count
    }

    /// Skips the content of a field without a length.
    private mutating func skip(_ number: Int, _ type: UInt8) throws(Halt) {
        switch type {
        case 0: _ = try varint()
        case 1: try advance(by: 8)
        case 5: try advance(by: 4)
        case 3: try skipGroup(number)
        default: throw .malformed("it has a field of an unknown kind")
        }
    }

    private mutating func skipGroup(_ number: Int) throws(Halt) {
        var open = [number]
        while let last = open.last {
            let (number, type) = try tag()
            switch type {
            case 2:
                let length = try varint()
                guard length <= UInt64(end - index) else { throw .malformed("a field is longer than the message") }
                index += Int(length)
            case 3:
                guard open.count < TargetScanner.groupLimit else { throw .malformed("it is nested too deeply") }
                open.append(number)
            case 4:
                guard number == last else { throw .malformed("it has a group that ends as another one") }
                open.removeLast()
            default:
                try skip(number, type)
            }
        }
    }
}
