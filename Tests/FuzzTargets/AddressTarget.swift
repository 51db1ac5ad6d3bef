import Gateway
import RequestReply
import SwiftProtobuf

/// Finding the address of a message without decoding the rest, held against swift-protobuf, which decodes it all.
enum AddressTarget {
    static func run(_ bytes: UnsafeRawBufferPointer) throws(BrokenInvariant) {
        let bytes = Array(bytes)
        let outcome = scan(bytes)
        try check(outcome != .incomplete, "what is there as a whole is not waited for")
        try checkPrefixes(of: bytes, outcome)
        guard let message = try? WireToFunction(serializedBytes: bytes) else { return }
        let known = message.invocation.target
        guard case .found(let target) = outcome else {
            return try check(!message.invocation.hasTarget, "the address that the library finds is found, not \(outcome)")
        }
        try check(message.invocation.hasTarget, "an address that is found is one to the library")
        if Addresses.count(in: bytes) == 1 {
            try check(says(target, known, in: bytes), "the address is \(known), and not in \(target)")
        }
        // The library puts parts together that came apart, and keeps what it does not know.
        guard let again: [UInt8] = try? message.serializedBytes() else { throw BrokenInvariant("every message can be encoded") }
        guard case .found(let same) = scan(again), says(same, known, in: again) else {
            throw BrokenInvariant("the address \(known) is found when the library writes it")
        }
    }

    private static func scan(_ bytes: [UInt8], first count: Int? = nil) -> TargetScanner.Outcome {
        bytes.withUnsafeBytes { TargetScanner.scan(UnsafeRawBufferPointer(rebasing: $0[..<(count ?? bytes.count)]), of: bytes.count) }
    }

    /// A part of a message says what the whole says, or that more is needed; and once it has said something, it stays with that.
    private static func checkPrefixes(of bytes: [UInt8], _ whole: TargetScanner.Outcome) throws(BrokenInvariant) {
        var isKnown = false
        for count in stride(from: 0, through: bytes.count, by: max(1, bytes.count / 64)) {
            let part = scan(bytes, first: count)
            try check(part == whole || part == .incomplete && !isKnown, "after \(count) bytes it is \(part), in the end \(whole)")
            isKnown = part == whole
        }
    }

    private static func says(_ target: TargetScanner.Target, _ address: WireAddress, in bytes: [UInt8]) -> Bool {
        bytes[target.namespace].elementsEqual(address.namespace.utf8) && bytes[target.name].elementsEqual(address.type.utf8)
            && bytes[target.id].elementsEqual(address.id.utf8)
    }
}

/// Counts the addresses of a message that holds nothing but fields with a length.
private enum Addresses {
    /// - Returns: `nil` where there are other fields.
    static func count(in bytes: [UInt8]) -> Int? {
        var count = 0
        guard let batches = fields(100, of: bytes[...]) else { return nil }
        for batch in batches {
            guard let addresses = fields(1, of: batch) else { return nil }
            count += addresses.count
        }
        return count
    }

    private static func fields(_ wanted: UInt64, of message: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        var found: [ArraySlice<UInt8>] = []
        var rest = message
        while !rest.isEmpty {
            guard let tag = varint(&rest), tag & 7 == 2, let length = varint(&rest), length <= UInt64(rest.count) else { return nil }
            if tag >> 3 == wanted {
                found.append(rest.prefix(Int(length)))
            }
            rest = rest.dropFirst(Int(length))
        }
        return found
    }

    private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
