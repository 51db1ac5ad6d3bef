import RuntimeCore
import TestSupport
import Testing

@testable import LocalRuntime

@Suite struct EgressQueueTests {
    private let ann = EgressQueue.TakerID(number: 1)
    private let bob = EgressQueue.TakerID(number: 2)

    private func record(_ sequence: Int64) -> EgressRecord {
        EgressRecord(sequence: sequence, topic: "greetings", payload: [])
    }

    private func queue(_ sequences: ClosedRange<Int64>, window: Int = 10) -> EgressQueue {
        var queue = EgressQueue(window: window)
        for sequence in sequences {
            queue.stored(record(sequence))
        }
        return queue
    }

    @Test("two takers get different records, the first one the first")
    func takers() {
        var queue = queue(1...3)
        queue.wanted(by: ann, atMost: 2)
        queue.wanted(by: bob, atMost: 2)
        #expect(queue.serve()?.taker == ann)
        let second = queue.serve()
        #expect(second?.taker == bob)
        #expect(second?.records == [record(3)])
        #expect(queue.serve() == nil)
        #expect(queue.count == 0)
        queue.stored(record(4))
        #expect(queue.serve() == nil)
    }

    @Test("whoever has gone gets nothing")
    func left() {
        var queue = EgressQueue()
        queue.wanted(by: ann, atMost: 1)
        queue.wanted(by: bob, atMost: 1)
        queue.left(ann)
        queue.stored(record(1))
        #expect(queue.serve()?.taker == bob)
    }

    @Test("whoever does not wait for what comes later hears when nothing is left")
    func disappointed() {
        var queue = queue(1...1)
        queue.wanted(by: ann, atMost: 1, isWaiting: false)
        #expect(queue.disappointed().isEmpty)
        _ = queue.serve()
        queue.wanted(by: ann, atMost: 1, isWaiting: false)
        queue.wanted(by: bob, atMost: 1)
        #expect(queue.disappointed() == [ann])
        queue.stored(record(2))
        #expect(queue.serve()?.taker == bob)
    }

    @Test("what is put back comes first again")
    func returned() {
        var queue = queue(1...4)
        queue.wanted(by: ann, atMost: 2)
        let taken = queue.serve()?.records ?? []
        queue.returned(taken.reversed())
        queue.wanted(by: bob, atMost: 9)
        #expect(queue.serve()?.records == (1...4).map(record))
    }

    @Test("so many are held, and the others are read from the store when they are wanted")
    func window() {
        var queue = queue(1...5, window: 2)
        #expect(queue.count == 5)
        #expect(queue.beyond == 3)
        #expect(queue.loadBegins() == nil)
        queue.wanted(by: ann, atMost: 9)
        #expect(queue.serve()?.records == [record(1), record(2)])
        // Nobody wants them yet.
        #expect(queue.loadBegins() == nil)
        queue.wanted(by: bob, atMost: 9)
        #expect(queue.loadBegins() == 2)
        #expect(queue.loadBegins() == nil)
        queue.loaded([record(3), record(4)])
        #expect(queue.serve()?.records == [record(3), record(4)])
        #expect(queue.count == 1)
    }

    @Test("records of so many bytes are held, and the others are read from the store when they are wanted")
    func windowBytes() {
        var queue = EgressQueue(windowBytes: 15)
        let large = (1...4).map { EgressRecord(sequence: $0, topic: "greetings", payload: Array(repeating: 1, count: 10)) }
        for record in large { queue.stored(record) }
        #expect(queue.beyond == 2)
        queue.wanted(by: ann, atMost: 9)
        #expect(queue.serve()?.records == Array(large[..<2]))
        queue.wanted(by: bob, atMost: 9)
        #expect(queue.loadBegins() == 2)
        queue.loaded([large[2]])
        #expect(queue.serve()?.records == [large[2]])
        queue.returned([large[2]])
        #expect(queue.count == 2)
        queue.wanted(by: ann, atMost: 9)
        #expect(queue.serve()?.records == [large[2]])
        queue.wanted(by: ann, atMost: 9)
        #expect(queue.loadBegins() == 3)
        queue.loaded([large[3]])
        #expect(queue.serve()?.records == [large[3]])
        queue.stored(EgressRecord(sequence: 5, topic: "greetings", payload: []))
        #expect((queue.count, queue.beyond) == (1, 0))
    }

