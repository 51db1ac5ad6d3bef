import RequestReply
import TestSupport
import Testing

@testable import PlaygroundIO

/// The encoding here against the one of `RequestReply`.
@Suite struct WrittenValueTests {
    @Test("the built-in types are those of the protocol")
    func types() {
        #expect(WrittenValue.allCases.map(\.typename) == BuiltInType.allCases.map(\.typename))
    }

    @Test(
        "a value is encoded as the protocol has it",
        arguments: [
            (WrittenValue.bool, ["true", "false"]),
            (.int, ["0", "1", "-1", "2147483647", "-2147483648"]),
            (.long, ["0", "-1", "9223372036854775807", "-9223372036854775808"]),
            (.float, ["0", "-0", "1.5", "3.4028235e38", "inf", "-inf", "nan"]),
            (.double, ["0", "-0", "1.5", "1e-300", "inf", "nan"]),
            (
                .string,
                [
                    "", "a", "日本語", String(repeating: "x", count: 127), String(repeating: "x", count: 128),
                    String(repeating: "x", count: 70_000),
                ]
            ),
        ]
    )
    func agrees(type: WrittenValue, texts: [String]) throws {
        let builtIn = try #require(BuiltInType(typename: type.typename))
        for text in texts {
            #expect(try type.encode(text) == FunctionValue(parsing: text, as: builtIn).bytes)
        }
    }

    @Test("what the protocol's text form refuses is refused", arguments: WrittenValue.allCases)
    func refuses(type: WrittenValue) throws {
        let builtIn = try #require(BuiltInType(typename: type.typename))
        for text in ["", "1", "TRUE", "0x10", "1e400", "2147483648", "١", "1_000", "--1"] {
            #expect(type.encode(text) == (try? FunctionValue(parsing: text, as: builtIn))?.bytes, "\(text)")
        }
    }
}
