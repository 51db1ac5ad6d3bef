import NIOConcurrencyHelpers
import TestSupport
import Testing
import TransportCore

@Suite struct ManualLoopTests {
    private let log = NIOLockedValueBox<[String]>([])

    private func note(_ text: String) {
        log.withLockedValue { $0.append(text) }
    }

    private var notes: [String] { log.withLockedValue { $0 } }

    @Test("handed-in work waits until the test runs it, in order")
    func queueOrder() {
        let loop = ManualLoop()
        loop.execute { note("first") }
        loop.execute {
            note("second")
            loop.execute { note("fourth") }
        }
        loop.execute { note("third") }
        #expect(notes.isEmpty)
        #expect(loop.queuedCount == 3)
        loop.runQueued()
        #expect(notes == ["first", "second", "third", "fourth"])
        #expect(loop.now == .zero)
    }

    @Test("timers fire at their own instant, equal ones in the order in which they were set")
    func timerOrder() {
        let loop = ManualLoop()
        loop.perform {
            for (name, seconds) in [("late", 3), ("early", 1), ("middle", 2), ("second early", 1)] {
                _ = loop.schedule(at: .zero.advanced(by: .seconds(seconds))) {
                    note("\(name) at \(loop.now.nanoseconds / 1_000_000_000)")
                }
            }
        }
        #expect(loop.nextTimer == .zero.advanced(by: .seconds(1)))
        loop.advance(by: .seconds(2))
        #expect(notes == ["early at 1", "second early at 1", "middle at 2"])
        #expect(loop.timerCount == 1)
        loop.advance(to: .zero.advanced(by: .seconds(10)))
        #expect(notes.last == "late at 3")
        #expect(loop.now == .zero.advanced(by: .seconds(10)))
        #expect(loop.nextTimer == nil)
    }

    @Test("a timer that a timer sets fires in the same advance when it is due")
    func nestedTimers() {
        let loop = ManualLoop()
        loop.perform {
            _ = loop.schedule(at: .zero.advanced(by: .seconds(1))) {
                note("outer")
                _ = loop.schedule(at: loop.now.advanced(by: .seconds(1))) { note("inner at \(loop.now.nanoseconds)") }
                loop.execute { note("queued at \(loop.now.nanoseconds)") }
            }
        }
        loop.advance(by: .seconds(5))
        #expect(notes == ["outer", "queued at 1000000000", "inner at 2000000000"])
    }

    @Test("a cancelled timer does not fire, unless the loop is told that cancelling comes too late", arguments: [true, false])
    func cancelling(cancelsTimers: Bool) {
        let loop = ManualLoop(cancelsTimers: cancelsTimers)
        loop.perform {
            let timer = loop.schedule(at: .zero.advanced(by: .seconds(1))) { note("fired") }
            timer.cancel()
            timer.cancel()
        }
        loop.advance(by: .seconds(1))
        #expect(notes == (cancelsTimers ? [] : ["fired"]))
    }

    @Test("the loop is current inside its work and nowhere else")
    func currency() async {
        let loop = ManualLoop()
        let other = ManualLoop()
        #expect(!loop.isCurrent)
        loop.perform {
            #expect(loop.isCurrent)
            #expect(!other.isCurrent)
            loop.run { note("at once") }
            #expect(notes == ["at once"])
        }
        #expect(!loop.isCurrent)
        loop.run { note("later") }
        #expect(notes == ["at once"])
    }

    @Test("a test can wait for the work that a task hands in")
    func waitingForWork() async {
        let loop = ManualLoop()
        let answer = Task {
            await withCheckedContinuation { continuation in
                loop.execute { continuation.resume(returning: loop.isCurrent) }
            }
        }
        await loop.waitForWork()
        loop.runQueued()
        #expect(await answer.value)
    }
}
