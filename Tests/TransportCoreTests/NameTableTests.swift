import TestSupport
import Testing

@testable import TransportCore

@Suite struct NameTableTests {
    private static let composed = "Ren\u{E9}"
    private static let decomposed = "Rene\u{301}"

    @Test("names are told apart by their bytes")
    func bytes() {
        #expect(ExactName(Self.composed) != ExactName(Self.decomposed))
        #expect(Set([ExactName(Self.composed), ExactName(Self.decomposed), ExactName(Self.composed)]).count == 2)
        var table: NameTable<Int> = [Self.composed: 1]
        table[Self.decomposed] = 2
        table[Self.composed, default: 0] += 10
        #expect(table.count == 2)
        #expect(table[Self.composed] == 11)
        #expect(table[Self.decomposed] == 2)
        #expect(table.removeValue(forName: Self.composed) == 11)
        #expect(table.names.map { Array($0.utf8) } == [Array(Self.decomposed.utf8)])
        #expect(table.updateValue(3, forName: Self.decomposed) == 2)
        #expect(!table.isEmpty)
    }

    @Test("of two values with one name the first is kept")
    func twice() {
        let table = NameTable([("a", 1), ("a", 2), ("b", 3)])
        #expect(table == ["b": 3, "a": 1])
    }

    @Test("sorting goes by bytes, and a part keeps its names")
    func order() {
        let table: NameTable<Int> = ["b": 1, Self.composed: 2, "a": 3, Self.decomposed: 4, "": 5]
        #expect(table.sorted().map(\.value) == [5, 4, 2, 3, 1])
        #expect(table.filter { $0.value < 3 } == ["b": 1, Self.composed: 2])
    }

    @Test("texts are the same where all their bytes are, however long they are")
    func sameBytes() {
        for count in 0..<40 {
            let text = String(repeating: "a", count: count)
            #expect(text.hasSameBytes(as: String(repeating: "a", count: count)))
            #expect(!text.hasSameBytes(as: text + "a"))
            for place in 0..<count {
                let other = String(repeating: "a", count: place) + "b" + String(repeating: "a", count: count - place - 1)
                #expect(!text.hasSameBytes(as: other), "\(count) \(place)")
            }
        }
    }

    @Test("with few names or many, whatever is done, a table holds what a dictionary holds", arguments: 0..<20)
    func random(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let names = (0..<Int.random(in: 1...24, using: &random)).map { "name\($0)" }
        var table = NameTable<Int>()
        var dictionary: [String: Int] = [:]
        for step in 0..<400 {
            let name = names.randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1: #expect(table.updateValue(step, forName: name) == dictionary.updateValue(step, forKey: name))
            case 2, 3: #expect(table.removeValue(forName: name) == dictionary.removeValue(forKey: name))
            case 4:
                table[name] = step
                dictionary[name] = step
            case 5:
                table[name] = nil
                dictionary[name] = nil
            case 6:
                table[name, default: -1] += 1
                dictionary[name, default: -1] += 1
            default:
                table[name]? *= 3
                dictionary[name]? *= 3
            }
            #expect(table.count == dictionary.count)
            #expect(names.allSatisfy { table[$0] == dictionary[$0] })
        }
        #expect(Dictionary(uniqueKeysWithValues: table.map { ($0.name, $0.value) }) == dictionary)
        #expect(table.sorted().map(\.name) == dictionary.keys.sorted())
        #expect(table.names.sorted() == dictionary.keys.sorted())
        #expect(table.values.sorted() == dictionary.values.sorted())
        // The order in which names came makes no difference.
        #expect(table == NameTable(table.sorted().reversed().map { ($0.name, $0.value) }))
        let odd = table.filter { $0.value % 2 == 1 }
        #expect(Dictionary(uniqueKeysWithValues: odd.map { ($0.name, $0.value) }) == dictionary.filter { $0.value % 2 == 1 })
    }
}
