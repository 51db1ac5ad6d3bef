import RequestReply
import SwiftProtobuf
import Testing

@Suite struct WrittenValueTests {
    @Test(
        "a value of a built-in type is written as text",
        arguments: [
            ("string", "héllo\n", FunctionValue.string("héllo\n")),
            ("string", "", .string("")),
            ("int", "-42\n", .int(-42)),
            ("long", "9007199254740993", .long(9_007_199_254_740_993)),
            ("float", "1.5", .float(1.5)),
            ("double", " 1e300 ", .double(1e300)),
            ("double", "\t-inf\r\n", .double(-.infinity)),
            ("bool", "true", .bool(true)),
        ]
    )
    func written(name: String, text: String, expected: FunctionValue) throws {
        #expect(try FunctionValue(written: text, typename: "io.statefun.types/\(name)") == expected)
    }

    @Test(
        "a text that is no value of its type is refused",
        arguments: [
            ("int", "2147483648"), ("int", "1.5"), ("int", ""), ("int", "1 2"), ("int", "١"), ("int", "0x10"), ("int", "1_000"),
            ("int", "--1"),
            ("long", "x"), ("float", "1e39"), ("double", "1e309"), ("bool", "yes"), ("bool", "TRUE"),
        ]
    )
    func noValue(name: String, text: String) {
        let error = #expect(throws: FunctionValueError.self) { try FunctionValue(written: text, typename: "io.statefun.types/\(name)") }
        #expect(error?.message.hasSuffix(" is not a value of type \(name)") == true)
    }

    @Test("an unknown built-in type comes with the known ones")
    func unknownBuiltIn() {
        let known = BuiltInType.allCases.map(\.typename).joined(separator: ", ")
        let error = #expect(throws: FunctionValueError.self) { try FunctionValue(written: "1", typename: "io.statefun.types/number") }
        #expect(error?.message == #""io.statefun.types/number" is no type of values that are written as text"#)
        #expect(error?.remedy == "write one of \(known)")
    }

    @Test("a string of any length has the bytes of its wrapper", arguments: [0, 1, 127, 128, 70_000])
    func string(length: Int) throws {
        let text = String(repeating: "x", count: length)
        var wrapper = WireStringWrapper()
        wrapper.value = text
        #expect(try FunctionValue.string(text).bytes == wrapper.serializedBytes())
    }
}
