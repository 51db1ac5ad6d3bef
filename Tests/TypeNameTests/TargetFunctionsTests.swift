import Foundation
import Testing
import TypeName

@Suite struct TargetFunctionsTests {
    @Test("namespace/name means one function")
    func exact() throws {
        let target = try TargetFunctions(parsing: "com.example/greeter")
        #expect(target.precision == .exact)
        #expect(target.typeName == (try TypeName(parsing: "com.example/greeter")))
        #expect(target.namespace == "com.example")
        #expect(target.description == "com.example/greeter")
    }

    @Test("without a name, every function of the namespace is meant", arguments: ["com.example/*", "com.example/", "com.example"])
    func wholeNamespace(text: String) throws {
        let target = try TargetFunctions(parsing: text)
        #expect(target.precision == .namespace)
        #expect(target.typeName == nil)
        #expect(target.description == "com.example/*")
        #expect(target == (try TargetFunctions(namespace: "com.example")))
    }

    @Test("spellings of one text, and a function and its namespace, are different targets")
    func differences() throws {
        let targets = try ["caf\u{E9}/*", "cafe\u{301}/*", "caf\u{E9}/x", "caf\u{E9}/\u{E9}", "caf\u{E9}/e\u{301}", "caf\u{E9}"].map {
            try TargetFunctions(parsing: $0)
        }
        #expect(Set(targets).count == 5)
        #expect(targets[0] != targets[1])
        #expect(targets[0] == targets[5])
    }

    @Test(
        "anything else is refused with the reason",
        arguments: [
            ("", "the target is empty", 0),
            ("/", "'/' has no namespace before the slash", 0),
            ("/x", "'/x' has no namespace before the slash", 0),
            ("/*", "'/*' has no namespace before the slash", 0),
            ("*", "a namespace cannot hold '*': no target covers more than one namespace", 0),
            ("*/x", "a namespace cannot hold '*': no target covers more than one namespace", 0),
            ("*/*", "a namespace cannot hold '*': no target covers more than one namespace", 0),
            ("com.*/x", "a namespace cannot hold '*': no target covers more than one namespace", 4),
            ("ns/a*", "'a*' is not a pattern: '*' stands alone, for every function of a namespace", 4),
            ("ns/**", "'**' is not a pattern: '*' stands alone, for every function of a namespace", 3),
            ("a/b/c", "a target has one slash, and a second one stands here", 3),
            ("ns/*/", "a target has one slash, and a second one stands here", 4),
            ("ns//", "a target has one slash, and a second one stands here", 3),
            ("ns//x", "a target has one slash, and a second one stands here", 3),
            (" ", "the namespace begins with a space", 0),
            (" ns/x", "the namespace begins with a space", 0),
            ("ns/x ", "the name ends with a space", 4),
            ("ns /x", "the namespace ends with a space", 2),
            ("ns/* ", "'* ' is not a pattern: '*' stands alone, for every function of a namespace", 3),
            ("ns/x ns/y", "a target has one slash, and a second one stands here", 7),
            ("a b", "a namespace cannot hold a space", 1),
            ("ns/a b", "a name cannot hold a space", 4),
            ("ns/a\u{3000}b", "a name cannot hold U+3000", 4),
            ("ns/a\u{200B}", "a name cannot hold U+200B", 4),
            ("\u{FEFF}ns/a", "a namespace cannot hold U+FEFF", 0),
            ("ns/a\nb", "a name cannot hold U+000A", 4),
            ("n\u{7}s", "a namespace cannot hold U+0007", 1),
        ]
    )
    func refusals(text: String, message: String, offset: Int) throws {
        let error = try #require(throws: TypeNameError.self) { try TargetFunctions(parsing: text) }
        #expect(error.message == message)
        #expect(error.offset == offset)
        #expect(!error.remedy.isEmpty)
    }

    @Test("a refused pattern's remedy is the target that covers it")
    func remedies() throws {
        let pattern = try #require(throws: TypeNameError.self) { try TargetFunctions(parsing: "ns/a*") }
        #expect(pattern.remedy == "write 'ns/*' for all of them or the whole name of one")
        let spaced = try #require(throws: TypeNameError.self) { try TargetFunctions(parsing: "ns/a b") }
        #expect(spaced.remedy == "write one name; 'ns/*' covers functions whose name holds it")
    }

    @Test("a target made of its parts is checked as a text is")
    func programmatic() throws {
        #expect(throws: TypeNameError.self) { try TargetFunctions(namespace: "") }
        #expect(throws: TypeNameError.self) { try TargetFunctions(namespace: "a/b") }
        #expect(throws: TypeNameError.self) { try TargetFunctions(namespace: "a b") }
        #expect(throws: TypeNameError.self) { try TargetFunctions(exactly: TypeName(parsing: "ns/my func")) }
        let target = try TargetFunctions(exactly: TypeName(parsing: "ns/x"))
        #expect(target == (try TargetFunctions(parsing: "ns/x")))
    }

    @Test("a target covers its function, or its namespace and nothing that only begins like it")
    func covering() throws {
        let function = try TypeName(parsing: "com.example/greeter")
        #expect(try TargetFunctions(parsing: "com.example/greeter").covers(function))
        #expect(try TargetFunctions(parsing: "com.example/*").covers(function))
        #expect(try !TargetFunctions(parsing: "com.example/greet").covers(function))
        #expect(try !TargetFunctions(parsing: "com/*").covers(function))
        #expect(try !TargetFunctions(parsing: "com.example.more").covers(function))
    }

    @Test("a namespace comes before its functions")
    func order() throws {
        let sorted = try ["b/x", "a/y", "a/x", "a/*", "b/*"].map(TargetFunctions.init(parsing:)).sorted()
        #expect(sorted.map(\.description) == ["a/*", "a/x", "a/y", "b/*", "b/x"])
        #expect(TargetFunctions.Precision.namespace < .exact)
    }

    @Test("a target is coded as its text form")
    func coding() throws {
        let target = try JSONDecoder().decode(TargetFunctions.self, from: Data(#""ns/""#.utf8))
        #expect(try String(decoding: JSONEncoder().encode(target), as: UTF8.self) == #""ns\/*""#)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(TargetFunctions.self, from: Data(#""*""#.utf8)) }
    }
}
