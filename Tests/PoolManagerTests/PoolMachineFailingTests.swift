import Testing
import TransportCore

@testable import PoolManager

@Suite struct PoolMachineFailingTests {
    @Test("opening that fails", arguments: failing)
    func handlesFailedAttempts(_ scenario: PoolScenario) {
        scenario.play()
    }

    /// A failed attempt, and as many callers after it as connections may be opened for at a time.
    private static let manyAfterFailure =
        [
            PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
            PoolStep(.connectFailed(c(0)), [.fail(w(0), .connectFailed)]),
            PoolStep(.lease(w(0, 1)), [.connect(c(0, 1), for: w(0, 1))]),
        ]
        + (1..<UInt32(ReconnectPacing.atATime)).map { PoolStep(.lease(w($0)), [.connect(c($0), for: w($0))]) }

    static let failing = [
        PoolScenario(
            "a failed attempt fails the head of the line",
            .of(2),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), [.connect(c(1), for: w(1))]),
                PoolStep(.connectFailed(c(1)), [.fail(w(0), .connectFailed)]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(1))]),
            ],
            PoolFigures(leased: 1)
        ),
        PoolScenario(
            "the room of a failed attempt serves the next in line",
            .of(2),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), [.connect(c(1), for: w(1))]),
                PoolStep(.lease(w(2)), []),
                PoolStep(.lease(w(3)), []),
                PoolStep(.connectFailed(c(0)), [.fail(w(0), .connectFailed), .connect(c(0, 1), for: w(2))]),
                PoolStep(.connectFailed(c(1)), [.fail(w(1), .connectFailed), .connect(c(1, 1), for: w(3))]),
            ],
            PoolFigures(connecting: 2, waiting: 2)
        ),
        PoolScenario(
            "after a failure only so many are opened at a time, until the first success opens as many as are needed",
            .of(100),
            manyAfterFailure + [
                PoolStep(.lease(w(8)), [.rearm(timer(1), at: ms(100))]),
                PoolStep(.lease(w(9)), []),
                PoolStep(.lease(w(10)), []),
                PoolStep(.connectFailed(c(3)), [.fail(w(0, 1), .connectFailed), .connect(c(3, 1), for: w(8))]),
                PoolStep(
                    .connected(c(5)),
                    [.grant(c(5), to: w(1)), .connect(c(8), for: w(9)), .connect(c(9), for: w(10))]
                ),
            ],
            PoolFigures(leased: 1, connecting: 9, waiting: 9)
        ),
        PoolScenario(
            "an attempt that hangs after a failure lets others begin a moment later",
            .of(100),
            manyAfterFailure + [
                PoolStep(.lease(w(8)), [.rearm(timer(1), at: ms(100))]),
                PoolStep(.lease(w(9)), at: 40, []),
                PoolStep(.timerFired(1), at: 100, [.connect(c(8), for: w(8)), .connect(c(9), for: w(9))]),
                PoolStep(.lease(w(10)), at: 150, [.connect(c(10), for: w(10))]),
                // One of those that count no more makes no room for others.
                PoolStep(.connectFailed(c(0, 1)), at: 160, [.fail(w(0, 1), .connectFailed)]),
                PoolStep(.connected(c(10)), at: 170, [.grant(c(10), to: w(1))]),
            ],
            PoolFigures(leased: 1, connecting: 9, waiting: 9)
        ),
        PoolScenario(
            "whose time ends while attempts fail has waited for a connection to be opened",
            .of(10),
            manyAfterFailure + [
                PoolStep(.lease(w(8), until: ms(50)), [.rearm(timer(1), at: ms(100)), .rearm(timer(2), at: ms(50))]),
                PoolStep(.timerFired(2), at: 50, [.fail(w(8), .deadlinePassed(whileOpening: true))]),
            ],
            PoolFigures(connecting: 8, waiting: 8)
        ),
        PoolScenario(
            "who waits only because attempts fail does not count as waiting for others to finish, but up to what may be open",
            .of(10, waiting: 1),
            manyAfterFailure + [
                PoolStep(.lease(w(8)), [.rearm(timer(1), at: ms(100))]),
                PoolStep(.lease(w(9)), []),
                PoolStep(.lease(w(10)), []),
                PoolStep(.lease(w(11)), [.fail(w(11), .lineFull)]),
            ],
            PoolFigures(connecting: 8, waiting: 11)
        ),
        PoolScenario(
            "an attempt that ended with the call of a caller who has left fails nobody else",
            .of(1),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), []),
                PoolStep(.cancel(w(0)), []),
                PoolStep(.connectFailedWithItsCall(c(0)), [.connect(c(0, 1), for: w(1))]),
                PoolStep(.connectFailedWithItsCall(c(0, 1)), [.fail(w(1), .connectFailed)]),
            ],
            PoolFigures()
        ),
        PoolScenario(
            "a failed attempt that nobody waits for is forgotten",
            .of(2),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.lease(w(0, 1)), [.connect(c(1), for: w(0, 1))]),
                PoolStep(.returned(c(0)), [.grant(c(0), to: w(0, 1))]),
                PoolStep(.connectFailed(c(1)), []),
            ],
            PoolFigures(leased: 1)
        ),
    ]
}
