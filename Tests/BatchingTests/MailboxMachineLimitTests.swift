import Testing

@testable import Batching

@Suite struct MailboxMachineLimitTests {
    @Test("calls in flight", arguments: limiting)
    func limitsCallsInFlight(_ scenario: MailboxScenario) {
        scenario.play()
    }

    /// The function types are known to answer, so that only the limit is at work.
    private static func warmUp(_ group: GroupID, _ mailbox: UInt64, _ submission: UInt64) -> [MailboxStep] {
        [
            MailboxStep(.open(m(mailbox), s(submission), of: group), [.call(m(mailbox), [s(submission)])]),
            MailboxStep(.answered(m(mailbox)), [.settle(m(mailbox), [s(submission)]), .closeMailbox(m(mailbox))]),
        ]
    }

    static let limiting = [
        MailboxScenario(
            "exactly as many as the limit are in flight; who comes next waits in line, first come first served",
            maxInFlight: 2,
            warmUp(greeter, 0, 0) + [
                MailboxStep(.open(m(1), s(1)), [.call(m(1), [s(1)])]),
                MailboxStep(.open(m(2), s(2)), [.call(m(2), [s(2)])]),
                MailboxStep(.open(m(3), s(3)), [.hold(s(3))]),
                MailboxStep(.open(m(4), s(4)), [.hold(s(4))]),
                MailboxStep(
                    .answered(m(2)),
                    [.settle(m(2), [s(2)]), .closeMailbox(m(2)), .call(m(3), [s(3)]), .release([s(3)])]
                ),
            ],
            [greeter: Gauges(inFlight: 2, backlog: 1, blocked: 1)]
        ),
        MailboxScenario(
            "at the limit, senders to an address with a call in flight go on, those to other addresses wait",
            maxInFlight: 1,
            warmUp(greeter, 0, 0) + [
                MailboxStep(.open(m(1), s(1)), [.call(m(1), [s(1)])]),
                MailboxStep(.submit(s(2), to: m(1)), []),
                MailboxStep(.open(m(2), s(3)), [.hold(s(3))]),
                MailboxStep(.submit(s(4), to: m(2)), [.hold(s(4))]),
            ],
            [greeter: Gauges(inFlight: 1, backlog: 3, blocked: 1)]
        ),
        MailboxScenario(
            "an address that has had its call goes to the end of the line, and what it collected meanwhile leaves as one",
            maxInFlight: 1,
            warmUp(greeter, 0, 0) + [
                MailboxStep(.open(m(1), s(1)), [.call(m(1), [s(1)])]),
                MailboxStep(.submit(s(2), to: m(1)), []),
                MailboxStep(.open(m(2), s(3)), [.hold(s(3))]),
                MailboxStep(.answered(m(1)), [.settle(m(1), [s(1)]), .call(m(2), [s(3)]), .release([s(3)])]),
                MailboxStep(.submit(s(4), to: m(1)), [.hold(s(4))]),
                MailboxStep(
                    .answered(m(2)),
                    [.settle(m(2), [s(3)]), .closeMailbox(m(2)), .call(m(1), [s(2), s(4)]), .release([s(4)])]
                ),
            ],
            [greeter: Gauges(inFlight: 1)]
        ),
        MailboxScenario(
            "what waits in line leaves in batches no larger than maxNumBatchRequests",
            maxInFlight: 1,
            maxNumBatchRequests: 2,
            warmUp(greeter, 0, 0) + [
                MailboxStep(.open(m(1), s(1)), [.call(m(1), [s(1)])]),
                MailboxStep(.open(m(2), s(2)), [.hold(s(2))]),
                MailboxStep(.submit(s(3), to: m(2)), [.hold(s(3))]),
                MailboxStep(.submit(s(4), to: m(2)), [.hold(s(4))]),
                MailboxStep(
                    .answered(m(1)),
                    [.settle(m(1), [s(1)]), .closeMailbox(m(1)), .call(m(2), s(2...3)), .release(s(2...4))]
                ),
            ],
            [greeter: Gauges(inFlight: 1, backlog: 1)]
        ),
        MailboxScenario(
            "a limit below one call is one call",
            maxInFlight: 0,
            warmUp(greeter, 0, 0) + [
                MailboxStep(.open(m(1), s(1)), [.call(m(1), [s(1)])]),
                MailboxStep(.open(m(2), s(2)), [.hold(s(2))]),
            ],
            [greeter: Gauges(inFlight: 1, backlog: 1, blocked: 1)]
        ),
    ]

    @Test("the first call for a function type", arguments: firstCall)
    func letsTheFirstCallGoAlone(_ scenario: MailboxScenario) {
        scenario.play()
    }

