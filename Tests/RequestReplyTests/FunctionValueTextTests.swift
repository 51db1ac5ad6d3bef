import RequestReply
import Testing

@Suite struct FunctionValueTextTests {
    @Test(
        "the text form of values",
        arguments: [
            (FunctionValue.bool(true), "bool:true"),
            (.int(-5), "int:-5"),
            (.long(.max), "long:9223372036854775807"),
            (.float(1.5), "float:1.5"),
            (.double(0.1), "double:0.1"),
            (.double(-0.0), "double:-0.0"),
            (.double(.infinity), "double:inf"),
            (.string("hi there: a=b \"x\""), "string:hi there: a=b \"x\""),
            (.string(""), "string:"),
            (.string("👩‍👩‍👧"), "string:👩‍👩‍👧"),
            (.string("a\nb"), "base64/io.statefun.types/string:CgNhCmI="),
            (.string("\u{1B}[2J"), "base64/io.statefun.types/string:CgQbWzJK"),
            (.custom(typename: "example/P", bytes: Array(#"{"a": [1, 2]}"#.utf8)), #"json/example/P:{"a": [1, 2]}"#),
            (.custom(typename: "example/P", bytes: Array("5".utf8)), "json/example/P:5"),
            (.custom(typename: "example/P", bytes: Array("{\n}".utf8)), "base64/example/P:ewp9"),
            (.custom(typename: "example/P", bytes: []), "base64/example/P:"),
            (.custom(typename: "example/P", bytes: [0xFF]), "base64/example/P:/w=="),
            (.custom(typename: "a b:c=d%/e\t", bytes: [1, 2]), "base64/a%20b%3Ac%3Dd%25/e%09:AQI="),
        ]
    )
    func textForm(value: FunctionValue, text: String) throws {
        #expect(value.text == text)
        #expect(try FunctionValue(text: text) == value)
    }

    @Test("every value is read back to the last bit", arguments: FunctionValueTests.samples)
    func roundTrip(value: FunctionValue) throws {
        let read = try FunctionValue(text: value.text)
        #expect(read.typename == value.typename)
        #expect(read.bytes == value.bytes)
    }

    @Test("any bytes of any type are read back")
    func randomBytes() throws {
        var generator = Seeded(state: 1)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let value = FunctionValue.custom(
                typename: "t\(length)/\(Unicode.Scalar(UInt8.random(in: 0...127, using: &generator)))",
                bytes: bytes
            )
            #expect(try FunctionValue(text: value.text) == value)
            #expect(value.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
        }
    }

    @Test("numbers that are not numbers keep their bits", arguments: [UInt32(0x7FC0_0000), 0xFFC0_0000, 0x7F80_0001, 0x7FC0_1234])
    func notANumber(bits: UInt32) throws {
        let value = FunctionValue.float(Float(bitPattern: bits))
        #expect(try FunctionValue(text: value.text).bytes == value.bytes)
    }

    @Test(
        "what is no text form is refused with a remedy",
        arguments: [
            ("5", #""5" does not say its type"#),
            ("", #""" does not say its type"#),
            ("hello", #""hello" does not say its type"#),
            ("integer:5", #""integer" is not a type of value"#),
            ("Int:5", #""Int" is not a type of value"#),
            ("example/P:{}", #""example/P" is not a type of value"#),
            ("json/:{}", "a value has no typename"),
            ("base64/:AA==", "a value has no typename"),
            ("json/e/P:{", #""{" is not JSON"#),
            ("json/e/P:", #""" is not JSON"#),
            ("json/io.statefun.types/int:5", "a value of type io.statefun.types/int is not sent as JSON"),
            ("base64/e/P:A", #""A" is not base64"#),
            ("base64/e/P:AB==", #""AB==" is not base64"#),
            ("base64/e/P:A===", #""A===" is not base64"#),
            ("base64/e/P:====", #""====" is not base64"#),
            ("base64/e/P:AA==AA==", #""AA==AA==" is not base64"#),
            ("base64/e/P:A A=", #""A A=" is not base64"#),
            ("base64/e%zz:AA==", "'%' is not followed by two hexadecimal digits"),
            ("base64/e%4:AA==", "'%' is not followed by two hexadecimal digits"),
            ("base64/e%+1:AA==", "'%' is not followed by two hexadecimal digits"),
            ("base64/e%FF:AA==", #""e%FF" is not UTF-8 when decoded"#),
            ("base64/io.statefun.types/int:DQ==", "the 1 bytes of a value are not io.statefun.types/int: they end too early"),
        ]
    )
    func refusals(text: String, message: String) throws {
        let error = try #require(throws: FunctionValueError.self) { try FunctionValue(text: text) }
        #expect(error.message == message)
        #expect(!error.remedy.isEmpty)
    }

    @Test(
        "values as they are typed for a type",
        arguments: [
            ("true", BuiltInType.bool, FunctionValue.bool(true)), ("false", .bool, .bool(false)), ("2147483647", .int, .int(.max)),
            ("-2147483648", .int, .int(.min)),
            ("+5", .int, .int(5)), ("9223372036854775807", .long, .long(.max)), ("1e3", .float, .float(1000)),
            ("inf", .float, .float(.infinity)),
            ("-Infinity", .double, .double(-.infinity)), ("1", .double, .double(1)),
            ("3.4028235e38", .float, .float(.greatestFiniteMagnitude)), ("int:5", .string, .string("int:5")),
        ]
    )
    func typed(text: String, type: BuiltInType, value: FunctionValue) throws {
        #expect(try FunctionValue(parsing: text, as: type) == value)
    }

    @Test(
        "what a type cannot hold is refused with what it can",
        arguments: [
            ("yes", BuiltInType.bool, "write true or false"), ("True", .bool, "write true or false"), ("", .bool, "write true or false"),
            ("2147483648", .int, "write a whole number from -2147483648 to 2147483647"),
            ("1.5", .int, "write a whole number from -2147483648 to 2147483647"),
            ("", .int, "write a whole number from -2147483648 to 2147483647"),
            (" 5", .int, "write a whole number from -2147483648 to 2147483647"),
            ("9223372036854775808", .long, "write a whole number from -9223372036854775808 to 9223372036854775807"),
            ("1e39", .float, "write a number up to 3.4028235e+38, inf or nan"),
            ("1,5", .float, "write a number up to 3.4028235e+38, inf or nan"),
            ("1e400", .double, "write a number up to 1.7976931348623157e+308, inf or nan"),
            ("one", .double, "write a number up to 1.7976931348623157e+308, inf or nan"),
        ]
    )
    func outOfRange(text: String, type: BuiltInType, remedy: String) throws {
        let error = try #require(throws: FunctionValueError.self) { try FunctionValue(parsing: text, as: type) }
        #expect(error.message.hasSuffix("is not a value of type \(type)"))
        #expect(error.remedy == remedy)
    }

    @Test("JSON is sent as written")
    func json() throws {
        let value = try FunctionValue(json: #" {"name" : "Bob"} "#, typename: "example/GreetRequest")
        #expect(value == .custom(typename: "example/GreetRequest", bytes: Array(#" {"name" : "Bob"} "#.utf8)))
    }
}
