import Foundation
import Testing

@testable import PlaygroundIO

@Suite struct JSONScannerTests {
    private func members(_ text: String) throws(JSONScanner.Fault) -> [(name: String, value: JSONScanner.Value)] {
        var scanner = try JSONScanner(Array(text.utf8))
        var members: [(name: String, value: JSONScanner.Value)] = []
        try scanner.members { members.append((String(decoding: $0, as: UTF8.self), $1)) }
        return members
    }

    @Test(
        "strings are read as the text that they stand for",
        arguments: [
            (#""""#, ""), (#""a b""#, "a b"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u20AC""#, "é€"),
            (#""\ud83d\ude00""#, "😀"), (#""日本""#, "日本"), (#""\u0000""#, "\u{0}"),
        ]
    )
    func strings(json: String, text: String) throws {
        let members = try members("{\"x\":\(json)}")
        #expect(members.map(\.name) == ["x"])
        #expect(members.map(\.value) == [.string(ArraySlice(text.utf8))])
    }

    @Test(
        "other values are kept as they are written, without white space between their parts",
        arguments: [
            ("1", "1"), ("-0.50e+7", "-0.50e+7"), ("123456789012345678901234567890", "123456789012345678901234567890"), ("true", "true"),
            ("null", "null"), ("[ ]", "[]"), ("{ }", "{}"), ("[1 , [\"a b\"],\n{ \"k\" : false } ]", #"[1,["a b"],{"k":false}]"#),
            (#"{"\u0041" : "\n"}"#, #"{"\u0041":"\n"}"#),
        ]
    )
    func others(json: String, compact: String) throws {
        #expect(try members(" { \"x\" : \(json) } \n").map(\.value) == [.other(Array(compact.utf8))])
    }

    @Test("members keep their order, and may have the same name")
    func order() throws {
        #expect(try members(#"{"b":1,"a":2,"b":3}"#).map(\.name) == ["b", "a", "b"])
        #expect(try members("{}").isEmpty)
    }

    @Test(
        "what is not JSON is refused",
        arguments: [
            "", "x", "[]", "\"a\"", "{", "{}}", "{} x", "{a:1}", "{'a':1}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{,"a":1}"#,
            #"{"a":1 "b":2}"#,
            #"{"a":01}"#, #"{"a":1.}"#, #"{"a":.5}"#, #"{"a":1e}"#, #"{"a":+1}"#, #"{"a":-}"#, #"{"a":NaN}"#, #"{"a":tru}"#, #"{"a":[1,]}"#,
            #"{"a":[1}"#, #"{"a":{"b"}}"#, #"{"a":"x}"#, #"{"a":"\x"}"#, #"{"a":"\u12g4"}"#, #"{"a":"\u12"}"#, "{\"a\":\"\n\"}",
            #"{"a":"\ud800"}"#, #"{"a":"\ud800\u0041"}"#, #"{"a":"\udc00"}"#, #"{"a":"\"#, "{\"a\":1//\n}",
        ]
    )
    func refused(json: String) {
        #expect(throws: JSONScanner.Fault.self) { try members(json) }
    }

    @Test("a fault names the byte")
    func place() {
        #expect(throws: JSONScanner.Fault(message: "is not JSON: byte 5 should be a value")) { try members(#"{"a":x}"#) }
    }

    @Test("what is not UTF-8 is refused")
    func notUTF8() {
        #expect(throws: JSONScanner.Fault(message: "is not UTF-8 text")) { try JSONScanner([0x7B, 0xFF, 0x7D]) }
    }

    @Test("lists within lists end somewhere")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            "{\"a\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        }
        #expect(try members(nested(JSONScanner.maximumDepth)).count == 1)
        #expect(throws: JSONScanner.Fault.self) { try members(nested(JSONScanner.maximumDepth + 1)) }
        #expect(throws: JSONScanner.Fault.self) { try members(nested(100_000)) }
    }
}
