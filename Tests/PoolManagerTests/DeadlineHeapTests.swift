import TestSupport
import Testing
import TransportCore

@testable import PoolManager

@Suite struct DeadlineHeapTests {
    @Test("the earliest comes first, also after a sweep", arguments: 1...UInt64(8))
    func sorts(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var heap = DeadlineHeap<Int>()
        let instants = (0..<500).map { _ in ms(Int64.random(in: 0..<200, using: &random)) }
        for (subject, instant) in instants.enumerated() {
            heap.insert(subject, at: instant)
        }
        heap.removeAll { $0 % 3 == 0 }
        let kept = instants.enumerated().filter { $0.offset % 3 != 0 }
        #expect(heap.count == kept.count)
        var popped: [TransportInstant] = []
        while let (instant, subject) = heap.first {
            #expect(instants[subject] == instant && subject % 3 != 0)
            popped.append(instant)
            heap.removeFirst()
        }
        #expect(popped == kept.map(\.element).sorted())
    }

    @Test("those who have left the line do not pile up with their deadlines")
    func sweeps() {
        var line = WaitingLine()
        let stays = line.join(deadline: ms(1_000_000))
        for number in 0..<10_000 {
            line.leave(line.join(deadline: ms(Int64(number))))
        }
        #expect(line.endCount < 100)
        #expect(line.leaveOverdue(at: ms(20_000)) == nil)
        #expect(line.leaveOverdue(at: ms(1_000_000)) == stays)
        #expect(line.count == 0)
    }
}
