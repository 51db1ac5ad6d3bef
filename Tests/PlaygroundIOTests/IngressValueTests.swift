import HTTPTypes
import RuntimeCore
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
        let value = try IngressValue(IngressValue.Form(contentType: contentType), body: [0xFF, 0])
        #expect(value.typename == typename)
        #expect(value.value == .encoded([0xFF, 0]))
    }

    @Test(
        "a value of a built-in type is written as text",
        arguments: [
            ("string", "héllo\n"), ("string", ""), ("int", "-42\n"), ("long", "9007199254740993"), ("float", "1.5"), ("double", " 1e300 "),
            ("bool", "true"),
        ]
    )
    func builtIn(name: String, text: String) throws {
        let value = try IngressValue(IngressValue.Form(contentType: "application/vnd.io.statefun.types/\(name)"), body: Array(text.utf8))
        #expect(value.typename == "io.statefun.types/\(name)")
        #expect(value.value == .written(text))
    }

    @Test(
        "every other content type, and none, means text",
        arguments: [nil, "", "text/plain", "application/json", "application/x-www-form-urlencoded", "nonsense"]
    )
    func text(contentType: String?) throws {
        let value = try IngressValue(IngressValue.Form(contentType: contentType), body: Array(#"{"name": "Bob"}"#.utf8))
        #expect(value.typename == "io.statefun.types/string")
        #expect(value.value == .written(#"{"name": "Bob"}"#))
    }

    @Test(
        "a content type that names no type is refused",
        arguments: [
            "application/vnd.", "application/vnd.example", "application/vnd.api+json", "application/vnd./name", "application/vnd.example/",
            "application/vnd.example/a/b", "application/vnd.example/a b", "application/vnd.example/a, text/plain",
        ]
    )
    func noType(contentType: String) {
        #expect(refusal(contentType, "1")?.status == .badRequest)
    }

    @Test("bytes that are not UTF-8 are no text")
    func notUTF8() {
        #expect(throws: HTTPRefusal.self) { try IngressValue(IngressValue.Form(contentType: "text/plain"), body: [0xFF]) }
    }

    private func refusal(_ contentType: String, _ text: String) -> HTTPRefusal? {
        do throws(HTTPRefusal) {
            _ = try IngressValue(IngressValue.Form(contentType: contentType), body: Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }
}
