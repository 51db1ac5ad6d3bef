import RequestReply
import SwiftProtobuf

/// What a function answers in the body, and values as people write them. The input is taken for each of these in turn.
enum WireTarget {
    static func run(_ bytes: UnsafeRawBufferPointer) throws(BrokenInvariant) {
        let bytes = Array(bytes)
        try checkAnswer(bytes)
        try checkBatch(bytes)
        for type in BuiltInType.allCases {
            try checkValue(typename: type.typename, bytes)
        }
        try checkValue(typename: FunctionValue.kafkaProducerRecordTypename, bytes)
        try checkValue(typename: "example/Custom", bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        try checkText(text)
        try checkJSON(text)
    }

    // MARK: - Messages

    private static func checkAnswer(_ bytes: [UInt8]) throws(BrokenInvariant) {
        let answer: FunctionAnswer
        switch Result(catching: { () throws(MalformedAnswer) in try FunctionAnswer(decoding: bytes) }) {
        case .success(let decoded): answer = decoded
        case .failure(let error): return try checkHoldsNoControls(error.description, "the message of a malformed answer")
        }
        switch answer {
        case .result(let result):
            try checkIsJSON(result.json, "a result for programs")
        case .incomplete(let missing):
            try check(!missing.isEmpty, "who asks for state names some")
            for state in missing {
                try checkIsJSON(state.json, "missing state for programs")
            }
        }
        let encoded = try encoded(answer.wire)
        guard let message = try? WireFromFunction(serializedBytes: bytes), let other = try? FunctionAnswer(message) else {
            throw BrokenInvariant("what is understood is a message to the library as well")
        }
        let otherBytes = try self.encoded(other.wire)
        try check(otherBytes == encoded, "an answer is understood as the library understands it")
        guard let again = try? FunctionAnswer(decoding: encoded) else { throw BrokenInvariant("what an answer says can be said again") }
        // A value that is no number does not equal itself, but its bytes do.
        let bytesAgain = try self.encoded(again.wire)
        try check(bytesAgain == encoded, "an answer said again says the same")
    }

    private static func checkBatch(_ bytes: [UInt8]) throws(BrokenInvariant) {
        guard let message = try? WireToFunction(serializedBytes: bytes) else { return }
        let encoded = try encoded(message)
        guard let again = try? WireToFunction(serializedBytes: encoded) else { throw BrokenInvariant("what is encoded can be decoded") }
        let bytesAgain = try self.encoded(again)
        try check(bytesAgain == encoded, "a message encoded again is the same")
    }

    private static func encoded(_ message: some Message) throws(BrokenInvariant) -> [UInt8] {
        guard let bytes: [UInt8] = try? message.serializedBytes() else { throw BrokenInvariant("every message can be encoded") }
        return bytes
    }

    // MARK: - Values

    private static func checkValue(typename: String, _ bytes: [UInt8]) throws(BrokenInvariant) {
        switch Result(catching: { () throws(FunctionValueError) in try FunctionValue(typename: typename, bytes: bytes) }) {
        case .success(let value): try checkValue(value)
        case .failure(let error): try checkHoldsNoControls(error.description, "the message of a refused value")
        }
    }

    private static func checkValue(_ value: FunctionValue) throws(BrokenInvariant) {
        try checkIsJSON(value.json, "a value for programs")
        try checkHoldsNoControls(value.rendered, "a value for people")
        try checkHoldsNoControls(value.text, "the text of a value")
        guard let decoded = try? FunctionValue(typename: value.typename, bytes: value.bytes),
            let read = try? FunctionValue(text: value.text)
        else { throw BrokenInvariant("'\(value.text)' can be decoded and read again") }
        for again in [decoded, read] {
            try check(
                again.typename == value.typename && again.bytes == value.bytes,
                "'\(value.text)' reads as itself, not '\(again.text)'"
            )
            try check(again.text == value.text, "'\(value.text)' is printed the same again, not as '\(again.text)'")
        }
    }

    private static func checkText(_ text: String) throws(BrokenInvariant) {
        switch Result(catching: { () throws(FunctionValueError) in try FunctionValue(text: text) }) {
        case .success(let value): try checkValue(value)
        case .failure(let error): try checkHoldsNoControls(error.description, "the message of a refused value")
        }
        switch Result(catching: { () throws(FunctionValueError) in try StateValue(text: text) }) {
        case .success(let state):
            try checkIsJSON(state.json, "a state for programs")
            guard let again = try? StateValue(text: state.text) else { throw BrokenInvariant("'\(state.text)' is read again") }
            try check(again.name == state.name && again.text == state.text, "'\(state.text)' reads as itself, not '\(again.text)'")
            if let value = state.value {
                try checkValue(value)
            }
        case .failure(let error): try checkHoldsNoControls(error.description, "the message of a refused state")
        }
    }

    // MARK: - JSON

    private static let deepestJSON = 200

    /// What is JSON stays the same JSON when the space between its parts is left out.
    private static func checkJSON(_ text: String) throws(BrokenInvariant) {
        guard let value = try? FunctionValue(json: text, typename: "example/Custom") else { return }
        try checkIsJSON(value.rendered, "JSON without spaces")
        let again = try? FunctionValue(json: value.rendered, typename: "example/Custom")
        try check(again?.rendered == value.rendered, "JSON without spaces stays as it is: \(value.rendered)")
    }

    private static func checkIsJSON(_ text: String, _ what: String) throws(BrokenInvariant) {
        try checkHoldsNoControls(text, what)
        // What is nested deeper is JSON all the same, but the reader refuses it.
        guard text.utf8.count(where: { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") }) <= deepestJSON else { return }
        try check((try? FunctionValue(json: text, typename: "example/Custom")) != nil, "\(what) is JSON: \(text)")
    }
}
