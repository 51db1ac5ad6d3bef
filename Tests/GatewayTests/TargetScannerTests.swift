import SwiftProtobuf
import TestSupport
import Testing

@testable import Gateway
@testable import RequestReply

/// The bytes of a message are read as swift-protobuf reads them, as far as they are read.
@Suite struct TargetScannerTests {
    private struct Found: Equatable {
        let namespace: String
        let name: String
        let id: String
    }

    private func scan(_ bytes: [UInt8], of count: Int? = nil) -> TargetScanner.Outcome {
        bytes.withUnsafeBytes { TargetScanner.scan($0, of: count ?? bytes.count) }
    }

    private func found(_ bytes: [UInt8]) -> Found? {
        guard case .found(let target) = scan(bytes) else { return nil }
        return Found(
            namespace: String(decoding: bytes[target.namespace], as: UTF8.self),
            name: String(decoding: bytes[target.name], as: UTF8.self),
            id: String(decoding: bytes[target.id], as: UTF8.self)
        )
    }

    private func oracle(_ bytes: [UInt8]) -> Found? {
        guard let message = try? WireToFunction(serializedBytes: bytes), message.invocation.hasTarget else { return nil }
        let target = message.invocation.target
        return Found(namespace: target.namespace, name: target.type, id: target.id)
    }

    private func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
        varint(number << 3 | 2) + varint(content.count) + content
    }

    private func varint(_ value: Int) -> [UInt8] {
        var rest = UInt64(value)
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    private func text(_ random: inout SeededRandom) -> [UInt8] {
        let letters = Array("abcdefghijklmnopqrstuvwxyz.-".utf8)
        return (0..<Int.random(in: 0...20, using: &random)).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)] }
    }

    /// Any field that a later version of the protocol could have, groups included.
    private func unknown(_ random: inout SeededRandom) -> [UInt8] {
        let number = Int.random(in: 200...100_000, using: &random)
        switch Int.random(in: 0...4, using: &random) {
        case 0: return varint(number << 3) + varint(Int.random(in: 0...Int.max, using: &random))
        case 1: return varint(number << 3 | 1) + Array(repeating: 7, count: 8)
        case 2: return varint(number << 3 | 5) + Array(repeating: 7, count: 4)
        case 3: return varint(number << 3 | 3) + field(7, text(&random)) + varint(number << 3 | 4)
        default: return field(number, text(&random))
        }
    }

    /// A message with its fields in any order, and fields among them that nobody knows.
    private func message(_ random: inout SeededRandom) -> [UInt8] {
        func mixed(_ fields: [[UInt8]]) -> [UInt8] {
            var all = fields
            for _ in 0..<Int.random(in: 0...3, using: &random) { all.append(unknown(&random)) }
            return all.shuffled(using: &random).flatMap { $0 }
        }
        let address = mixed([field(1, text(&random)), field(2, text(&random)), field(3, text(&random))])
        let value = field(1, text(&random)) + [0x10, 1] + field(3, text(&random))
        var parts = [field(1, address)]
        for _ in 0..<Int.random(in: 0...4, using: &random) { parts.append(field(2, field(1, text(&random)) + field(2, value))) }
        for _ in 0..<Int.random(in: 1...4, using: &random) { parts.append(field(3, field(2, value))) }
        return mixed([field(100, mixed(parts))])
    }

    @Test("the address is found wherever it stands, and whatever stands around it", arguments: 1...20)
    func property(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        for _ in 0..<50 {
            let bytes = message(&random)
            let expected = try #require(oracle(bytes))
            #expect(found(bytes) == expected)
            let whole = scan(bytes)
            for count in stride(from: 0, to: bytes.count, by: 3) {
                let outcome = scan(Array(bytes[..<count]), of: bytes.count)
                #expect(outcome == .incomplete || outcome == whole)
            }
        }
    }

    @Test("what is damaged is refused only where swift-protobuf refuses it, or finds no address", arguments: 1...20)
    func damage(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        for _ in 0..<200 {
            var bytes = message(&random)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if case .malformed = scan(bytes) {
                #expect(oracle(bytes) == nil, "\(bytes)")
            }
        }
    }

    @Test("nothing behind the address is looked at")
    func stops() {
        let address = field(1, field(1, Array("ns".utf8)) + field(2, Array("f".utf8)) + field(3, Array("1".utf8)))
        let batch = address + Array(repeating: 0xFF, count: 40)
        #expect(found(field(100, batch) + [0xFF, 0xFF]) == Found(namespace: "ns", name: "f", id: "1"))
    }

    private static let malformed: [(bytes: [UInt8], reason: String)] = [
        ([], "it has no target"),
        ([0xA2, 0x06, 0x00], "it has no target"),
        ([0x0A, 0x05, 1], "a field is longer than the message"),
        ([0xA2, 0x06], "it ends within a field"),
        ([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], "it has a number of more than 64 bits"),
        ([0x00, 0x01], "it has a field without a number"),
        ([0x0E, 0x01], "it has a field of an unknown kind"),
        ([0x0C], "it has a field of an unknown kind"),
        ([0x0B, 0x14], "it has a group that ends as another one"),
        (Array(repeating: 0x0B, count: 200), "it is nested too deeply"),
        ([0xA2, 0x06, 0x04, 0x0A, 0x02, 0x0A, 0x7F], "a field is longer than the message"),
    ]

    @Test("bytes that are no message say why", arguments: malformed)
    func reasons(bytes: [UInt8], reason: String) {
        guard case .malformed(let said) = scan(bytes) else {
            Issue.record("\(bytes) is taken for a message")
            return
        }
        #expect("\(said)" == reason)
    }
}
