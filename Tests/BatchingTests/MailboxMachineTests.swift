import Testing

@testable import Batching

@Suite struct MailboxMachineTests {
    @Test("one mailbox", arguments: batching)
    func batches(_ scenario: MailboxScenario) {
        scenario.play()
    }

    static let batching = [
        MailboxScenario(
            "the first submission leaves at once, alone",
            [MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])])],
            [greeter: Gauges(inFlight: 1)]
        ),
        MailboxScenario(
            "what comes while a call is in flight leaves as one batch, in order",
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.submit(s(1), to: m(0)), []),
                MailboxStep(.submit(s(2), to: m(0), invocations: 3), []),
                MailboxStep(.submit(s(3), to: m(0)), []),
                MailboxStep(.answered(m(0)), [.settle(m(0), [s(0)]), .call(m(0), s(1...3))]),
                MailboxStep(.submit(s(4), to: m(0)), []),
                MailboxStep(.answered(m(0)), [.settle(m(0), s(1...3)), .call(m(0), [s(4)])]),
            ],
            [greeter: Gauges(inFlight: 1)]
        ),
        MailboxScenario(
            "a call that ends with nothing waiting makes no empty batch and leaves nothing behind",
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.answered(m(0)), [.settle(m(0), [s(0)]), .closeMailbox(m(0))]),
                MailboxStep(.open(m(1), s(1)), [.call(m(1), [s(1)])]),
            ],
            [greeter: Gauges(inFlight: 1)]
        ),
        MailboxScenario(
            "a failed call is settled like any other, and the next batch follows",
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.submit(s(1), to: m(0)), []),
                MailboxStep(.failed(m(0)), [.settle(m(0), [s(0)]), .call(m(0), [s(1)])]),
            ],
            [greeter: Gauges(inFlight: 1)]
        ),
        MailboxScenario(
            "a call that is reported as ended twice ends once",
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.answered(m(0)), [.settle(m(0), [s(0)]), .closeMailbox(m(0))]),
                MailboxStep(.answered(m(0)), []),
            ]
        ),
    ]

    @Test("maxNumBatchRequests", arguments: limiting)
    func limitsTheBatch(_ scenario: MailboxScenario) {
        scenario.play()
    }

    static let limiting = [
        MailboxScenario(
            "as many as the limit are collected beside the call in flight; the next sender waits until they have left",
            maxNumBatchRequests: 3,
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.submit(s(1), to: m(0)), []),
                MailboxStep(.submit(s(2), to: m(0)), []),
                MailboxStep(.submit(s(3), to: m(0)), []),
                MailboxStep(.submit(s(4), to: m(0)), [.hold(s(4))]),
                MailboxStep(.submit(s(5), to: m(0)), [.hold(s(5))]),
                MailboxStep(
                    .answered(m(0)),
                    [.settle(m(0), [s(0)]), .call(m(0), s(1...3)), .release(s(4...5))]
                ),
                MailboxStep(.submit(s(6), to: m(0)), []),
                MailboxStep(.submit(s(7), to: m(0)), [.hold(s(7))]),
            ],
            [greeter: Gauges(inFlight: 1, backlog: 4, blocked: 1)]
        ),
        MailboxScenario(
            "a limit of one collects one",
            maxNumBatchRequests: 1,
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.submit(s(1), to: m(0)), []),
                MailboxStep(.submit(s(2), to: m(0)), [.hold(s(2))]),
                MailboxStep(.answered(m(0)), [.settle(m(0), [s(0)]), .call(m(0), [s(1)]), .release([s(2)])]),
                MailboxStep(.answered(m(0)), [.settle(m(0), [s(1)]), .call(m(0), [s(2)])]),
            ],
            [greeter: Gauges(inFlight: 1)]
        ),
        MailboxScenario(
            "zero turns the limit off",
            maxNumBatchRequests: 0,
            [MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])])]
                + (1...5_000).map { MailboxStep(.submit(s($0), to: m(0)), []) }
                + [MailboxStep(.answered(m(0)), [.settle(m(0), [s(0)]), .call(m(0), s(1...5_000))])],
            [greeter: Gauges(inFlight: 1)]
        ),
        MailboxScenario(
            "a limit below zero is none",
            maxNumBatchRequests: -1,
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.submit(s(1), to: m(0)), []),
                MailboxStep(.submit(s(2), to: m(0)), []),
            ],
            [greeter: Gauges(inFlight: 1, backlog: 2)]
        ),
        MailboxScenario(
            "one address at its limit holds up no other",
            maxNumBatchRequests: 1,
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.answered(m(0)), [.settle(m(0), [s(0)]), .closeMailbox(m(0))]),
                MailboxStep(.open(m(1), s(1)), [.call(m(1), [s(1)])]),
                MailboxStep(.submit(s(2), to: m(1)), []),
                MailboxStep(.submit(s(3), to: m(1)), [.hold(s(3))]),
                MailboxStep(.open(m(2), s(4)), [.call(m(2), [s(4)])]),
                MailboxStep(.submit(s(5), to: m(2)), []),
            ],
            [greeter: Gauges(inFlight: 2, backlog: 3, blocked: 1)]
        ),
        MailboxScenario(
            "invocations count, not senders; what is submitted together leaves together",
            maxNumBatchRequests: 5,
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.submit(s(1), to: m(0), invocations: 3), []),
                MailboxStep(.submit(s(2), to: m(0), invocations: 3), [.hold(s(2))]),
                MailboxStep(.submit(s(3), to: m(0), invocations: 1), [.hold(s(3))]),
                MailboxStep(.answered(m(0)), [.settle(m(0), [s(0)]), .call(m(0), [s(1)]), .release(s(2...3))]),
            ],
            [greeter: Gauges(inFlight: 1, backlog: 4)]
        ),
        MailboxScenario(
            "a submission larger than the limit leaves alone",
            maxNumBatchRequests: 2,
            [
                MailboxStep(.open(m(0), s(0), invocations: 9), [.call(m(0), [s(0)])]),
                MailboxStep(.submit(s(1), to: m(0)), []),
                MailboxStep(.submit(s(2), to: m(0), invocations: 5), [.hold(s(2))]),
                MailboxStep(.submit(s(3), to: m(0)), [.hold(s(3))]),
                MailboxStep(.answered(m(0)), [.settle(m(0), [s(0)]), .call(m(0), [s(1)]), .release([s(2)])]),
                MailboxStep(.answered(m(0)), [.settle(m(0), [s(1)]), .call(m(0), [s(2)]), .release([s(3)])]),
            ],
            [greeter: Gauges(inFlight: 1, backlog: 1)]
        ),
    ]

    @Test("senders that leave", arguments: cancelling)
    func forgetsWhoLeaves(_ scenario: MailboxScenario) {
        scenario.play()
    }

    static let cancelling = [
        MailboxScenario(
            "a collected submission that is cancelled makes room for the next held one; order stays",
            maxNumBatchRequests: 2,
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.submit(s(1), to: m(0)), []),
                MailboxStep(.submit(s(2), to: m(0)), []),
                MailboxStep(.submit(s(3), to: m(0)), [.hold(s(3))]),
                MailboxStep(.submit(s(4), to: m(0)), [.hold(s(4))]),
                MailboxStep(.cancel(s(1), in: m(0)), [.release([s(3)])]),
                MailboxStep(.answered(m(0)), [.settle(m(0), [s(0)]), .call(m(0), s(2...3)), .release([s(4)])]),
            ],
            [greeter: Gauges(inFlight: 1, backlog: 1)]
        ),
        MailboxScenario(
            "a held submission that is cancelled holds nobody up",
            maxNumBatchRequests: 2,
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.submit(s(1), to: m(0)), []),
                MailboxStep(.submit(s(2), to: m(0), invocations: 2), [.hold(s(2))]),
                MailboxStep(.submit(s(3), to: m(0)), [.hold(s(3))]),
                MailboxStep(.cancel(s(2), in: m(0)), [.release([s(3)])]),
                MailboxStep(.cancel(s(2), in: m(0)), []),
            ],
            [greeter: Gauges(inFlight: 1, backlog: 2)]
        ),
        MailboxScenario(
            "a call goes on as long as one of its senders waits, who alone gets its outcome",
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.submit(s(1), to: m(0)), []),
                MailboxStep(.submit(s(2), to: m(0)), []),
                MailboxStep(.answered(m(0)), [.settle(m(0), [s(0)]), .call(m(0), s(1...2))]),
                MailboxStep(.cancel(s(1), in: m(0)), []),
                MailboxStep(.answered(m(0)), [.settle(m(0), [s(2)]), .closeMailbox(m(0))]),
            ]
        ),
        MailboxScenario(
            "a call that nobody waits for any more is cancelled, once, and the next begins when it has ended",
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.submit(s(1), to: m(0)), []),
                MailboxStep(.cancel(s(0), in: m(0)), [.cancelCall(m(0))]),
                MailboxStep(.cancel(s(0), in: m(0)), []),
                MailboxStep(.submit(s(2), to: m(0)), []),
                MailboxStep(.failed(m(0)), [.call(m(0), s(1...2))]),
            ],
            [greeter: Gauges(inFlight: 1)]
        ),
        MailboxScenario(
            "an address whose every sender has left is never called",
            maxInFlight: 1,
            [
                MailboxStep(.open(m(0), s(0)), [.call(m(0), [s(0)])]),
                MailboxStep(.open(m(1), s(1)), [.hold(s(1))]),
                MailboxStep(.open(m(2), s(2)), [.hold(s(2))]),
                MailboxStep(.submit(s(3), to: m(1)), [.hold(s(3))]),
                MailboxStep(.cancel(s(1), in: m(1)), []),
                MailboxStep(.cancel(s(3), in: m(1)), [.closeMailbox(m(1))]),
                MailboxStep(
                    .answered(m(0)),
                    [.settle(m(0), [s(0)]), .closeMailbox(m(0)), .call(m(2), [s(2)]), .release([s(2)])]
                ),
            ],
            [greeter: Gauges(inFlight: 1)]
        ),
    ]
}
