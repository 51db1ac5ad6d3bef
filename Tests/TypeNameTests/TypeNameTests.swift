import Foundation
import Testing
import TypeName

@Suite struct TypeNameTests {
    @Test("a typename is a namespace and a name")
    func parts() throws {
        let typeName = try TypeName(parsing: "com.example/greeter")
        #expect(typeName.namespace == "com.example")
        #expect(typeName.name == "greeter")
        #expect(typeName == (try TypeName(namespace: "com.example", name: "greeter")))
    }

    @Test(
        "the text form is read as the same typename",
        arguments: ["com.example/greeter", "a/b", "größe/naïve", "ns/my func", "ns/a%b", "ns/.", "ns/..", "🙂/👩‍👩‍👧", "ns/\u{301}x"]
    )
    func roundTrip(text: String) throws {
        let typeName = try TypeName(parsing: text)
        #expect(typeName.description.utf8.elementsEqual(text.utf8))
        #expect(try TypeName(parsing: typeName.description) == typeName)
    }

    @Test(
        "anything but namespace/name is refused where it goes wrong",
        arguments: [
            ("", "the typename is empty", 0),
            ("greeter", "'greeter' has no slash", 0),
            ("/greeter", "the namespace is empty", 0),
            ("ns/", "the name is empty", 3),
            ("/", "the namespace is empty", 0),
            ("a/b/c", "a name cannot hold '/'", 3),
            ("a/b/", "a name cannot hold '/'", 3),
            ("ns/*", "a name cannot hold '*': a typename means one function", 3),
            ("n*s/x", "a namespace cannot hold '*': a typename means one function", 1),
            ("ns/a\tb", "a name cannot hold U+0009", 4),
            ("ns/a\u{0}", "a name cannot hold U+0000", 4),
            ("n\u{85}s/a", "a namespace cannot hold U+0085", 1),
            ("ns/a\u{2028}b", "a name cannot hold U+2028", 4),
            ("ns/a\r\nb", "a name cannot hold U+000D", 4),
            (" ns/a", "the namespace begins with a space", 0),
            ("ns /a", "the namespace ends with a space", 2),
            ("ns/ a", "the name begins with a space", 3),
            ("größe/a\u{A0}", "the name ends with a space", 7),
        ]
    )
    func refusals(text: String, message: String, offset: Int) throws {
        let error = try #require(throws: TypeNameError.self) { try TypeName(parsing: text) }
        #expect(error.message == message)
        #expect(error.offset == offset)
        #expect(!error.remedy.isEmpty)
    }

    @Test(
        "parts are checked as a text is",
        arguments: [("", "x"), ("x", ""), ("a/b", "c"), ("a", "b/c"), ("a", "/\u{301}"), ("a", "*"), ("a", "\u{7F}")]
    )
    func partsAreChecked(namespace: String, name: String) {
        #expect(throws: TypeNameError.self) { try TypeName(namespace: namespace, name: name) }
    }

    @Test("a long or unprintable text is shortened in the message")
    func boundedMessage() throws {
        let error = try #require(throws: TypeNameError.self) { try TypeName(parsing: "\u{1B}[2J" + String(repeating: "x", count: 10_000)) }
        #expect(error.message.hasPrefix("'<U+001B>[2J"))
        #expect(error.message.count < 120)
    }

    @Test("typenames are equal by bytes, not by the look of their characters")
    func exactBytes() throws {
        let composed = try TypeName(parsing: "ns/caf\u{E9}")
        let decomposed = try TypeName(parsing: "ns/cafe\u{301}")
        #expect(composed.name == decomposed.name)
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(decomposed < composed)
    }

    @Test("parts do not run into each other")
    func separateParts() throws {
        let typeNames = try [("ab", "c"), ("a", "bc"), ("abc", "a"), ("a", "abc")].map { try TypeName(namespace: $0.0, name: $0.1) }
        #expect(Set(typeNames).count == 4)
    }

    @Test("typenames are ordered by namespace, then by name")
    func order() throws {
        let sorted = try ["b/a", "a/b", "a.b/a", "a/a"].map(TypeName.init(parsing:)).sorted()
        #expect(sorted.map(\.description) == ["a/a", "a/b", "a.b/a", "b/a"])
    }

    @Test("a typename is coded as its text form")
    func coding() throws {
        let typeName = try TypeName(parsing: "ns/größe")
        #expect(try JSONDecoder().decode([TypeName].self, from: Data(#"["ns/größe"]"#.utf8)) == [typeName])
        #expect(try JSONDecoder().decode(TypeName.self, from: JSONEncoder().encode(typeName)) == typeName)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(TypeName.self, from: Data(#""ns""#.utf8)) }
    }
}
