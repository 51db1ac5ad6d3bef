import HTTPTypes
import RequestReply
import Testing

@testable import PlaygroundIO

@Suite struct IngressValueTests {
    @Test(
        "the content type names the type of the value, and the body is its bytes",
        arguments: [
            ("application/vnd.example/GreetRequest", "example/GreetRequest"),
            ("application/vnd.example/GreetRequest; charset=utf-8", "example/GreetRequest"),
            ("application/vnd.com.example.Types/greet-request ;x", "com.example.Types/greet-request"),
            ("Application/VND.Example/GreetRequest", "Example/GreetRequest"),
        ]
    )
    func typed(contentType: String, typename: String) throws {
        let value = try IngressValue(contentType: contentType, body: [0xFF, 0])
        #expect(value.typename == typename)
        #expect(value.bytes == [0xFF, 0])
    }

    @Test(
        "a value of a built-in type is written as text",
        arguments: [
            ("string", "héllo\n", FunctionValue.string("héllo\n")),
            ("string", "", .string("")),
            ("int", "-42\n", .int(-42)),
            ("long", "9007199254740993", .long(9_007_199_254_740_993)),
            ("float", "1.5", .float(1.5)),
            ("double", " 1e300 ", .double(1e300)),
            ("bool", "true", .bool(true)),
        ]
    )
    func builtIn(name: String, text: String, expected: FunctionValue) throws {
        let value = try IngressValue(contentType: "application/vnd.io.statefun.types/\(name)", body: Array(text.utf8))
        #expect(value.typename == expected.typename)
        #expect(value.bytes == expected.bytes)
    }

    @Test(
        "every other content type, and none, means text",
        arguments: [nil, "", "text/plain", "application/json", "application/x-www-form-urlencoded", "nonsense"]
    )
    func text(contentType: String?) throws {
        let value = try IngressValue(contentType: contentType, body: Array(#"{"name": "Bob"}"#.utf8))
        #expect(value.typename == "io.statefun.types/string")
        #expect(value.bytes == FunctionValue.string(#"{"name": "Bob"}"#).bytes)
    }

    @Test(
        "a content type that names no type is refused",
        arguments: [
            "application/vnd.", "application/vnd.example", "application/vnd.api+json", "application/vnd./name", "application/vnd.example/",
            "application/vnd.example/a/b", "application/vnd.example/a b", "application/vnd.example/a, text/plain",
            "application/vnd.io.statefun.types/number",
        ]
    )
    func noType(contentType: String) {
        #expect(refusal(contentType, "1")?.status == .badRequest)
    }

    @Test("an unknown built-in type comes with the known ones")
    func unknownBuiltIn() {
        let known = WrittenValue.allCases.map(\.typename).joined(separator: ", ")
        #expect(
            refusal("application/vnd.io.statefun.types/number", "1")?.message
                == "there is no type io.statefun.types/number; write one of \(known)"
        )
    }

    @Test(
        "a text that is no value of its type is refused",
        arguments: [
            ("int", "2147483648"), ("int", "1.5"), ("int", ""), ("long", "x"), ("float", "1e39"), ("double", "1e309"), ("bool", "yes"),
        ]
    )
    func noValue(name: String, text: String) {
        let refusal = refusal("application/vnd.io.statefun.types/\(name)", text)
        #expect(refusal?.status == .badRequest)
        #expect(refusal?.message.hasPrefix("the body is no value of type io.statefun.types/\(name); write ") == true)
    }

    @Test("bytes that are not UTF-8 are no text")
    func notUTF8() {
        #expect(throws: HTTPRefusal.self) { try IngressValue(contentType: "text/plain", body: [0xFF]) }
    }

    private func refusal(_ contentType: String, _ text: String) -> HTTPRefusal? {
        do throws(HTTPRefusal) {
            _ = try IngressValue(contentType: contentType, body: Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }
}
