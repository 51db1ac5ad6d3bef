import TestSupport
import Testing
import TransportCore

@Suite struct OptionReaderTests {
    /// Reads options the way a transport does.
    private func read(_ text: String, _ body: (inout OptionReader) -> Void) -> (options: [String], problems: [String]) {
        var reader = OptionReader(.reading(text, file: "dir/module.yaml"))
        body(&reader)
        let inspection = reader.finish()
        return (
            inspection.options.map { "\($0.name) = \($0.value) (\($0.source))" },
            inspection.problems.map(\.description)
        )
    }

    private func readTimeouts(_ reader: inout OptionReader) {
        let call = reader.duration("timeouts.call", default: .seconds(60))
        for name in ["connect", "read", "write"] {
            _ = reader.limit("timeouts.\(name)", default: .seconds(10), within: call)
        }
    }

    // MARK: Defaults and sources

    @Test("what the file leaves out has its default, and the effective options say so")
    func defaults() {
        let (options, problems) = read("") { readTimeouts(&$0) }
        #expect(problems == [])
        #expect(
            options == [
                "timeouts.call = 1 min (default)", "timeouts.connect = 10 s (default)", "timeouts.read = 10 s (default)",
                "timeouts.write = 10 s (default)",
            ]
        )
    }

    @Test("what the file says counts, with its place")
    func written() {
        let (options, problems) = read(
            """
            type: io.statefun.transports.v1/okhttp
            timeouts:
              call: 2m
              connect: 20s
              read: 1500
            """
        ) { readTimeouts(&$0) }
        #expect(problems == [])
        #expect(
            options == [
                "timeouts.call = 2 min (dir/module.yaml:3:3)", "timeouts.connect = 20 s (dir/module.yaml:4:3)",
                "timeouts.read = 1500 ms (dir/module.yaml:5:3)", "timeouts.write = 10 s (default)",
            ]
        )
    }

    @Test("a default is lowered to the call's limit")
    func lowered() {
        var reader = OptionReader(.reading("timeouts:\n  call: 5s\n  read: 4s"))
        let call = reader.duration("timeouts.call", default: .seconds(60))
        let connect = reader.limit("timeouts.connect", default: .seconds(10), within: call)
        let read = reader.limit("timeouts.read", default: .seconds(10), within: call)
        #expect(connect == Setting(.seconds(5), from: .loweredToCall))
        #expect(read.value == .seconds(4))
        let inspection = reader.finish()
        #expect(inspection.problems.isEmpty)
        #expect(inspection.options.map(\.source.description) == ["module.yaml:2:3", "default, lowered to call", "module.yaml:3:3"])
    }

    @Test("a default that equals the call's limit is not lowered")
    func notLowered() {
        var reader = OptionReader(.reading("timeouts:\n  call: 10s"))
        let call = reader.duration("timeouts.call", default: .seconds(60))
        #expect(reader.limit("timeouts.connect", default: .seconds(10), within: call).source == .byDefault)
    }

    @Test("a written limit above the call's is an error with the remedy; one that equals it is fine")
    func aboveCall() {
        let (_, problems) = read(
            """
            timeouts:
              call: 5s
              connect: 5s
              read: 6s
            """
        ) { readTimeouts(&$0) }
        #expect(
            problems == [
                "dir/module.yaml:4:9: error: timeouts.read is 6 s, longer than the whole call may take, 5 s (dir/module.yaml:2:3); "
                    + "lower it, or raise the call limit"
            ]
        )
    }

    @Test("a written limit above the call's default is an error as well")
    func aboveDefaultCall() {
        let (_, problems) = read("timeouts:\n  connect: 2m") { readTimeouts(&$0) }
        #expect(problems.count == 1)
        #expect(problems.first?.contains("longer than the whole call may take, 1 min (default)") == true)
    }

    // MARK: Values that make no sense

    @Test("zero is refused where it would mean nothing", arguments: ["0", "0 s", "0ms", "0 days"])
    func zero(text: String) {
        let (_, problems) = read("timeouts:\n  call: \(text)") { readTimeouts(&$0) }
        #expect(problems == ["dir/module.yaml:2:9: error: timeouts.call is zero; write a duration above zero, such as 1 min"])
    }

    @Test("zero is taken where it means something")
    func allowedZero() {
        var reader = OptionReader(.reading("pool_ttl: 0"))
        let setting = reader.duration("pool_ttl", default: .seconds(15), allowsZero: true)
        #expect(setting.value == .zero)
        #expect(reader.finish().problems.isEmpty)
    }

    @Test("a wrong value is one problem, not another one for what follows from it")
    func noFollowUps() {
        let (_, problems) = read(
            """
            timeouts:
              call: 1 fortnight
              connect: 5m
              read: -1s
            """
        ) { readTimeouts(&$0) }
        #expect(problems.count == 2)
        #expect(problems.first?.hasPrefix("dir/module.yaml:2:9: error: 'fortnight' is not a unit of time") == true)
        #expect(problems.last?.hasPrefix("dir/module.yaml:4:9: error: a duration has no sign") == true)
    }

    @Test("a default below a wrong limit is not held against the call's")
    func noFollowUpsBelow() {
        let (_, problems) = read("timeouts:\n  call: 5s\n  connect: soon") { readTimeouts(&$0) }
        #expect(problems.count == 1)
        #expect(problems.first?.contains("'soon'") == true)
    }

    @Test(
        "numbers are whole and in range",
        arguments: [
            ("0", "pool_size is 0; write a number from 1 to 1000"), ("1001", "pool_size is 1001; write a number from 1 to 1000"),
            ("-1", "pool_size is -1; write a number from 1 to 1000"), ("1.5", "'1.5' is not a whole number; write one, such as 7"),
            ("many", "'many' is not a whole number; write one, such as 7"),
            ("99999999999999999999", "'99999999999999999999' is not a whole number; write one, such as 7"),
        ]
    )
    func integers(text: String, problem: String) {
        let (options, problems) = read("pool_size: \(text)") { _ = $0.integer("pool_size", default: 7, in: 1...1000) }
        #expect(problems == ["dir/module.yaml:1:12: error: \(problem)"])
        #expect(options == ["pool_size = 7 (dir/module.yaml:1:1)"])
    }

    @Test("fractions lie between 0 and 1", arguments: ["-0.1", "1.1", "nan", "inf", "half", "50%"])
    func fractions(text: String) {
        let (_, problems) = read("jitter: \(text)") { _ = $0.fraction("jitter", default: 0.5) }
        #expect(problems == ["dir/module.yaml:1:9: error: '\(text)' is not a number from 0 to 1; write one, such as 0.5"])
    }

    @Test("the ends of the range are fractions too", arguments: ["0", "1", "0.25", "1.0"])
    func soundFractions(text: String) {
        var reader = OptionReader(.reading("jitter: \(text)"))
        #expect(reader.fraction("jitter", default: 0.5).value == Double(text))
        #expect(reader.finish().problems.isEmpty)
    }

    @Test("true and false are the only truth values", arguments: [("true", true), ("False", false), ("TRUE", true)])
    func booleans(text: String, expected: Bool) {
        var reader = OptionReader(.reading("everything: \(text)"))
        #expect(reader.boolean("everything", default: !expected).value == expected)
        #expect(reader.finish().problems.isEmpty)
        let (_, problems) = read("everything: yes") { _ = $0.boolean("everything", default: false) }
        #expect(problems == ["dir/module.yaml:1:13: error: 'yes' is neither true nor false; write true or false"])
    }

    @Test(
        "an option holds one value",
        arguments: [("call:", "nothing"), ("call: [1s, 2s]", "a list"), ("call:\n  seconds: 1", "keys with values")]
    )
    func wrongKind(text: String, kind: String) {
        let (_, problems) = read(text) { _ = $0.duration("call", default: .seconds(60)) }
        #expect(problems.count == 1)
        #expect(
            problems.first?.hasSuffix("error: call holds \(kind); write one value after 'call:', or leave the key out for the default")
                == true
        )
    }

    @Test("keys with values below them hold no value themselves", arguments: ["timeouts: 5s", "timeouts: [5s]"])
    func scalarInsteadOfMapping(text: String) {
        let (_, problems) = read(text) { readTimeouts(&$0) }
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("dir/module.yaml:1:11: error: timeouts holds ") == true)
        #expect(problems.first?.hasSuffix("write keys with values below it: call, connect, read, write") == true)
    }

    @Test("a key with nothing below it sets nothing")
    func nothingBelow() {
        let (options, problems) = read("timeouts:") { readTimeouts(&$0) }
        #expect(problems == [])
        #expect(options.first == "timeouts.call = 1 min (default)")
    }

    @Test("options that are no keys with values at all are one error")
    func noMapping() {
        for content in [SpecNode.Content.scalar("fast"), .sequence([])] {
            var reader = OptionReader(TransportProperties(file: "m", node: SpecNode(content, at: SourcePosition(line: 3, column: 5))))
            readTimeouts(&reader)
            let problems = reader.finish().problems
            #expect(problems.count == 1)
            #expect(problems.first?.position == SourcePosition(line: 3, column: 5))
            #expect(problems.first?.severity == .error)
        }
        var empty = OptionReader(TransportProperties(file: "m", node: SpecNode(.null, at: SourcePosition(line: 3, column: 5))))
        readTimeouts(&empty)
        #expect(empty.finish().problems.isEmpty)
    }

    // MARK: Keys that nobody knows

    @Test(
        "an unknown key is a warning with the one that was probably meant",
        arguments: [
            ("timeout:\n  call: 1s", "1:1", "timeout", "write timeouts"),
            ("timeouts:\n  cal: 1s", "2:3", "timeouts.cal", "write timeouts.call"),
            ("timeouts:\n  Connect: 1s", "2:3", "timeouts.Connect", "write timeouts.connect"),
            // It exists, but elsewhere.
            ("call: 1s", "1:1", "call", "write timeouts.call"),
            ("timeouts:\n  type: x", "2:3", "timeouts.type", "write type"),
            ("zebra: 1", "1:1", "zebra", "remove it, or write one of timeouts, type"),
            ("timeouts:\n  zebra: 1", "2:3", "timeouts.zebra", "remove it, or write one of call, connect, read, write"),
        ]
    )
    func unknown(text: String, place: String, path: String, remedy: String) {
        let (_, problems) = read(text) { readTimeouts(&$0) }
        #expect(
            problems == ["dir/module.yaml:\(place): warning: this transport has no option '\(path)', so it has no effect; \(remedy)"]
        )
    }

    @Test("a key without effect is a warning at its place, and none where it is not set")
    func withoutEffect() {
        let body: (inout OptionReader) -> Void = {
            _ = $0.duration("call", default: .seconds(1))
            $0.withoutEffect("timeouts.read", because: "there is no such limit", remedy: "remove it")
        }
        #expect(
            read("timeouts:\n  read: 1s", body).problems
                == ["dir/module.yaml:2:3: warning: timeouts.read has no effect here: there is no such limit; remove it"]
        )
        #expect(read("call: 1s", body).problems == [])
    }

    @Test("all problems come in one pass, in the order of the file")
    func onePass() {
        let (_, problems) = read(
            """
            zebra: 1
            timeouts:
              write: 1.5s
              call: 0
              reed: 1s
              connect: [1]
            """
        ) { readTimeouts(&$0) }
        let places = problems.map { $0.split(separator: " ").first.map(String.init) }
        #expect(places == ["1:1", "3:10", "4:9", "5:3", "6:12"].map { "dir/module.yaml:\($0):" })
    }

    // MARK: Paths

    @Test(
        "a path starts at the folder of the file, unless it is absolute",
        arguments: [
            ("certs/ca.pem", "conf/certs/ca.pem"), ("/etc/ca.pem", "/etc/ca.pem"), ("./ca.pem", "conf/./ca.pem"),
            ("../ca.pem", "conf/../ca.pem"),
            ("file:///etc/ca.pem", "/etc/ca.pem"), ("file:/etc/ca.pem", "/etc/ca.pem"), ("file:ca.pem", "conf/ca.pem"),
            ("~other/ca.pem", "conf/~other/ca.pem"),
        ]
    )
    func paths(text: String, expected: String) {
        var reader = OptionReader(.reading("trust_cacerts: \(text)", file: "conf/module.yaml"))
        #expect(reader.path("trust_cacerts")?.value == expected)
        let inspection = reader.finish()
        #expect(inspection.problems.isEmpty)
        #expect(inspection.options.map(\.value) == [expected])
    }

    @Test(
        "the folder of a file is where relative paths start",
        arguments: [
            ("module.yaml", "ca.pem"), ("/module.yaml", "/ca.pem"), ("/a/b/module.yaml", "/a/b/ca.pem"), ("a/module.yaml", "a/ca.pem"),
        ]
    )
    func folders(file: String, expected: String) {
        var reader = OptionReader(.reading("trust_cacerts: ca.pem", file: file))
        #expect(reader.path("trust_cacerts")?.value == expected)
    }

    @Test("a tilde is the home folder", arguments: ["~/ca.pem", "file:~/ca.pem"])
    func tilde(text: String) throws {
        var reader = OptionReader(.reading("trust_cacerts: \(text)", file: "conf/module.yaml"))
        let setting = reader.path("trust_cacerts")
        let path = try #require(setting).value
        #expect(path.hasPrefix("/"))
        #expect(path.hasSuffix("/ca.pem"))
        #expect(!path.contains("~"))
    }

    @Test(
        "a path that names no file is an error",
        arguments: [
            ("\"\"", "trust_cacerts names no file"), ("classpath:ca.pem", "'classpath:ca.pem' lies inside a Java archive"),
            ("file:", "trust_cacerts names no file"), ("file://", "trust_cacerts names no file"),
        ]
    )
    func noFile(text: String, message: String) {
        let (options, problems) = read("trust_cacerts: \(text)") { #expect($0.path("trust_cacerts") == nil) }
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("dir/module.yaml:1:16: error: \(message); ") == true)
        #expect(options == [])
    }

    @Test("a path that is not set is no option")
    func noPath() {
        let (options, problems) = read("") { #expect($0.path("trust_cacerts") == nil) }
        #expect(options == [])
        #expect(problems == [])
    }
}