    @Test("a store that could not be read is asked again")
    func loadFailed() {
        var queue = EgressQueue(beyond: 2)
        queue.wanted(by: ann, atMost: 1)
        #expect(queue.loadBegins() == 0)
        queue.loaded([])
        #expect(queue.count == 2)
        #expect(queue.loadBegins() == 0)
    }

    @Test("a record that is read before it is known to be stored comes once")
    func readEarly() {
        var queue = EgressQueue(beyond: 1)
        queue.wanted(by: ann, atMost: 9)
        _ = queue.loadBegins()
        queue.loaded([record(1), record(2)])
        queue.stored(record(2))
        #expect(queue.count == 2)
        #expect(queue.serve()?.records == [record(1), record(2)])
        queue.wanted(by: bob, atMost: 9)
        #expect(queue.serve() == nil)
        #expect(queue.count == 0)
    }

    @Test("none is lost, doubled or out of order, and the count is right", arguments: 0..<60 as Range<UInt64>)
    func random(seed: UInt64) {
        var simulation = EgressSimulation(seed: seed)
        simulation.run(steps: 1_500)
    }

    @Test("records that are about to be stored go to those who wait, in their order, each no more than it wants; the rest is stored")
    func anticipated() {
        var queue = EgressQueue()
        #expect(queue.anticipate([record(1)]).isEmpty)
        queue.wanted(by: ann, atMost: 2)
        queue.wanted(by: bob, atMost: 1)
        let handed = queue.anticipate([record(1), record(2), record(3), record(4)])
        #expect(handed.map(\.taker) == [ann, bob])
        #expect(handed.map { $0.records.map(\.sequence) } == [[1, 2], [3]])
        #expect(queue.anticipate([record(5)]).isEmpty)
        queue.passed(record(2))
        queue.passed(record(3))
        queue.stored(record(4))
        // What comes back of those that were handed out comes as returned.
        queue.stored(record(3))
        #expect(queue.count == 1)
        queue.returned([record(3)])
        queue.wanted(by: ann, atMost: 9)
        #expect(queue.serve()?.records == [record(3), record(4)])
    }

    @Test("nothing is anticipated while other records come before, be they here, in the store, or on their way")
    func notAnticipated() {
        var here = queue(1...1)
        here.wanted(by: ann, atMost: 1)
        #expect(here.anticipate([record(2)]).isEmpty)
        var beyond = EgressQueue(beyond: 1)
        beyond.wanted(by: ann, atMost: 1)
        #expect(beyond.anticipate([record(2)]).isEmpty)
        #expect(beyond.loadBegins() == 0)
        #expect(beyond.anticipate([record(2)]).isEmpty)
        // Somebody has taken away what was to be read.
        beyond.loaded([])
        #expect(beyond.anticipate([record(2)]).isEmpty)
    }
}

