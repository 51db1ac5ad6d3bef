import TestSupport
import Testing

@testable import LocalRuntime

@Suite struct SequencedRecordsTests {
    @Test("records come in the order of their numbers, from any place on, and as many as are wanted")
    func inOrder() {
        var records = SequencedRecords<String>()
        for sequence: Int64 in [2, 4, 9, 6, 1] {
            records.insert("\(sequence)", at: sequence)
        }
        #expect(records.after(0, limit: 10) == ["1", "2", "4", "6", "9"])
        #expect(records.after(2, limit: 2) == ["4", "6"])
        #expect(records.after(9, limit: 10) == [])
        #expect(records.first == 1)
    }

    @Test("what was removed is gone, and can be put back where it was")
    func putBack() {
        var records = SequencedRecords<String>()
        for sequence in 1...5 as ClosedRange<Int64> { records.insert("a", at: sequence) }
        for sequence: Int64 in [1, 2, 4, 4, 7] { records.remove(sequence) }
        #expect(records.count == 2)
        #expect(records.first == 3)
        records.insert("b", at: 4)
        records.insert("c", at: 2)
        #expect(records.after(0, limit: 10) == ["c", "a", "b", "a"])
        for sequence in 1...5 as ClosedRange<Int64> { records.remove(sequence) }
        #expect(records.isEmpty)
        #expect(records.first == nil)
        records.insert("d", at: 3)
        #expect(records.after(0, limit: 10) == ["d"])
    }

    @Test("whatever is done, a dictionary would say the same", arguments: 1...20)
    func likeADictionary(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var records = SequencedRecords<Int>()
        var model: [Int64: Int] = [:]
        var next: Int64 = 0
        for step in 0..<3_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                next += Int64.random(in: 1...3, using: &random)
                records.insert(step, at: next)
                model[next] = step
            case 5:
                let earlier = Int64.random(in: 0...next, using: &random)
                records.insert(step, at: earlier)
                model[earlier] = step
            case 6..<9:
                guard let first = model.keys.min() else { continue }
                records.remove(first)
                model[first] = nil
            default:
                let any = Int64.random(in: 0...next, using: &random)
                records.remove(any)
                model[any] = nil
            }
            #expect(records.count == model.count)
        }
        let place = Int64.random(in: 0...next, using: &random)
        #expect(records.after(place, limit: .max) == model.filter { $0.key > place }.sorted { $0.key < $1.key }.map(\.value))
        #expect(records.first == model.keys.min())
    }
}
