import NIOConcurrencyHelpers
import NIOPosix
import TestSupport
import Testing
import TransportCore

@testable import HTTPExchange

@Suite struct EventLoopCallLoopTests {
    private let loop = EventLoopCallLoop(MultiThreadedEventLoopGroup.singleton.next())

    @Test("work runs on the loop, in order")
    func order() async throws {
        let seen = NIOLockedValueBox<[Int]>([])
        let done = Eventual<Bool>()
        for number in 0..<10 {
            loop.execute { seen.withLockedValue { $0.append(number) } }
        }
        loop.execute { [loop] in done.succeed(loop.isCurrent) }
        #expect(try await done.value("the work"))
        #expect(seen.withLockedValue { $0 } == Array(0..<10))
        #expect(!loop.isCurrent)
    }

    @Test("a timer fires at its instant or later, never earlier")
    func timer() async throws {
        let fired = Eventual<(due: TransportInstant, now: TransportInstant)>()
        loop.execute { [loop] in
            let due = loop.now.advanced(by: .milliseconds(20))
            _ = loop.schedule(at: due) { fired.succeed((due, loop.now)) }
        }
        let (due, now) = try await fired.value("the timer")
        #expect(now >= due)
    }

    @Test(
        "timers that are due already, and those at the end of time, are timers like others",
        arguments: [TransportInstant.zero, TransportInstant(nanoseconds: -5)]
    )
    func extremes(past: TransportInstant) async throws {
        let fired = Eventual<Void>()
        loop.execute { [loop] in
            let never = loop.schedule(at: .distantFuture) { fired.fail(CancellationError()) }
            _ = loop.schedule(at: past) {
                never.cancel()
                never.cancel()
                fired.succeed(())
            }
        }
        try await fired.value("the timer that was due")
    }

    @Test("a timer that was cancelled in time does not fire")
    func cancelled() async throws {
        let fired = NIOLockedValueBox(false)
        let later = Eventual<Void>()
        loop.execute { [loop] in
            loop.schedule(at: loop.now.advanced(by: .milliseconds(10))) { fired.withLockedValue { $0 = true } }.cancel()
            _ = loop.schedule(at: loop.now.advanced(by: .milliseconds(30))) { later.succeed(()) }
        }
        try await later.value("the later timer")
        #expect(!fired.withLockedValue { $0 })
    }
}