/// Drives a queue with random events beside a store that has records a little before the queue hears of them.
private struct EgressSimulation {
    private var random: SeededRandom
    private var queue: EgressQueue
    private let window: Int
    private var sequence: Int64 = 0
    private var nextTaker = 0
    /// What is stored and not taken.
    private var store: Set<Int64> = []
    /// Stored, but the queue has not heard of it.
    private var unheard: [Int64] = []
    /// With somebody who may yet put it back.
    private var held: [[EgressRecord]] = []
    private var takers: [Int: Int] = [:]
    private var load: (after: Int64, read: [EgressRecord]?)?
    private var taken: Set<Int64> = []

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        window = Int.random(in: 1...6, using: &random)
        let recovered = Int64.random(in: 0...20, using: &random)
        queue = EgressQueue(beyond: Int(recovered), window: window)
        sequence = recovered
        store = Set((0..<recovered).map { $0 + 1 })
    }

    mutating func run(steps: Int) {
        for _ in 0..<steps {
            step()
            let missing = store.count - held.joined().count - unheard.count
            #expect(queue.count <= missing + unheard.count && queue.count >= missing, "the count is wrong")
        }
        finish()
        #expect(queue.count == 0)
        #expect(taken == Set((0..<sequence).map { $0 + 1 }), "records were lost")
    }

    private mutating func step() {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<4:
            sequence += 1
            store.insert(sequence)
            unheard.append(sequence)
        case 4..<6: anticipate()
        case 6..<10: hear()
        case 10..<13:
            nextTaker += 1
            let limit = Int.random(in: 1...4, using: &random)
            takers[nextTaker] = limit
            queue.wanted(by: EgressQueue.TakerID(number: nextTaker), atMost: limit)
            serve()
        case 13:
            guard let taker = takers.keys.sorted().randomElement(using: &random) else { return }
            takers[taker] = nil
            queue.left(EgressQueue.TakerID(number: taker))
        case 14..<17: goOnLoading()
        default: settleTaken()
        }
    }

    private mutating func hear() {
        guard !unheard.isEmpty else { return }
        queue.stored(EgressRecord(sequence: unheard.removeFirst(), topic: "t", payload: []))
        serve()
    }

    /// A group with new records is stored; the queue has heard of those before.
    private mutating func anticipate() {
        guard unheard.isEmpty else { return }
        let count = Int64.random(in: 1...6, using: &random)
        let records = (sequence + 1...sequence + count).map { EgressRecord(sequence: $0, topic: "t", payload: []) }
        sequence += count
        let promised = queue.anticipate(records[...])
        let isFailing = Int.random(in: 0..<4, using: &random) == 0
        store.formUnion(records.map(\.sequence))
        for (taker, records) in promised {
            if isFailing {
                takers[taker.number] = nil
            } else {
                records.last.map { queue.passed($0) }
                handed(Array(records), to: taker)
            }
        }
        unheard = records.dropFirst(isFailing ? 0 : promised.reduce(0) { $0 + $1.records.count }).map(\.sequence)
    }

    private mutating func serve() {
        while let step = queue.nextStep() {
            switch step {
            case .hand(let records, let taker): handed(records, to: taker)
            case .disappoint(let gone):
                #expect(gone.isEmpty, "all of them wait")
            case .load(let place):
                #expect(load == nil, "one load at a time")
                load = (place, nil)
            }
        }
    }

    private mutating func handed(_ records: [EgressRecord], to taker: EgressQueue.TakerID) {
        guard let limit = takers.removeValue(forKey: taker.number) else {
            Issue.record("records for nobody")
            return
        }
        #expect(!records.isEmpty && records.count <= limit)
        for record in records {
            #expect(store.contains(record.sequence) && !held.joined().contains(record), "a record came twice")
        }
        #expect(records.map(\.sequence) == records.map(\.sequence).sorted())
        held.append(records)
    }

    private mutating func goOnLoading() {
        guard let current = load else {
            serve()
            return
        }
        if let read = current.read {
            load = nil
            queue.loaded(read)
            serve()
            return
        }
        let isFailing = Int.random(in: 0..<5, using: &random) == 0
        let found = store.filter { $0 > current.after }.sorted().prefix(window)
        load?.read = isFailing ? [] : found.map { EgressRecord(sequence: $0, topic: "t", payload: []) }
    }

    /// Whoever has records keeps them or puts them back.
    private mutating func settleTaken() {
        guard let index = held.indices.randomElement(using: &random) else { return }
        let records = held.remove(at: index)
        if Bool.random(using: &random) {
            queue.returned(records)
            serve()
        } else {
            store.subtract(records.map(\.sequence))
            taken.formUnion(records.map(\.sequence))
        }
    }

    private mutating func finish() {
        var rounds = 0
        while taken.count < Int(sequence), rounds < 100_000 {
            rounds += 1
            hear()
            nextTaker += 1
            takers[nextTaker] = 3
            queue.wanted(by: EgressQueue.TakerID(number: nextTaker), atMost: 3)
            serve()
            goOnLoading()
            settleTaken()
        }
    }
}
