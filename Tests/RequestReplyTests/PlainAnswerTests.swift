import RequestReply
import SwiftProtobuf
import Testing

/// What is read at once is what the protobuf library reads.
@Suite struct PlainAnswerTests {
    private static let values: [FunctionValue] = [
        .bool(true), .bool(false), .int(0), .int(-7), .long(.min), .long(0), .float(1.5), .float(-0.0), .double(.infinity), .double(0),
        .string(""), .string("héllo"), .custom(typename: "example/Message", bytes: [UInt8](repeating: 0xFE, count: 300)),
        .custom(typename: "example/Empty", bytes: []), .custom(typename: "io.statefun.types/other", bytes: [1]),
        .custom(typename: "io.statefun.types", bytes: [2]),
    ]

    /// A result with every kind of effect that is read at once.
    private static func answer() -> WireFromFunction {
        .with { answer in
            for (index, value) in values.enumerated() {
                answer.invocationResult.stateMutations.append(
                    .with {
                        $0.stateName = "state-\(index)"
                        $0.mutationType = index.isMultiple(of: 3) ? .delete : .modify
                        if !index.isMultiple(of: 3) { $0.stateValue = value.wire }
                    }
                )
                answer.invocationResult.outgoingMessages.append(
                    .with {
                        $0.target = MessageAddress(namespace: "example", type: "f", id: index == 0 ? "" : "id-\(index)").wire
                        $0.argument = value.wire
                    }
                )
                answer.invocationResult.outgoingEgresses.append(
                    .with {
                        $0.egressNamespace = "example"
                        $0.egressType = "out"
                        $0.argument = value.wire
                    }
                )
            }
        }
    }

    /// What the library makes of the bytes.
    private static func expected(_ bytes: [UInt8]) throws -> FunctionAnswer {
        try FunctionAnswer(try WireFromFunction(serializedBytes: bytes))
    }

    @Test("every effect and every type of value is understood as the library understands it")
    func everyValue() throws {
        let bytes: [UInt8] = try Self.answer().serializedBytes()
        #expect(try FunctionAnswer(decoding: bytes) == Self.expected(bytes))
    }

    @Test("what the SDKs write needs no library")
    func plainForm() throws {
        let bytes: [UInt8] = try Self.answer().serializedBytes()
        #expect(bytes.withUnsafeBytes { FunctionAnswer(decodingPlain: $0) } == (try Self.expected(bytes)))
    }

    @Test("messages are passed on as the same messages are that were made of values")
    func passedOn() throws {
        let bytes: [UInt8] = try Self.answer().serializedBytes()
        guard case .result(let result) = try FunctionAnswer(decoding: bytes) else { throw UnexpectedAnswer() }
        let made = InvocationResult.Messages(Array(result.messages))
        #expect(made == result.messages)
        #expect(Set([made, result.messages]).count == 1)
        let address = MessageAddress(namespace: "example", type: "caller", id: "é")
        let caller = EncodedCaller(address)
        #expect(made.count == Self.values.count)
        for (index, value) in Self.values.enumerated() {
            let expected = EncodedInvocation(EncodedValue(value), from: address)
            #expect(made.invocation(at: index, from: caller) == expected)
            #expect(result.messages.invocation(at: index, from: caller) == expected)
            #expect(try expected.decoded().caller == address)
            #expect(result.messages.target(at: index) == made.target(at: index))
            #expect(result.messages.target(at: index).id == (index == 0 ? "" : "id-\(index)"))
        }
    }

    @Test("messages to one target in a row say so")
    func repeatedTargets() throws {
        let ids = ["a", "a", "b", "a", "a"]
        let answer = WireFromFunction.with {
            $0.invocationResult.outgoingMessages = ids.map { id in
                .with {
                    $0.target = MessageAddress(namespace: "example", type: "f", id: id).wire
                    $0.argument = FunctionValue.long(1).wire
                }
            }
        }
        guard case .result(let result) = try FunctionAnswer(decoding: try answer.serializedBytes()) else { throw UnexpectedAnswer() }
        #expect(result.messages.indices.map { result.messages.repeatsTarget(at: $0) } == [false, true, false, false, true])
        #expect(result.messages.map(\.target.id) == ids)
    }

    private struct UnexpectedAnswer: Error {}

