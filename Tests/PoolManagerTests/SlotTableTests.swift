import Testing

@testable import PoolManager

@Suite struct SlotTableTests {
    @Test("an id finds its element until that is removed, and never the next one in the same place")
    func neverMistakesOneForAnother() {
        var table = SlotTable<String>()
        let first = table.insert("first")
        let second = table.insert("second")
        #expect(table.remove(first) == "first")
        let third = table.insert("third")
        #expect(third.index == first.index)
        #expect(table[first] == nil)
        #expect(table.remove(first) == nil)
        table[first] = "written in vain"
        #expect(table[third] == "third")
        #expect(table.count == 2)
        #expect(table.ids == [third, second])
        #expect(SlotTable<String>.ID(number: third.number) == third)
    }

    @Test("room is used again, so the table is as large as the most that it held")
    func usesRoomAgain() {
        var table = SlotTable<Int>()
        for round in 0..<1_000 {
            let ids = (0..<3).map { table.insert(round + $0) }
            #expect(ids.allSatisfy { $0.index < 3 })
            ids.forEach { table.remove($0) }
        }
        #expect(table.count == 0)
    }
}
