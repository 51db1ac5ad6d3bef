import RequestReply
import Testing

@Suite struct StateValueTests {
    @Test(
        "the text form of states",
        arguments: [
            (StateValue("seen", .int(5)), "seen=int:5"),
            (StateValue("seen", nil), "seen="),
            (StateValue("a=b: c%", .string("x=y")), "a%3Db%3A%20c%25=string:x=y"),
            (StateValue("größe", .custom(typename: "e/P", bytes: Array("{}".utf8))), "größe=json/e/P:{}"),
            (StateValue("s", .custom(typename: "e=f/P", bytes: [0])), "s=base64/e%3Df/P:AA=="),
        ]
    )
    func textForm(state: StateValue, text: String) throws {
        #expect(state.text == text)
        #expect(try StateValue(text: text) == state)
    }

    @Test(
        "what is no state is refused",
        arguments: [
            ("seen", #""seen" gives no value"#), ("", #""" gives no value"#), ("=int:5", #""=int:5" names no state"#),
            ("seen=5", #""5" does not say its type"#),
            ("seen=int:x", #""x" is not a value of type int"#), ("a%=int:5", "'%' is not followed by two hexadecimal digits"),
        ]
    )
    func refusals(text: String, message: String) throws {
        let error = try #require(throws: FunctionValueError.self) { try StateValue(text: text) }
        #expect(error.message == message)
        #expect(!error.remedy.isEmpty)
    }

    @Test("a state for programs")
    func json() {
        #expect(StateValue("a\"b", .int(5)).json == #"{"name":"a\"b","typename":"io.statefun.types/int","value":5}"#)
        #expect(StateValue("a", nil).json == #"{"name":"a","value":null}"#)
    }
}