    @Test("messages that are like the one before in part, or in all, are understood as the library understands them")
    func likeTheLast() throws {
        // Names of equal length, names of which one begins with the other, and values with and without bytes.
        let targets = ["a", "b", "aa", ""].map { MessageAddress(namespace: "example", type: "f", id: $0) }
        let values: [FunctionValue] = [
            .custom(typename: "example/A", bytes: []), .custom(typename: "example/A", bytes: [1]),
            .custom(typename: "example/A", bytes: [UInt8](repeating: 2, count: 200)), .custom(typename: "example/B", bytes: [1]),
            .custom(typename: "example/AB", bytes: [1]), .long(0), .long(7), .int(7), .string("x"), .string(""),
        ]
        var generator = Seeded(state: 5)
        for _ in 0..<300 {
            let answer = WireFromFunction.with { answer in
                for _ in 0..<20 {
                    let value = values[Int.random(in: values.indices, using: &generator)]
                    answer.invocationResult.outgoingMessages.append(
                        .with {
                            $0.target = targets[Int.random(in: targets.indices, using: &generator) / 2].wire
                            $0.argument = value.wire
                        }
                    )
                }
            }
            let bytes: [UInt8] = try answer.serializedBytes()
            let expected = try Self.expected(bytes)
            #expect(try FunctionAnswer(decoding: bytes) == expected)
            #expect(bytes.withUnsafeBytes { FunctionAnswer(decodingPlain: $0) } == expected)
        }
    }

    @Test("of messages to one target and of one type, a spoilt byte is found in whichever it is")
    func spoiltRepetition() throws {
        var generator = Seeded(state: 6)
        for value in [FunctionValue.long(3), .string("text"), .custom(typename: "example/A", bytes: [0x08, 1, 0x1A, 1, 7])] {
            let sound: [UInt8] = try WireFromFunction.with {
                $0.invocationResult.outgoingMessages = Array(
                    repeating: .with {
                        $0.target = MessageAddress(namespace: "example", type: "f", id: "a").wire
                        $0.argument = value.wire
                    },
                    count: 4
                )
            }
            .serializedBytes()
            for index in sound.indices {
                for byte in [sound[index] &+ 1, sound[index] &- 1, sound[index] ^ 0x80, UInt8.random(in: 0...255, using: &generator)] {
                    var bytes = sound
                    bytes[index] = byte
                    let read = try? FunctionAnswer(decoding: bytes)
                    let expected = try? Self.expected(bytes)
                    #expect(read?.isSame(as: expected) ?? (expected == nil), "\(bytes)")
                }
            }
        }
    }

    @Test("bytes that were changed anywhere are understood, or refused, as the library does it", arguments: 1...4)
    func changedBytes(changes: Int) throws {
        var generator = Seeded(state: UInt64(changes))
        let sound: [UInt8] = try Self.answer().serializedBytes()
        for _ in 0..<2_000 {
            var bytes = sound
            for _ in 0..<changes {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let read = try? FunctionAnswer(decoding: bytes)
            let expected = try? Self.expected(bytes)
            #expect(read?.isSame(as: expected) ?? (expected == nil), "\(bytes)")
        }
    }

    @Test(
        "what comes twice, or in another form, is understood as the library understands it",
        arguments: [
            // A message whose target comes in two parts: the library puts them together.
            [0xA2, 6, 22, 0x12, 20, 0x0A, 3, 0x0A, 1, 0x6E, 0x0A, 3, 0x12, 1, 0x66, 0x12, 8, 0x0A, 2, 0x61, 0x2F, 0x10, 1, 0x1A, 0],
            // A value before its typename, and a target after its value.
            [0xA2, 6, 20, 0x12, 18, 0x12, 8, 0x10, 1, 0x0A, 2, 0x61, 0x2F, 0x1A, 0, 0x0A, 6, 0x0A, 1, 0x6E, 0x12, 1, 0x66],
            // The same part of a result twice.
            [0xA2, 6, 0, 0xA2, 6, 0],
            // A result, and a request for state after it.
            [0xA2, 6, 0, 0xAA, 6, 6, 0x0A, 4, 0x0A, 2, 0x73, 0x31],
            // Lengths with more bytes than they need.
            [0xA2, 6, 0x80, 0x80, 0],
            // A number of eleven bytes, and one that is too large.
            [0xA2, 6, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
            [0xA2, 6, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
            [0xA2, 6, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2],
        ] as [[UInt8]]
    )
    func otherForms(bytes: [UInt8]) {
        let read = try? FunctionAnswer(decoding: bytes)
        #expect(read == (try? Self.expected(bytes)))
    }
}

extension FunctionAnswer {
    /// Whether the answers say the same, also where they hold numbers that equal nothing.
    fileprivate func isSame(as other: FunctionAnswer?) -> Bool {
        guard let other else { return false }
        return "\(self)" == "\(other)"
    }
}
