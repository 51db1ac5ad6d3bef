import RuntimeCore
import TestSupport
import Testing

@testable import LocalRuntime

@Suite struct DelayedWindowTests {
    private static let bob = RuntimeAddress(functionType: "example/person", id: "Bob")

    private func message(_ sequence: Int64, due: Int64, token: String? = nil) -> DelayedMessage {
        DelayedMessage(
            due: WallTime(milliseconds: due),
            message: StoredMessage(sequence: sequence, target: Self.bob, invocation: []),
            cancellation: token.map { DelayedMessage.Cancellation(token: $0, senderID: "Bob") }
        )
    }

    private func token(_ text: String) -> DelayedMessage.Cancellation {
        DelayedMessage.Cancellation(token: text, senderID: "Bob")
    }

    private func due(_ window: inout DelayedWindow, at now: Int64) -> [Int64] {
        window.takeDue(at: WallTime(milliseconds: now)).map(\.message.sequence)
    }

    private func needsLoad(_ window: inout DelayedWindow) -> Bool { window.needsLoad }

    @Test("messages come out when they are due, in the order of their times and then of their sequences")
    func order() {
        var window = DelayedWindow(horizon: nil)
        for (sequence, time) in [(1, 30), (2, 10), (3, 20), (4, 10)] as [(Int64, Int64)] {
            window.add(message(sequence, due: time))
        }
        let next = window.nextDue
        #expect(next == WallTime(milliseconds: 10))
        #expect(due(&window, at: 9).isEmpty)
        #expect(due(&window, at: 20) == [2, 4, 3])
        #expect(due(&window, at: .max) == [1])
        let none = window.nextDue
        #expect(none == nil)
        #expect(!needsLoad(&window))
        #expect(window.count == 0)
    }

    @Test("at first everything is in the store")
    func first() {
        var window = DelayedWindow()
        #expect(needsLoad(&window))
        window.add(message(1, due: 5))
        #expect(window.count == 0)
        window.loadBegan()
        #expect(!needsLoad(&window))
        window.loaded([message(1, due: 5)], isComplete: true)
        #expect(due(&window, at: 5) == [1])
        #expect(!needsLoad(&window))
    }

    @Test("what is taken back does not come, also where the store gives it afterwards")
    func cancel() {
        var window = DelayedWindow()
        window.loadBegan()
        window.cancel(token("a"), before: 3)
        window.add(message(4, due: 5, token: "a"))
        window.loaded([message(1, due: 5, token: "a"), message(2, due: 5, token: "b")], isComplete: true)
        window.cancel(token("b"), before: 5)
        window.cancel(token("c"), before: 6)
        #expect(due(&window, at: 9) == [4])
    }

    @Test("what comes while the store is read comes out once, whether the store saw it or not", arguments: [true, false])
    func addedMeanwhile(isSeen: Bool) {
        var window = DelayedWindow()
        window.loadBegan()
        window.add(message(2, due: 7))
        window.loaded([message(1, due: 5)] + (isSeen ? [message(2, due: 7)] : []), isComplete: true)
        #expect(due(&window, at: 9) == [1, 2])
    }

    @Test("a read that failed leaves everything to the next one")
    func loadFailed() {
        var window = DelayedWindow()
        window.loadBegan()
        window.add(message(2, due: 7))
        window.loadFailed()
        #expect(needsLoad(&window))
        #expect(window.count == 0)
        window.loadBegan()
        window.loaded([message(1, due: 5), message(2, due: 7)], isComplete: true)
        #expect(due(&window, at: 9) == [1, 2])
    }

    @Test("where too many are held the later half is left to the store, and asked for when its time comes")
    func capacity() {
        var window = DelayedWindow(capacity: 4, horizon: nil)
        for sequence in Int64(1)...5 {
            window.add(message(sequence, due: 100 - sequence))
        }
        #expect(window.count == 2)
        #expect(window.horizon == DelayedPlace(due: WallTime(milliseconds: 96), sequence: 4))
        window.add(message(6, due: 99))
        #expect(window.count == 2)
        #expect(due(&window, at: 200) == [5, 4])
        #expect(needsLoad(&window))
    }

    @Test("many that come while a piece of the store is read are not forgotten")
    func manyMeanwhile() {
        var window = DelayedWindow(capacity: 4, horizon: DelayedPlace(due: WallTime(milliseconds: 50), sequence: 0))
        window.loadBegan()
        // These are due before what is read, and more than are held.
        for sequence in Int64(1)...6 {
            window.add(message(sequence, due: 10 * sequence / 2))
        }
        window.loaded([message(7, due: 60)], isComplete: true)
        var sent = due(&window, at: 1_000)
        let stored = (Int64(1)...6).map { message($0, due: 10 * $0 / 2) } + [message(7, due: 60)]
        for _ in 0..<9 where window.needsLoad {
            let horizon = window.horizon
            window.loadBegan()
            let rest = stored.filter { next in
                horizon.map { DelayedPlace(due: next.due, sequence: next.message.sequence) > $0 } ?? true
            }
            window.loaded(Array(rest.prefix(2)), isComplete: rest.count < 2)
            sent += due(&window, at: 1_000)
        }
        #expect(sent == [1, 2, 3, 4, 5, 6, 7])
    }

    @Test("what was taken back takes no room, also where nothing comes out for long")
    func cancelledTakesNoRoom() {
        var window = DelayedWindow(horizon: nil)
        for sequence in Int64(1)...20_000 {
            window.add(message(sequence, due: 3_600_000, token: "a"))
            window.cancel(token("a"), before: sequence + 1)
        }
        #expect(window.count == 0)
        #expect(window.placeCount < 1_000)
    }

    @Test("beside a store that others write, nothing comes twice, early, late or never", arguments: 0..<80 as Range<UInt64>)
    func random(seed: UInt64) {
        var simulation = DelayedSimulation(seed: seed)
        simulation.run(steps: 1_500)
    }
}
