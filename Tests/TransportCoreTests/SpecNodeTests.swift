import Testing
import TransportCore

@Suite struct SpecNodeTests {
    private static let place = SourcePosition(line: 1, column: 1)
    private static let text = SpecNode(.scalar("a"), at: place)
    private static let list = SpecNode(.sequence([text]), at: place)
    private static let nothing = SpecNode(.null, at: place)
    private static let keys = SpecNode(
        .mapping([
            SpecNode.Entry(key: "k", keyPosition: place, value: text),
            SpecNode.Entry(key: "k", keyPosition: place, value: list),
        ]),
        at: place
    )

    @Test("the parts of a node are reached by its content, and are none for every other content")
    func parts() {
        #expect([Self.text, Self.list, Self.keys, Self.nothing].map(\.text) == ["a", nil, nil, nil])
        #expect([Self.text, Self.list, Self.keys, Self.nothing].map(\.items.count) == [0, 1, 0, 0])
        #expect([Self.text, Self.list, Self.keys, Self.nothing].map(\.entries.count) == [0, 0, 2, 0])
    }

    @Test("the first of two equal keys counts")
    func equalKeys() {
        #expect(Self.keys["k"] == Self.text)
        #expect(Self.keys["other"] == nil)
        #expect(Self.text["k"] == nil)
    }

    @Test("a reader is told the content in words")
    func words() {
        let words = [Self.text, Self.list, Self.keys, Self.nothing].map(\.kindDescription)
        #expect(words == ["text", "a list", "keys with values", "nothing"])
    }
}
