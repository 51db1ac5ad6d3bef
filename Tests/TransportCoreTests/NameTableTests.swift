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
}
