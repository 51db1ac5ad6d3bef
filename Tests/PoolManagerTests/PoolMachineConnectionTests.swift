import Testing
import TransportCore

@testable import PoolManager

@Suite struct PoolMachineConnectionTests {
    @Test("connections that end", arguments: ending)
    func handlesConnectionsThatEnd(_ scenario: PoolScenario) {
        scenario.play()
    }

    static let ending = [
        PoolScenario(
            "what is idle is closed where it is unwanted, and nothing else",
            .of(3),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), [.connect(c(1), for: w(1))]),
                PoolStep(.lease(w(2)), [.connect(c(2), for: w(2))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.connected(c(1)), [.grant(c(1), to: w(1))]),
                PoolStep(.returned(c(0)), [.grant(c(0), to: w(2))]),
                PoolStep(.connected(c(2)), []),
                PoolStep(.idleUnwanted, [.close(c(2))]),
                PoolStep(.idleUnwanted, []),
                PoolStep(.closed(c(2)), []),
            ],
            PoolFigures(leased: 2)
        ),
        PoolScenario(
            "a connection that cannot be used again is closed, and its room serves the line",
            .of(1),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.lease(w(0, 1)), []),
                PoolStep(.lease(w(1)), []),
                PoolStep(.returnedUnusable(c(0)), [.close(c(0)), .connect(c(1), for: w(0, 1))]),
                PoolStep(.closed(c(0)), []),
            ],
            PoolFigures(connecting: 1, waiting: 2)
        ),
        PoolScenario(
            "a connection that closes on loan makes room at once, and giving it back changes nothing more",
            .of(1),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.lease(w(0, 1)), []),
                PoolStep(.closed(c(0)), [.connect(c(0, 1), for: w(0, 1))]),
                PoolStep(.returnedUnusable(c(0)), []),
                PoolStep(.returned(c(0)), []),
                PoolStep(.closed(c(0)), []),
            ],
            PoolFigures(connecting: 1, waiting: 1)
        ),
        PoolScenario(
            "an idle connection that the peer closes is not lent again",
            .of(1),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.returned(c(0)), []),
                PoolStep(.closed(c(0)), []),
                PoolStep(.lease(w(0, 1)), [.connect(c(0, 1), for: w(0, 1))]),
            ],
            PoolFigures(connecting: 1, waiting: 1)
        ),
        PoolScenario(
            "an idle connection that turns out to be unusable is closed",
            .of(1),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.returned(c(0)), []),
                PoolStep(.spoiled(c(0)), [.close(c(0))]),
                PoolStep(.spoiled(c(0)), []),
                PoolStep(.lease(w(0, 1)), [.connect(c(1), for: w(0, 1))]),
            ],
            PoolFigures(connecting: 1, waiting: 1)
        ),
        PoolScenario(
            "giving a connection back twice counts once",
            .of(1),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.returned(c(0)), []),
                PoolStep(.returned(c(0)), []),
            ],
            PoolFigures(idle: 1)
        ),
    ]

    @Test("ageing", arguments: ageing)
    func closesWhatIsTooOld(_ scenario: PoolScenario) {
        scenario.play()
    }

    static let ageing = [
        PoolScenario(
            "an idle connection is closed 1 s after its lifetime at the earliest",
            .of(1, life: .seconds(15)),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(
                    .connected(c(0), chance: 0),
                    at: 100,
                    [.grant(c(0), to: w(0)), .rearm(timer(1), at: ms(16_100))]
                ),
                PoolStep(.returned(c(0)), at: 200, []),
                PoolStep(.timerFired(1), at: 16_100, [.close(c(0))]),
                PoolStep(.closed(c(0)), at: 16_100, []),
            ],
            PoolFigures()
        ),
        PoolScenario(
            "and 3 s after it at the latest",
            .of(1, life: .seconds(15)),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(
                    .connected(c(0), chance: 1),
                    [.grant(c(0), to: w(0)), .rearm(timer(1), at: ms(18_000))]
                ),
            ],
            PoolFigures(leased: 1)
        ),
        PoolScenario(
            "a connection that expires on loan is closed when it is given back",
            .of(1, life: .seconds(15)),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(
                    .connected(c(0)),
                    [.grant(c(0), to: w(0)), .rearm(timer(1), at: ms(16_000))]
                ),
                PoolStep(.timerFired(1), at: 16_000, []),
                PoolStep(.lease(w(0, 1)), at: 16_001, []),
                PoolStep(.returned(c(0)), at: 16_002, [.close(c(0)), .connect(c(1), for: w(0, 1))]),
            ],
            PoolFigures(connecting: 1, waiting: 1)
        ),
        PoolScenario(
            "an expired connection is not lent though the timer is late",
            .of(1, life: .seconds(15)),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(
                    .connected(c(0)),
                    [.grant(c(0), to: w(0)), .rearm(timer(1), at: ms(16_000))]
                ),
                PoolStep(.returned(c(0)), []),
                PoolStep(.lease(w(0, 1)), at: 16_000, [.close(c(0)), .connect(c(1), for: w(0, 1))]),
            ],
            PoolFigures(connecting: 1, waiting: 1)
        ),
        PoolScenario(
            "a connection is lent until the last moment of its life",
            .of(1, life: .seconds(15)),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(
                    .connected(c(0)),
                    [.grant(c(0), to: w(0)), .rearm(timer(1), at: ms(16_000))]
                ),
                PoolStep(.returned(c(0)), at: 15_998, []),
                PoolStep(.lease(w(0, 1)), at: 15_999, [.grant(c(0), to: w(0, 1))]),
            ],
            PoolFigures(leased: 1)
        ),
        PoolScenario(
            "without a lifetime nothing expires",
            .of(1),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.returned(c(0)), []),
                PoolStep(.lease(w(0, 1)), at: 1_000_000_000, [.grant(c(0), to: w(0, 1))]),
            ],
            PoolFigures(leased: 1)
        ),
        PoolScenario(
            "unused connections are closed one by one as their time comes; using one keeps it, and sets no timer",
            .of(2, idleTime: .seconds(60)),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), [.connect(c(1), for: w(1))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.connected(c(1)), [.grant(c(1), to: w(1))]),
                PoolStep(.returned(c(0)), at: 1_000, [.rearm(timer(1), at: ms(61_000))]),
                PoolStep(.returned(c(1)), at: 2_000, []),
                PoolStep(.lease(w(1, 1)), at: 30_000, [.grant(c(1), to: w(1, 1))]),
                PoolStep(.returned(c(1)), at: 31_000, []),
                PoolStep(.timerFired(1), at: 61_000, [.close(c(0)), .rearm(timer(2), at: ms(91_000))]),
                PoolStep(.timerFired(2), at: 91_000, [.close(c(1))]),
            ],
            PoolFigures()
        ),
        PoolScenario(
            "clients that share a pool: the larger numbers win",
            .of(1, waiting: 0),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), [.fail(w(1), .lineFull)]),
                PoolStep(.shared(.of(2, waiting: 1)), []),
                PoolStep(.lease(w(1, 1)), [.connect(c(1), for: w(1, 1))]),
                PoolStep(.lease(w(2)), []),
                PoolStep(.shared(.of(4)), [.connect(c(2), for: w(2))]),
                PoolStep(.shared(.of(1)), []),
            ],
            PoolFigures(connecting: 3, waiting: 3)
        ),
        PoolScenario(
            "clients that share a pool: the shorter lives win, also for connections that are open",
            .of(2),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), [.connect(c(1), for: w(1))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.connected(c(1), chance: 1), at: 1_000, [.grant(c(1), to: w(1))]),
                PoolStep(.returned(c(0)), at: 2_000, []),
                PoolStep(.returned(c(1)), at: 3_000, []),
                PoolStep(.shared(.of(1, life: .seconds(10))), at: 5_000, [.rearm(timer(1), at: ms(11_000))]),
                PoolStep(
                    .shared(.of(1, life: .seconds(2), idleTime: .seconds(60))),
                    at: 5_000,
                    [.close(c(0)), .rearm(timer(2), at: ms(6_000))]
                ),
                PoolStep(.timerFired(2), at: 6_000, [.close(c(1))]),
            ],
            PoolFigures()
        ),
    ]

    @Test("shutting down", arguments: shuttingDown)
    func shutsDown(_ scenario: PoolScenario) {
        scenario.play()
    }

    static let shuttingDown = [
        PoolScenario(
            "an empty pool is finished at once, and only once",
            .of(1),
            [PoolStep(.shutDown, [.finish]), PoolStep(.shutDown, [])],
            PoolFigures()
        ),
        PoolScenario(
            "those who wait fail in their order, what is being opened is called off, the timer ends",
            .of(1),
            [
                PoolStep(.lease(w(0), until: ms(50)), [.connect(c(0), for: w(0)), .rearm(timer(1), at: ms(50))]),
                PoolStep(.lease(w(1)), []),
                PoolStep(.shutDown, [.fail(w(0), .shutDown), .fail(w(1), .shutDown), .callOff(c(0)), .disarm]),
                PoolStep(.timerFired(1), at: 50, []),
                PoolStep(.connectFailed(c(0)), [.finish]),
            ],
            PoolFigures()
        ),
        PoolScenario(
            "idle connections are closed, one on loan when it is given back; the end is when all have closed",
            .of(2),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.lease(w(1)), [.connect(c(1), for: w(1))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.connected(c(1)), [.grant(c(1), to: w(1))]),
                PoolStep(.returned(c(0)), []),
                PoolStep(.shutDown, [.close(c(0))]),
                PoolStep(.closed(c(0)), []),
                PoolStep(.returned(c(1)), [.close(c(1))]),
                PoolStep(.closed(c(1)), [.finish]),
            ],
            PoolFigures()
        ),
        PoolScenario(
            "a connection that closes on loan does not hold up the end",
            .of(1),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.connected(c(0)), [.grant(c(0), to: w(0))]),
                PoolStep(.shutDown, []),
                PoolStep(.closed(c(0)), [.finish]),
            ],
            PoolFigures()
        ),
        PoolScenario(
            "a connection that opens in spite of being called off is closed before the end",
            .of(1),
            [
                PoolStep(.lease(w(0)), [.connect(c(0), for: w(0))]),
                PoolStep(.shutDown, [.fail(w(0), .shutDown), .callOff(c(0))]),
                PoolStep(.connected(c(0)), [.close(c(0))]),
                PoolStep(.closed(c(0)), [.finish]),
            ],
            PoolFigures()
        ),
        PoolScenario(
            "nothing is lent afterwards",
            .of(1),
            [
                PoolStep(.shutDown, [.finish]),
                PoolStep(.lease(w(0)), [.fail(w(0), .shutDown)]),
                PoolStep(.shared(.of(5)), []),
            ],
            PoolFigures()
        ),
    ]
}
