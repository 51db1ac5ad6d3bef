import Testing

@testable import TransportCore

@Suite struct SpecNodeDecoderTests {
    // MARK: - Trees by hand

    private func text(_ text: String, line: Int = 1) -> SpecNode {
        SpecNode(.scalar(text), at: SourcePosition(line: line, column: 9))
    }

    private func list(_ items: SpecNode...) -> SpecNode {
        SpecNode(.sequence(items), at: SourcePosition(line: 1, column: 1))
    }

    private func keys(_ entries: KeyValuePairs<String, SpecNode>) -> SpecNode {
        let entries = entries.map { key, value in
            SpecNode.Entry(key: key, keyPosition: SourcePosition(line: value.position.line, column: 3), value: value)
        }
        return SpecNode(.mapping(entries), at: SourcePosition(line: 1, column: 1))
    }

    private var nothing: SpecNode { SpecNode(.null, at: SourcePosition(line: 4, column: 9)) }

    private func decode<Value: Decodable>(_ type: Value.Type, _ node: SpecNode) throws(SpecDiagnostic) -> Value {
        try SpecNodeDecoder.decode(type, from: node, file: "m.yaml")
    }

    private func failure<Value: Decodable>(_ type: Value.Type, _ node: SpecNode) -> String? {
        do throws(SpecDiagnostic) {
            _ = try decode(type, node)
            return nil
        } catch {
            return error.description
        }
    }

    // MARK: - Values

    private struct Everything: Decodable {
        var string: String
        var yes: Bool
        var no: Bool
        var int: Int
        var int8: Int8
        var int16: Int16
        var int32: Int32
        var int64: Int64
        var int128: Int128
        var uint: UInt
        var uint8: UInt8
        var uint16: UInt16
        var uint32: UInt32
        var uint64: UInt64
        var uint128: UInt128
        var double: Double
        var float: Float
        var duration: Duration
    }

    @Test("every basic type is read from its text")
    func basicTypes() throws {
        let node = keys([
            "string": text("0x10"), "yes": text("true"), "no": text("false"), "int": text("-12"), "int8": text("-128"),
            "int16": text("32767"), "int32": text("+5"), "int64": text("9223372036854775807"),
            "int128": text("-170141183460469231731687303715884105728"), "uint": text("12"), "uint8": text("255"),
            "uint16": text("65535"), "uint32": text("4294967295"), "uint64": text("18446744073709551615"),
            "uint128": text("340282366920938463463374607431768211455"), "double": text("-1.5e3"), "float": text("0.25"),
            "duration": text("2 min"),
        ])
        let value = try decode(Everything.self, node)
        #expect(value.string == "0x10" && value.yes && !value.no)
        #expect(value.int == -12 && value.int8 == .min && value.int16 == .max && value.int32 == 5 && value.int64 == .max)
        #expect(value.int128 == .min && value.uint128 == .max)
        #expect(value.uint == 12 && value.uint8 == .max && value.uint16 == .max && value.uint32 == .max && value.uint64 == .max)
        #expect(value.double == -1500 && value.float == 0.25 && value.duration == .seconds(120))
    }

    @Test("the same types are read from the items of a list")
    func listItems() throws {
        #expect(try decode([Bool].self, list(text("true"), text("false"))) == [true, false])
        #expect(try decode([String].self, list(text("a"), text(""))) == ["a", ""])
        #expect(try decode([Double].self, list(text("1"), text(".5"))) == [1, 0.5])
        #expect(try decode([Float].self, list(text("2.5"))) == [2.5])
        #expect(try decode([Int].self, list(text("1"))) == [1])
        #expect(try decode([Int8].self, list(text("1"))) == [1])
        #expect(try decode([Int16].self, list(text("1"))) == [1])
        #expect(try decode([Int32].self, list(text("1"))) == [1])
        #expect(try decode([Int64].self, list(text("1"))) == [1])
        #expect(try decode([Int128].self, list(text("1"))) == [1])
        #expect(try decode([UInt].self, list(text("1"))) == [1])
        #expect(try decode([UInt8].self, list(text("1"))) == [1])
        #expect(try decode([UInt16].self, list(text("1"))) == [1])
        #expect(try decode([UInt32].self, list(text("1"))) == [1])
        #expect(try decode([UInt64].self, list(text("1"))) == [1])
        #expect(try decode([UInt128].self, list(text("1"))) == [1])
        #expect(try decode([Duration].self, list(text("1s"), text("10"))) == [.seconds(1), .milliseconds(10)])
        #expect(try decode([Int?].self, list(text("1"), nothing, text("3"))) == [1, nil, 3])
        #expect(try decode([[Int]].self, list(list(text("1")), list())) == [[1], []])
    }