    static let firstCall = [
        MailboxScenario(
            "it goes alone; the others of that type follow when it has succeeded, other types are not concerned",
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.open(m(1), s(1)), [.hold(s(1))]),
                MailboxStep(.open(m(2), s(2)), [.hold(s(2))]),
                MailboxStep(.open(m(3), s(3), of: counter), [.call(m(3), [s(3)])]),
                MailboxStep(.submit(s(4), to: m(0)), []),
                MailboxStep(.submit(s(5), to: m(1)), [.hold(s(5))]),
                MailboxStep(
                    .answered(m(0)),
                    [
                        .settle(m(0), [s(0)]),
                        .call(m(1), [s(1), s(5)]), .release([s(1), s(5)]),
                        .call(m(2), [s(2)]), .release([s(2)]),
                        .call(m(0), [s(4)]),
                    ]
                ),
                MailboxStep(.open(m(4), s(6)), [.call(m(4), [s(6)])]),
            ],
            [greeter: Gauges(inFlight: 4), counter: Gauges(inFlight: 1)]
        ),
        MailboxScenario(
            "where it fails, the next address tries alone",
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.open(m(1), s(1)), [.hold(s(1))]),
                MailboxStep(.open(m(2), s(2)), [.hold(s(2))]),
                MailboxStep(.submit(s(3), to: m(0)), []),
                MailboxStep(.failed(m(0)), [.settle(m(0), [s(0)]), .call(m(1), [s(1)]), .release([s(1)])]),
                MailboxStep(
                    .answered(m(1)),
                    [
                        .settle(m(1), [s(1)]), .closeMailbox(m(1)),
                        .call(m(2), [s(2)]), .release([s(2)]),
                        .call(m(0), [s(3)]),
                    ]
                ),
            ],
            [greeter: Gauges(inFlight: 2)]
        ),
        MailboxScenario(
            "where it fails and nobody else waits, its own next batch tries",
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.submit(s(1), to: m(0)), []),
                MailboxStep(.failed(m(0)), [.settle(m(0), [s(0)]), .call(m(0), [s(1)])]),
                MailboxStep(.open(m(1), s(2)), [.hold(s(2))]),
            ],
            [greeter: Gauges(inFlight: 1, backlog: 1, blocked: 1)]
        ),
        MailboxScenario(
            "nothing is remembered of a type that has never answered and that nobody calls",
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.failed(m(0)), [.settle(m(0), [s(0)]), .closeMailbox(m(0)), .closeGroup(greeter)]),
                MailboxStep(.open(m(1), s(1)), [.call(m(1), [s(1)])]),
            ],
            [greeter: Gauges(inFlight: 1)]
        ),
        MailboxScenario(
            "once it has succeeded, a failure closes the gate no more",
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.answered(m(0)), [.settle(m(0), [s(0)]), .closeMailbox(m(0))]),
                MailboxStep(.open(m(1), s(1)), [.call(m(1), [s(1)])]),
                MailboxStep(.failed(m(1)), [.settle(m(1), [s(1)]), .closeMailbox(m(1))]),
                MailboxStep(.open(m(2), s(2)), [.call(m(2), [s(2)])]),
                MailboxStep(.open(m(3), s(3)), [.call(m(3), [s(3)])]),
            ],
            [greeter: Gauges(inFlight: 2)]
        ),
        MailboxScenario(
            "when the address whose turn it is to try leaves the line, one that waited behind the gate takes its turn",
            maxInFlight: 2,
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.open(m(1), s(1)), [.hold(s(1))]),
                MailboxStep(.open(m(2), s(2)), [.hold(s(2))]),
                MailboxStep(.open(m(3), s(3), of: counter), [.call(m(3), [s(3)])]),
                MailboxStep(.open(m(4), s(4), of: teller), [.hold(s(4))]),
                MailboxStep(
                    .failed(m(0)),
                    [.settle(m(0), [s(0)]), .closeMailbox(m(0)), .call(m(4), [s(4)]), .release([s(4)])]
                ),
                MailboxStep(.cancel(s(1), in: m(1)), [.closeMailbox(m(1))]),
                MailboxStep(
                    .answered(m(3)),
                    [.settle(m(3), [s(3)]), .closeMailbox(m(3)), .call(m(2), [s(2)]), .release([s(2)])]
                ),
            ],
            [greeter: Gauges(inFlight: 1), teller: Gauges(inFlight: 1)]
        ),
        MailboxScenario(
            "an address that leaves behind the gate is passed over",
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.open(m(1), s(1)), [.hold(s(1))]),
                MailboxStep(.open(m(2), s(2)), [.hold(s(2))]),
                MailboxStep(.cancel(s(1), in: m(1)), [.closeMailbox(m(1))]),
                MailboxStep(
                    .failed(m(0)),
                    [.settle(m(0), [s(0)]), .closeMailbox(m(0)), .call(m(2), [s(2)]), .release([s(2)])]
                ),
            ],
            [greeter: Gauges(inFlight: 1)]
        ),
    ]

    @Test("shutting down", arguments: shuttingDown)
    func shutsDown(_ scenario: MailboxScenario) {
        scenario.play()
    }

    static let shuttingDown = [
        MailboxScenario(
            "with nothing in flight it is over at once",
            [
                MailboxStep(.shutDown, [.finish]),
                MailboxStep(.shutDown, []),
                MailboxStep(.submitInVain, []),
            ]
        ),
        MailboxScenario(
            "calls in flight go on to their end; what waits is refused, collected or held, in line or behind the gate",
            maxInFlight: 2,
            maxNumBatchRequests: 1,
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.open(m(1), s(1)), [.hold(s(1))]),
                MailboxStep(.open(m(2), s(2), of: counter), [.call(m(2), [s(2)])]),
                MailboxStep(.open(m(3), s(3), of: counter), [.hold(s(3))]),
                MailboxStep(.submit(s(4), to: m(0)), []),
                MailboxStep(.submit(s(5), to: m(0)), [.hold(s(5))]),
                MailboxStep(
                    .shutDown,
                    [
                        .refuse(s(4...5)),
                        .refuse([s(1)]), .closeMailbox(m(1)),
                        .refuse([s(3)]), .closeMailbox(m(3)),
                    ]
                ),
                MailboxStep(.answered(m(0)), [.settle(m(0), [s(0)]), .closeMailbox(m(0))]),
                MailboxStep(.cancel(s(2), in: m(2)), [.cancelCall(m(2))]),
                MailboxStep(.failed(m(2)), [.closeMailbox(m(2)), .closeGroup(counter), .finish]),
            ]
        ),
    ]
}
