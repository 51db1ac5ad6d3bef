/// A function as the running side knows it: its type, and which one of that type.
///
/// Two addresses are equal where their bytes are equal, as the request-reply protocol and every store compare them.
public struct RuntimeAddress: Codable, Sendable {
    /// The function type as `namespace/name`.
    public let functionType: String
    /// Which one of that type; any text, the empty one included.
    public let id: String
    /// A hash of both: a message is looked up by its address a dozen times and more on its way.
    private let fingerprint: Int

    public init(functionType: String, id: String) {
        self.functionType = functionType
        self.id = id
        var hasher = Hasher()
        Self.combine(id, into: &hasher)
        Self.combine(functionType, into: &hasher)
        fingerprint = hasher.finalize()
    }

    /// Whether both are of one function type.
    package func hasSameType(as other: RuntimeAddress) -> Bool {
        functionType.hasSameBytes(as: other.functionType)
    }

    private enum CodingKeys: String, CodingKey {
        case functionType
        case id
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            functionType: try container.decode(String.self, forKey: .functionType),
            id: try container.decode(String.self, forKey: .id)
        )
    }
}

extension RuntimeAddress: Hashable {
    // Text compares canonically in Swift, so that an accent in one scalar or in two is the same; bytes are compared here.
    public static func == (left: Self, right: Self) -> Bool {
        left.fingerprint == right.fingerprint && left.id.hasSameBytes(as: right.id)
            && left.functionType.hasSameBytes(as: right.functionType)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(fingerprint)
    }

    private static func combine(_ text: String, into hasher: inout Hasher) {
        // Not `withUTF8`, which needs a copy to change.
        if text.utf8.withContiguousStorageIfAvailable({ hasher.combine(bytes: UnsafeRawBufferPointer($0)) }) == nil {
            Array(text.utf8).withUnsafeBytes { hasher.combine(bytes: $0) }
        }
        // No UTF-8 text holds this byte, so the seam between the two is part of what is hashed.
        hasher.combine(UInt8.max)
    }
}

extension RuntimeAddress: Comparable {
    /// By function type, then by id, byte by byte.
    public static func < (left: Self, right: Self) -> Bool {
        if left.functionType.hasSameBytes(as: right.functionType) {
            return left.id.utf8.lexicographicallyPrecedes(right.id.utf8)
        }
        return left.functionType.utf8.lexicographicallyPrecedes(right.functionType.utf8)
    }
}

extension RuntimeAddress: CustomStringConvertible {
    /// `namespace/name/id`
    public var description: String { "\(functionType)/\(id)" }
}

extension String {
    /// Whether two texts are the same byte by byte, looked at eight bytes at a time. Written here as well as in `TransportCore`, since
    /// this module imports nothing.
    func hasSameBytes(as other: String) -> Bool {
        let count = utf8.count
        guard count == other.utf8.count else { return false }
        let isSame = utf8.withContiguousStorageIfAvailable { mine in
            other.utf8.withContiguousStorageIfAvailable { others in
                let (left, right) = (UnsafeRawBufferPointer(mine), UnsafeRawBufferPointer(others))
                func isSame<Word: FixedWidthInteger>(_ type: Word.Type, at index: Int) -> Bool {
                    left.loadUnaligned(fromByteOffset: index, as: type) == right.loadUnaligned(fromByteOffset: index, as: type)
                }
                var index = 0
                if count >= 8 {
                    // The last eight may begin within those before.
                    let last = count &- 8
                    while index < last {
                        guard isSame(UInt64.self, at: index) else { return false }
                        index &+= 8
                    }
                    return isSame(UInt64.self, at: last)
                }
                while index < count {
                    guard isSame(UInt8.self, at: index) else { return false }
                    index &+= 1
                }
                return true
            }
        }
        // Text from elsewhere may lie in pieces.
        return (isSame ?? nil) ?? utf8.elementsEqual(other.utf8)
    }
}
