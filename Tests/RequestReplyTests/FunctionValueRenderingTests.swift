import Foundation
import RequestReply
import SwiftProtobuf
import Testing

@Suite struct FunctionValueRenderingTests {
    private static func kafka(_ topic: String, _ key: String, _ value: [UInt8]) throws -> FunctionValue {
        var record = WireKafkaProducerRecord()
        record.topic = topic
        record.key = key
        record.valueBytes = Data(value)
        return .custom(typename: FunctionValue.kafkaProducerRecordTypename, bytes: try record.serializedBytes())
    }

    private static func custom(_ text: String) -> FunctionValue { .custom(typename: "e/P", bytes: Array(text.utf8)) }

    @Test(
        "what a reader sees of a value",
        arguments: [
            (FunctionValue.bool(false), "false"),
            (.int(5), "5"),
            (.long(-6), "-6"),
            (.float(0.5), "0.5"),
            (.double(.nan), "nan"),
            (.string("a \"b\"\n\u{1B}[2J\u{202E}\u{7F}\\"), #""a \"b\"\n\u001b[2J\u202e\u007f\\""#),
            (.string("größe 👩‍👩‍👧"), #""größe 👩‍👩‍👧""#),
            (custom("{ \"a\" : [ 1 , -2.5e+3 , true , null , \"x y\" ] ,\n\t\"b\" : { } }"), #"{"a":[1,-2.5e+3,true,null,"x y"],"b":{}}"#),
            (custom("\"\u{9B}2J\\u001b\""), #""\u009b2J\u001b""#),
            (custom(""), "0 bytes"),
            (custom("hello"), "5 bytes 68656c6c6f"),
            (.custom(typename: "e/P", bytes: [7]), "1 byte 07"),
            (.custom(typename: "e/P", bytes: [UInt8](repeating: 0xAB, count: 33)), "33 bytes \(String(repeating: "ab", count: 32))…"),
        ]
    )
    func rendered(value: FunctionValue, text: String) {
        #expect(value.rendered == text)
    }

    @Test("a record for Kafka is shown by its parts")
    func kafka() throws {
        #expect(try Self.kafka("greetings", "Bob", Array("{ }".utf8)).rendered == #"topic "greetings" key "Bob" value {}"#)
        #expect(try Self.kafka("greetings", "", Array("Hello".utf8)).rendered == #"topic "greetings" value "Hello""#)
        #expect(try Self.kafka("t", "", [0xFF]).rendered == #"topic "t" value 1 byte ff"#)
        #expect(try Self.kafka("t", "", []).rendered == #"topic "t" value 0 bytes"#)
        #expect(FunctionValue.custom(typename: FunctionValue.kafkaProducerRecordTypename, bytes: [0xFF]).rendered == "1 byte ff")
        let typename = FunctionValue.kafkaProducerRecordTypename
        #expect(
            try Self.kafka("t", "k", Array("[1]".utf8)).json == #"{"typename":"\#(typename)","value":{"topic":"t","key":"k","value":[1]}}"#
        )
        #expect(try Self.kafka("t", "", [0xFF]).json == #"{"typename":"\#(typename)","value":{"topic":"t","base64":"/w=="}}"#)
    }

    @Test(
        "what is JSON, and what only looks like it",
        arguments: [
            ("null", true), ("-0", true), ("0.5", true), ("1E9", true), ("[]", true), (#""\u00e9\/\b""#, true), (" 5 ", true),
            ("[[[]]]", true),
            ("01", false), ("+1", false), (".5", false), ("1.", false), ("1e", false), ("-", false), ("nul", false), ("nulls", false),
            ("[1,]", false), ("[,1]", false),
            ("{a:1}", false), (#"{"a"}"#, false), (#"{"a":1,}"#, false), (#"{"a" 1}"#, false), ("[1}", false), ("[", false), (#"""#, false),
            (#""\x""#, false),
            (#""\u12g4""#, false), ("\"a\nb\"", false), ("1 2", false), ("\u{FEFF}1", false), ("NaN", false), ("'a'", false),
            ("[1 2]", false),
        ]
    )
    func jsonGrammar(text: String, isJSON: Bool) {
        #expect(Self.custom(text).json.contains("base64") == !isJSON)
        #expect((try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)) != nil || !isJSON)
    }

    @Test("bytes that are not UTF-8 are not JSON")
    func notUTF8() {
        #expect(FunctionValue.custom(typename: "e/P", bytes: [0x22, 0xFF, 0x22]).rendered == "3 bytes 22ff22")
    }

    @Test("JSON nested without end is shown as bytes, and the program goes on")
    func deepNesting() {
        #expect(Self.custom(String(repeating: "[", count: 200) + String(repeating: "]", count: 200)).rendered.hasPrefix("[["))
        #expect(Self.custom(String(repeating: "[", count: 201) + String(repeating: "]", count: 201)).rendered.hasPrefix("402 bytes"))
        #expect(Self.custom(String(repeating: #"{"a":"#, count: 100_000)).rendered.hasPrefix("500000 bytes"))
    }

    @Test("a value for programs is JSON that holds the value", arguments: FunctionValueTests.samples)
    func valueJSON(value: FunctionValue) throws {
        let object = try #require(JSONSerialization.jsonObject(with: Data(value.json.utf8)) as? [String: Any])
        #expect(object["typename"] as? String == value.typename)
        switch value {
        case .bool(let value): #expect(object["value"] as? Bool == value)
        case .int(let value): #expect((object["value"] as? NSNumber)?.int32Value == value)
        case .long(let value): #expect((object["value"] as? NSNumber)?.int64Value == value)
        case .float(let value) where !value.isFinite: #expect(object["value"] as? String == "Infinity")
        case .float(let value): #expect((object["value"] as? NSNumber)?.floatValue == value)
        case .double(let value) where !value.isFinite: #expect(object["value"] as? String == "-Infinity")
        case .double(let value): #expect((object["value"] as? NSNumber)?.doubleValue == value)
        case .string(let value): #expect(object["value"] as? String == value)
        case .custom(_, let bytes): #expect((object["base64"] as? String).flatMap { Data(base64Encoded: $0) } == Data(bytes))
        }
    }

    @Test("a result for programs")
    func resultJSON() throws {
        guard case .result(let result) = try FunctionAnswer(decoding: GoldenBytes.result) else {
            Issue.record("not a result")
            return
        }
        let yes = #"{"typename":"io.statefun.types/bool","value":true}"#
        let message = #""namespace":"ns","type":"f","id":"B","argument":\#(yes)"#
        #expect(
            result.json
                == #"{"state":[{"name":"s","typename":"io.statefun.types/int","value":5},{"name":"old","value":null}],"#
                + #""messages":[{\#(message)}],"delayed":[{\#(message),"milliseconds":1000},{"cancel":"t"}],"#
                + #""egress":[{"egress":"ns/e","argument":\#(yes)}]}"#
        )
        #expect(InvocationResult().json == #"{"state":[],"messages":[],"delayed":[],"egress":[]}"#)
    }

    @Test("missing state for programs")
    func missingJSON() {
        #expect(MissingState("s", typename: "e/T").json == #"{"name":"s","typename":"e/T"}"#)
        #expect(
            MissingState("s", typename: "e/T", expiration: .afterInvocation(.seconds(2))).json
                == #"{"name":"s","typename":"e/T","expiration":{"mode":"after-invocation","milliseconds":2000}}"#
        )
        #expect(
            MissingState("s", typename: "e/T", expiration: .afterWrite(.seconds(Int64.max))).json
                == #"{"name":"s","typename":"e/T","expiration":{"mode":"after-write","milliseconds":9223372036854775807}}"#
        )
    }
}
