import Testing
import TransportCore

@testable import Gateway

/// How long a connection may take for what it does, and what the log hears of an endpoint.
@Suite struct RequestCycleTests {
    private let limits = RequestCycle.Limits(idle: .seconds(300), transfer: .seconds(60), wait: .seconds(10), farewell: .seconds(2))

    private func at(_ seconds: Int64) -> TransportInstant { TransportInstant(nanoseconds: seconds * 1_000_000_000) }

    private static let phases: [(phase: RequestCycle.Phase, seconds: Int64?, action: RequestCycle.Action)] = [
        (.idle, 300, .close), (.receiving, 60, .refuseTooSlow), (.waiting, 10, .leaveLine), (.calling, nil, .nothing),
        (.sending, 60, .close), (.sendingLast, 60, .close), (.leaving, 2, .close), (.ended, nil, .nothing),
    ]

    @Test("each phase has its time, counted from its beginning", arguments: phases)
    func times(phase: RequestCycle.Phase, seconds: Int64?, action: RequestCycle.Action) {
        var cycle = RequestCycle(limits, at: at(0))
        cycle.entered(phase, at: at(5))
        #expect(cycle.deadline == seconds.map { at(5 + $0) })
        #expect(cycle.timerFired(at: at(5 + (seconds ?? 1_000) - 1)) == .nothing)
        #expect(cycle.timerFired(at: at(5 + (seconds ?? 1_000))) == action)
    }

    @Test("a connection that has ended does nothing more")
    func ended() {
        var cycle = RequestCycle(limits, at: at(0))
        cycle.entered(.ended, at: at(1))
        cycle.entered(.idle, at: at(2))
        #expect(cycle.phase == .ended)
    }
}
