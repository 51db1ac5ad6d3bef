import Testing

@testable import TransportCore

@Suite struct RetryPolicyTests {
    private static let plain = RetryPolicy(firstPause: .milliseconds(10), maxPause: .seconds(1), jitter: 0)

    @Test(
        "each pause is twice as long as the one before, up to the cap",
        arguments: [
            (1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (6, 320), (7, 640), (8, 1000), (9, 1000), (64, 1000), (65, 1000),
            (1_000_000_000, 1000),
        ]
    )
    func doubling(attempt: Int, milliseconds: Int) {
        #expect(Self.plain.pause(after: attempt, chance: 1) == .milliseconds(milliseconds))
    }

    @Test("a cap below the first pause holds for the first one too")
    func lowCap() {
        let policy = RetryPolicy(firstPause: .seconds(5), maxPause: .seconds(2), jitter: 0)
        #expect(policy.pause(after: 1, chance: 0) == .seconds(2))
        #expect(policy.pause(after: 2, chance: 0) == .seconds(2))
    }

    @Test(
        "chance shortens a pause by at most the share that jitter says",
        arguments: [
            (0.5, 0.0, 1000), (0.5, 0.5, 750), (0.5, 1.0, 500), (1.0, 1.0, 0), (0.0, 1.0, 1000), (0.25, 1.0, 750),
            // What lies outside is taken for the nearest sensible number.
            (7.0, 1.0, 0), (-1.0, 1.0, 1000), (0.5, 2.0, 500), (0.5, -1.0, 1000),
        ]
    )
    func jitter(jitter: Double, chance: Double, milliseconds: Int) {
        let policy = RetryPolicy(firstPause: .seconds(1), maxPause: .seconds(1), jitter: jitter)
        #expect(policy.pause(after: 1, chance: chance) == .milliseconds(milliseconds))
    }

    @Test("the longest duration that can be written is a pause like others")
    func longest() {
        let longest = Duration.nanoseconds(Int64.max)
        let policy = RetryPolicy(firstPause: longest, maxPause: longest, jitter: 0.5)
        #expect(policy.pause(after: 1, chance: 0) == longest)
        #expect(policy.pause(after: 64, chance: 0) == longest)
        #expect(policy.pause(after: 64, chance: 1) < longest)
    }

    @Test("the defaults are a cap of 10 s and a jitter of a half")
    func defaults() {
        let policy = RetryPolicy(firstPause: .milliseconds(4))
        #expect(policy.maxPause == .seconds(10))
        #expect(policy.jitter == 0.5)
        #expect(!policy.retriesEverything)
    }

    private static let final: [RequestReplyFailure.Kind] = [
        .certificateRefused, .finalStatus, .redirect, .contentType, .malformedResponse, .malformedMessage, .responseTooLarge,
    ]
    private static let never: [RequestReplyFailure.Kind] = [.requestTooLarge, .protocolBroken, .misconfigured, .cancelled, .shutDown]
    private static let passing: [RequestReplyFailure.Kind] = [
        .nameNotResolved, .connectFailed, .handshakeFailed, .staleConnection, .connectionLost, .timedOut, .budgetSpent,
        .passingStatus, .poolExhausted, .transport,
    ]

    @Test("what may pass is retried by every policy", arguments: passing)
    func retried(kind: RequestReplyFailure.Kind) {
        #expect(Self.plain.retries(kind))
    }

    @Test("what a retry is not known to help is retried only by a policy that retries everything", arguments: final)
    func retriedOnDemand(kind: RequestReplyFailure.Kind) {
        #expect(!Self.plain.retries(kind))
        #expect(RetryPolicy(firstPause: .milliseconds(10), retriesEverything: true).retries(kind))
    }

    @Test("what cannot change is retried by no policy", arguments: never)
    func neverRetried(kind: RequestReplyFailure.Kind) {
        #expect(!Self.plain.retries(kind))
        #expect(!RetryPolicy(firstPause: .milliseconds(10), retriesEverything: true).retries(kind))
    }
}
