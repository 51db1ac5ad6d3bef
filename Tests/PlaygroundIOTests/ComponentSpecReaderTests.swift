import Testing
import TransportCore

@testable import PlaygroundIO

/// What the specs of ingress and egress say, and what is wrong with them.
@Suite struct ComponentSpecReaderTests {
    /// A spec as the keys and values that a file has, each key on a line of its own from line 4.
    private static func spec(_ entries: [(String, SpecNode.Content)]) -> SpecNode {
        let entries = entries.enumerated().map { index, entry in
            SpecNode.Entry(
                key: entry.0,
                keyPosition: SourcePosition(line: 4 + index, column: 3),
                value: SpecNode(entry.1, at: SourcePosition(line: 4 + index, column: 20))
            )
        }
        return SpecNode(.mapping(entries), at: SourcePosition(line: 4, column: 3))
    }

    private static func list(_ names: String...) -> SpecNode.Content {
        .sequence(names.enumerated().map { SpecNode(.scalar($1), at: SourcePosition(line: 10 + $0, column: 5)) })
    }

    @Test("a port is a number from 0 to 65535", arguments: ["0", "8090", "65535"])
    func ports(text: String) {
        let (spec, diagnostics) = PlaygroundIngressSpec.read(Self.spec([("port", .scalar(text))]), file: "module.yaml")
        #expect(spec?.port == Int(text))
        #expect(diagnostics.isEmpty)
    }

    @Test("anything else is not a port", arguments: ["-1", "+1", "65536", "http", "", "8090 ", "99999999999999999999"])
    func notPorts(text: String) {
        let (spec, diagnostics) = PlaygroundIngressSpec.read(Self.spec([("port", .scalar(text))]), file: "module.yaml")
        #expect(spec == nil)
        #expect(
            diagnostics.map(\.description) == [
                "module.yaml:4:20: error: '\(text)' is not a port; write a number from 0 to 65535, such as 8090; 0 lets the system choose"
            ]
        )
    }

    @Test(
        "an ingress without a port names the key that was meant",
        arguments: [
            ([], "4:3: error: the ingress has no 'port'; add 'port: …'"),
            ([("prot", "8090")], "4:3: error: 'prot' is not a key of the ingress; write 'port'"),
            ([("port", "8090"), ("ports", "1")], "5:3: warning: 'ports' is not a key of the ingress and has no effect; write 'port'"),
            (
                [("port", "8090"), ("topics", "x")],
                "5:3: warning: 'topics' is not a key of the ingress and has no effect; remove it, or use 'port'"
            ),
        ] as [([(String, String)], String)]
    )
    func keys(entries: [(String, String)], expected: String) {
        let spec = Self.spec(entries.map { ($0.0, .scalar($0.1)) })
        #expect(PlaygroundIngressSpec.read(spec, file: "m").diagnostics.map(\.description) == ["m:\(expected)"])
    }

    @Test("a spec that is no mapping says what to write")
    func noMapping() {
        let node = SpecNode(.null, at: SourcePosition(line: 3, column: 6))
        let (spec, diagnostics) = PlaygroundEgressSpec.read(node, file: "m")
        #expect(spec == nil)
        #expect(
            diagnostics.map(\.description) == [
                "m:3:6: error: the spec of the egress is nothing; write 'port' and 'topics' below 'spec:', indented"
            ]
        )
    }

    @Test("topics stay in their order")
    func topics() {
        let spec = Self.spec([("port", .scalar("0")), ("topics", Self.list("b", "a", "ä"))])
        #expect(PlaygroundEgressSpec.read(spec, file: "m").spec == PlaygroundEgressSpec(port: 0, topics: ["b", "a", "ä"]))
    }

    @Test(
        "topics are texts that differ",
        arguments: [
            (list("a", "b", "a"), "12:5: error: the topic 'a' stands on line 10 already; remove one of the two"),
            (list("a", ""), "11:5: error: a topic must be a text, not an empty one; write a name, such as greetings"),
            (list(), "5:20: error: 'topics' is empty; write at least one topic, such as [greetings]"),
            (.scalar("a"), "5:20: error: 'topics' must be a list, not text; write one '- greetings' a line, or [greetings]"),
        ]
    )
    func wrongTopics(content: SpecNode.Content, expected: String) {
        let (spec, diagnostics) = PlaygroundEgressSpec.read(Self.spec([("port", .scalar("0")), ("topics", content)]), file: "m")
        #expect(spec == nil)
        #expect(diagnostics.map(\.description) == ["m:\(expected)"])
    }

    @Test("all problems come at once, in the order of the file")
    func allAtOnce() {
        let spec = Self.spec([("topcs", .scalar("a")), ("port", .scalar("x")), ("id", .scalar("y"))])
        let lines = PlaygroundEgressSpec.read(spec, file: "m").diagnostics.map { $0.position?.line }
        #expect(lines == [4, 4, 5, 6])
    }
}
