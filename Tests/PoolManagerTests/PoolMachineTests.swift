import Testing
import TransportCore

@testable import PoolManager

@Suite struct PoolMachineTests {
    @Test("lending", arguments: lending)
    func lends(_ scenario: PoolScenario) {
        scenario.play()
    }

    static let lending = [
        PoolScenario(
            "the first caller gets a new connection",
            .of(2),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
            ],
            PoolFigures(leased: 1)
        ),
        PoolScenario(
            "a connection that was given back is lent again",
            .of(2),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.returned(c(0)), []),
                PoolStep(.lease(w(0, 1)), [.grant(c(0), to: w(0, 1))]),
            ],
            PoolFigures(leased: 1)
        ),
        PoolScenario(
            "the most recently used idle connection is lent first",
            .of(2),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), [.connect(c(1), for: w(1))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.connected(c(1)), [.grant(c(1), to: w(1))]),
                PoolStep(.returned(c(1)), []),
                PoolStep(.returned(c(0)), []),
                PoolStep(.lease(w(1, 1)), [.grant(c(0), to: w(1, 1))]),
            ],
            PoolFigures(idle: 1, leased: 1)
        ),
        PoolScenario(
            "who prefers a new one gets none that is idle",
            .of(2),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.returned(c(0)), []),
                PoolStep(.leaseNew(w(0, 1)), [.connect(c(1), for: w(0, 1))]),
                PoolStep(.lease(w(1)), [.grant(c(0), to: w(1))]),
                PoolStep(.connected(c(1)), [.grant(c(1), to: w(0, 1))]),
            ],
            PoolFigures(leased: 2)
        ),
        PoolScenario(
            "but one that somebody gives back meanwhile, and the new one becomes idle",
            .of(2),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.leaseNew(w(0, 1)), [.connect(c(1), for: w(0, 1))]),
                PoolStep(.returned(c(0)), [.grant(c(0), to: w(0, 1))]),
                PoolStep(.connected(c(1)), []),
            ],
            PoolFigures(idle: 1, leased: 1)
        ),
        PoolScenario(
            "where there is no room for a new one, the one that was idle longest makes it",
            .of(2, waiting: 0),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), [.connect(c(1), for: w(1))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.connected(c(1)), [.grant(c(1), to: w(1))]),
                PoolStep(.returned(c(1)), []),
                PoolStep(.returned(c(0)), []),
                PoolStep(.leaseNew(w(1, 1)), [.close(c(1)), .connect(c(2), for: w(1, 1))]),
            ],
            PoolFigures(idle: 1, connecting: 1, waiting: 1)
        ),
        PoolScenario(
            "with every connection on loan callers wait, first come first served",
            .of(1),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.lease(w(0, 1)), []),
                PoolStep(.lease(w(1)), []),
                PoolStep(.returned(c(0)), [.grant(c(0), to: w(0, 1))]),
                PoolStep(.returned(c(0)), [.grant(c(0), to: w(1))]),
            ],
            PoolFigures(leased: 1)
        ),
        PoolScenario(
            "connections being opened count: no more than the limit are begun",
            .of(2),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), [.connect(c(1), for: w(1))]),
                PoolStep(.lease(w(2)), []),
            ],
            PoolFigures(connecting: 2, waiting: 3)
        ),
        PoolScenario(
            "a limit below one connection is one connection",
            .of(0),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), []),
            ],
            PoolFigures(connecting: 1, waiting: 2)
        ),
        PoolScenario(
            "a returned connection goes to the head of the line though one is being opened for it, which becomes idle",
            .of(2),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.lease(w(0, 1)), [.connect(c(1), for: w(0, 1))]),
                PoolStep(.returned(c(0)), [.grant(c(0), to: w(0, 1))]),
                PoolStep(.connected(c(1)), []),
            ],
            PoolFigures(idle: 1, leased: 1)
        ),
        PoolScenario(
            "while more connections are being opened than callers wait, another caller begins none",
            .of(3),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.lease(w(0, 1)), [.connect(c(1), for: w(0, 1))]),
                PoolStep(.returned(c(0)), [.grant(c(0), to: w(0, 1))]),
                PoolStep(.lease(w(0, 2)), []),
                PoolStep(.connected(c(1)), [.grant(c(1), to: w(0, 2))]),
            ],
            PoolFigures(leased: 2)
        ),
        PoolScenario(
            "the line is bounded",
            .of(1, waiting: 1),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.lease(w(0, 1)), []),
                PoolStep(.lease(w(1)), [.fail(w(1), .lineFull)]),
                PoolStep(.returned(c(0)), [.grant(c(0), to: w(0, 1))]),
                PoolStep(.lease(w(0, 2)), []),
            ],
            PoolFigures(leased: 1, waiting: 1)
        ),
        PoolScenario(
            "a caller for whom a connection is opened does not count as waiting for others",
            .of(1, waiting: 0),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), [.fail(w(1), .lineFull)]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.lease(w(0, 1)), [.fail(w(0, 1), .lineFull)]),
            ],
            PoolFigures(leased: 1)
        ),
        PoolScenario(
            "an unused connection over the limit for idle ones is closed, the longest unused first",
            .of(2, idle: 1),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), [.connect(c(1), for: w(1))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.connected(c(1)), [.grant(c(1), to: w(1))]),
                PoolStep(.returned(c(0)), []),
                PoolStep(.returned(c(1)), [.close(c(0))]),
            ],
            PoolFigures(idle: 1)
        ),
        PoolScenario(
            "with no idle connections allowed each is closed when it is given back",
            .of(2, idle: 0),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.returned(c(0)), [.close(c(0))]),
            ],
            PoolFigures()
        ),
    ]

    @Test("giving up", arguments: givingUp)
    func handlesCallersWhoLeave(_ scenario: PoolScenario) {
        scenario.play()
    }

    static let givingUp = [
        PoolScenario(
            "the connection being opened for the only caller is called off when that caller cancels",
            .of(2),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.cancel(w(0)), [.callOff(c(0))]),
                PoolStep(.connectFailed(c(0)), []),
            ],
            PoolFigures()
        ),
        PoolScenario(
            "a connection that was called off too late is closed",
            .of(2),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.cancel(w(0)), [.callOff(c(0))]),
                PoolStep(.connected(c(0)), [.close(c(0))]),
                PoolStep(.closed(c(0)), []),
            ],
            PoolFigures()
        ),
        PoolScenario(
            "opening goes on for somebody else who waits",
            .of(1),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), []),
                PoolStep(.cancel(w(0)), []),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(1))]),
            ],
            PoolFigures(leased: 1)
        ),
        PoolScenario(
            "of more connections being opened than callers are left, the latest is called off",
            .of(3),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), [.connect(c(1), for: w(1))]),
                PoolStep(.lease(w(2)), [.connect(c(2), for: w(2))]),
                PoolStep(.cancel(w(0)), [.callOff(c(2))]),
                PoolStep(.cancel(w(2)), [.callOff(c(1))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(1))]),
            ],
            PoolFigures(leased: 1)
        ),
        PoolScenario(
            "cancelling in the middle of the line keeps the order of the others",
            .of(1),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), []),
                PoolStep(.lease(w(2)), []),
                PoolStep(.cancel(w(1)), []),
                PoolStep(.lease(w(1, 1)), []),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.returned(c(0)), [.grant(c(0), to: w(2))]),
                PoolStep(.returned(c(0)), [.grant(c(0), to: w(1, 1))]),
            ],
            PoolFigures(leased: 1)
        ),
        PoolScenario(
            "cancelling late or twice does nothing, not even to the next one with the same place",
            .of(1),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.cancel(w(0)), []),
                PoolStep(.lease(w(0, 1)), []),
                PoolStep(.cancel(w(0)), []),
                PoolStep(.returned(c(0)), [.grant(c(0), to: w(0, 1))]),
            ],
            PoolFigures(leased: 1)
        ),
        PoolScenario(
            "a deadline that passes in line fails that caller alone",
            .of(1),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.lease(w(0, 1), until: ms(500)), [.rearm(timer(1), at: ms(500))]),
                PoolStep(.lease(w(1), until: ms(200)), [.rearm(timer(2), at: ms(200))]),
                PoolStep(.lease(w(2), until: ms(300)), []),
                PoolStep(.timerFired(2), at: 200, [.fail(w(1), .deadlinePassed(whileOpening: false)), .rearm(timer(3), at: ms(300))]),
                PoolStep(.returned(c(0)), at: 250, [.grant(c(0), to: w(0, 1))]),
                PoolStep(.timerFired(3), at: 310, [.fail(w(2), .deadlinePassed(whileOpening: false))]),
            ],
            PoolFigures(leased: 1)
        ),
        PoolScenario(
            "a timer that was set anew in the meantime is ignored",
            .of(1),
            [
                PoolStep(.lease(w(0), until: ms(500)), [.connect(c(0), for: w(0)), .rearm(timer(1), at: ms(500))]),
                PoolStep(.lease(w(1), until: ms(200)), [.rearm(timer(2), at: ms(200))]),
                PoolStep(.timerFired(1), at: 600, []),
                PoolStep(
                    .timerFired(2),
                    at: 600,
                    [
                        .fail(w(1), .deadlinePassed(whileOpening: false)),
                        .fail(w(0), .deadlinePassed(whileOpening: true)),
                        .callOff(c(0)),
                    ]
                ),
                PoolStep(.timerFired(2), at: 601, []),
            ],
            PoolFigures()
        ),
        PoolScenario(
            "a timer for somebody who has left finds nothing to do",
            .of(1),
            [
                PoolStep(.lease(w(0), until: ms(100)), [.connect(c(0), for: w(0)), .rearm(timer(1), at: ms(100))]),
                PoolStep(.connected(c(0)), at: 50, [.grant(c(0), to: w(0))]),
                PoolStep(.timerFired(1), at: 100, []),
            ],
            PoolFigures(leased: 1)
        ),
        PoolScenario(
            "a caller whose deadline has passed already does not join the line",
            .of(2),
            [PoolStep(.lease(w(0), until: ms(10)), at: 10, [.fail(w(0), .deadlinePassed(whileOpening: false))])],
            PoolFigures()
        ),
    ]
}