    @Test("a value by itself is read as well, and so are keys with values as a dictionary")
    func singleValues() throws {
        #expect(try decode(Int.self, text("3")) == 3)
        #expect(try decode(String.self, text("x")) == "x")
        #expect(try decode(Duration.self, text("1 h")) == .seconds(3600))
        #expect(try decode(Duration?.self, nothing) == nil)
        #expect(try decode(Duration?.self, text("1 h")) == .seconds(3600))
        #expect(try decode([String: Duration].self, keys(["call": text("1s")])) == ["call": .seconds(1)])
        #expect(try decode([String: Int].self, keys(["b": text("1"), "a": text("2")])) == ["a": 2, "b": 1])
        #expect(try decode([Int: String].self, keys(["8": text("eight")])) == [8: "eight"])
    }

    @Test("an optional property may be missing or hold nothing")
    func optionals() throws {
        struct Options: Decodable, Equatable {
            var call: Duration?
            var size: Int?
            var name: String?
        }
        let some = try decode(Options.self, keys(["call": text("5"), "size": nothing]))
        #expect(some == Options(call: .milliseconds(5), size: nil, name: nil))
    }

    private enum Level: String, Decodable, CaseIterable {
        case low
        case high
    }

    @Test("an enumeration of texts is read from one of them, and a wrong one is answered with all of them")
    func enumerations() throws {
        #expect(try decode([Level].self, list(text("low"), text("high"))) == [.low, .high])
        let wrong = failure([String: Level].self, keys(["level": text("medium", line: 6)]))
        #expect(wrong == "m.yaml:6:9: error: 'medium' is not a value of 'level'; write one of low, high")
        #expect(failure(Level.self, text("hihg")) == "m.yaml:1:9: error: 'hihg' is not a value of this; write high")
    }

    // MARK: - Structure

    private struct Tree: Decodable, Equatable {
        struct Timeouts: Decodable, Equatable {
            var call: Duration
            var read: Duration?
        }
        var timeouts: Timeouts
        var hosts: [[String: UInt16]]
    }

    @Test("types nest as the tree does, and keys that no type asks for are left alone")
    func nested() throws {
        let node = keys([
            "timeouts": keys(["call": text("1 min")]),
            "hosts": list(keys(["a": text("80"), "b": text("443")]), keys([:])),
            "unknown": text("ignored"),
        ])
        let value = try decode(Tree.self, node)
        #expect(value == Tree(timeouts: .init(call: .seconds(60), read: nil), hosts: [["a": 80, "b": 443], [:]]))
    }

    @Test("a type may ask for its containers itself")
    func ownContainers() throws {
        struct Pair: Decodable {
            var first: Int
            var second: String
            var rest: Int
            var inner: [Int]

            enum Keys: String, CodingKey {
                case pair
                case inner
                case deep
            }

            init(from decoder: any Decoder) throws {
                let keyed = try decoder.container(keyedBy: Keys.self)
                #expect(keyed.allKeys == [.pair, .inner])
                #expect(!keyed.contains(.deep))
                var list = try keyed.nestedUnkeyedContainer(forKey: .pair)
                #expect(list.count == 3)
                first = try list.decode(Int.self)
                #expect(throws: SpecDiagnostic.self) { try list.decode(Int.self) }
                #expect(list.currentIndex == 1, "a value that does not fit is still the next one")
                second = try list.decode(String.self)
                var last = try list.nestedUnkeyedContainer()
                rest = try last.decode(Int.self)
                #expect(last.isAtEnd && list.isAtEnd)
                #expect(throws: SpecDiagnostic.self) { try list.decodeNil() }
                let nested = try keyed.nestedContainer(keyedBy: Keys.self, forKey: .inner)
                inner = try [Int](from: nested.superDecoder(forKey: .deep))
            }
        }
        let node = keys(["pair": list(text("1"), text("two"), list(text("3"))), "inner": keys(["deep": list(text("4"))])])
        let pair = try decode(Pair.self, node)
        #expect(pair.first == 1 && pair.second == "two" && pair.rest == 3 && pair.inner == [4])
    }

    @Test("a subclass reads what its superclass needs from the key super")
    func superclass() throws {
        class Base: Decodable {
            var name: String
        }
        class Derived: Base {
            var size: Int

            enum Keys: String, CodingKey {
                case size
            }

            required init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Keys.self)
                size = try container.decode(Int.self, forKey: .size)
                try super.init(from: container.superDecoder())
            }
        }
        let value = try decode(Derived.self, keys(["size": text("3"), "super": keys(["name": text("x")])]))
        #expect(value.size == 3 && value.name == "x")
    }

    // MARK: - Errors

    @Test(
        "a number that does not fit is reported with its range, and anything else as no number",
        arguments: [
            ("300", "'n' is out of range: 300; write a whole number from -128 to 127"),
            ("-129", "'n' is out of range: -129; write a whole number from -128 to 127"),
            ("1e2", "'n' must be a whole number, not '1e2'; write digits only, such as 10"),
            ("1_000", "'n' must be a whole number, not '1_000'; write digits only, such as 10"),
            ("0x10", "'n' must be a whole number, not '0x10'; write digits only, such as 10"),
            ("", "'n' must be a whole number, not ''; write digits only, such as 10"),
            ("-", "'n' must be a whole number, not '-'; write digits only, such as 10"),
        ]
    )
    func wholeNumbers(written: String, message: String) {
        #expect(failure([String: Int8].self, keys(["n": text(written, line: 5)])) == "m.yaml:5:9: error: " + message)
    }

    @Test("a negative number is no unsigned one, and the largest ones have an end")
    func unsigned() {
        #expect(failure(UInt.self, text("-1"))?.contains("from 0 to \(UInt.max)") == true)
        #expect(failure(Int64.self, text("9223372036854775808"))?.contains("out of range") == true)
    }

    @Test("only decimal numbers are read as such", arguments: ["nan", "inf", "0x1p3", "1_0", "one", "", "1e999", "--1"])
    func decimalNumbers(written: String) {
        #expect(failure(Double.self, text(written)) != nil)
        #expect(failure(Float.self, text(written)) != nil)
    }

    @Test("only true and false are read as such", arguments: ["yes", "True", "1", "on", ""])
    func booleans(written: String) {
        let message = "this must be true or false, not '\(written)'; write true or false"
        #expect(failure(Bool.self, text(written)) == "m.yaml:1:9: error: \(message)")
    }

    @Test("a wrong duration is reported with its place")
    func durations() {
        struct Options: Decodable {
            var timeouts: [String: Duration]
        }
        let found = failure(Options.self, keys(["timeouts": keys(["call": text("1.5s", line: 8)])]))
        #expect(found?.hasPrefix("m.yaml:8:9: error: a duration has no fraction: '1.5s'") == true)
        let listed = failure(Options.self, keys(["timeouts": keys(["call": list()])]))
        #expect(listed?.contains("'timeouts.call' must be a duration, not a list") == true)
    }

    @Test("the place and the whole path of a value are named")
    func path() {
        struct Options: Decodable {
            var hosts: [[String: Int]]
        }
        let node = keys(["hosts": list(keys([:]), keys(["port": text("x", line: 9)]))])
        #expect(failure(Options.self, node)?.hasPrefix("m.yaml:9:9: error: 'hosts[1].port' must be a whole number") == true)
    }

    @Test("a missing key is named, together with one that is written almost like it")
    func missingKeys() {
        struct Options: Decodable {
            var size: Int

            enum CodingKeys: String, CodingKey {
                case size = "pool_size"
            }
        }
        #expect(failure(Options.self, keys([:])) == "m.yaml:1:1: error: this has no key 'pool_size'; add 'pool_size: …'")
        let similar = failure(Options.self, keys(["poolsize": text("1", line: 3)]))
        #expect(similar == "m.yaml:3:3: error: this has no key 'pool_size', but 'poolsize'; write 'pool_size' if that is meant")
    }

    @Test("what is written in another form than asked for is reported as such")
    func forms() {
        #expect(failure([Int].self, keys([:]))?.contains("this must be a list, not keys with values") == true)
        #expect(failure([String: Int].self, text("a"))?.contains("this must be keys with values, not 'a'") == true)
        #expect(failure(String.self, list())?.contains("this must be text, not a list") == true)
        #expect(failure(String.self, nothing)?.contains("this must be text, not nothing") == true)
        #expect(failure(Int.self, nothing)?.hasPrefix("m.yaml:4:9: error: this must be a whole number") == true)
    }

    @Test("whatever else a type throws becomes a diagnostic at its node")
    func foreignErrors() {
        struct Odd: Error, CustomStringConvertible {
            var description: String { "odd indeed" }
        }
        struct Thrower: Decodable {
            init(from decoder: any Decoder) throws {
                switch try decoder.singleValueContainer().decode(String.self) {
                case "text": throw SpecTextError("not a colour", remedy: "write red")
                case "type": throw DecodingError.typeMismatch(Int.self, .init(codingPath: [], debugDescription: "no number"))
                case "value": throw DecodingError.valueNotFound(Int.self, .init(codingPath: [], debugDescription: "no value"))
                case "key": throw DecodingError.keyNotFound(ListIndex(3), .init(codingPath: [], debugDescription: ""))
                default: throw Odd()
                }
            }
        }
        let place = "m.yaml:1:9: error: "
        #expect(failure(Thrower.self, text("text")) == place + "not a colour; write red")
        #expect(failure(Thrower.self, text("type")) == place + "this cannot be read: no number; write a value that fits")
        #expect(failure(Thrower.self, text("value")) == place + "this cannot be read: no value; write a value that fits")
        #expect(failure(Thrower.self, text("key"))?.hasSuffix("this has no key '3'; add '3: …'") == true)
        #expect(failure(Thrower.self, text("odd")) == place + "this cannot be read: odd indeed; write a value that fits")
    }
}
