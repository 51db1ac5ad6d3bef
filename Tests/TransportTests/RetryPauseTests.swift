import TestSupport
import Testing
import TransportCore

/// How long is waited before an attempt is made again.
@Suite struct RetryPauseTests {
    /// What a server answers that is never better.
    private static func refusals(_ count: Int) -> [RawServer.Step] {
        Array(repeating: [RawServer.Step.readRequest, .status(503)], count: count).flatMap { $0 } + [.readRequest, .status(404)]
    }

    /// Makes a call whose attempts are followed by these pauses, and returns how it failed.
    private func fail(_ world: TransportWorld, _ spec: String, pauses: [Duration]) async throws -> RequestReplyFailure {
        let server = try await RawServer.start(.tcp, Self.refusals(pauses.count))
        let call = world.call(try world.client(server, spec: spec))
        for pause in pauses {
            try await world.loop.advanceWhenDue(by: pause)
        }
        let failure = try await world.failure(call)
        #expect(failure.kind == .finalStatus)
        try await world.finish(server)
        return failure
    }

    @Test("pauses begin with the transport's own and double", arguments: Wiring.allCases)
    func doubling(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let first = wiring == .async ? 4 : 10
        let pauses = (0..<8).map { Duration.milliseconds(first << $0) }
        let failure = try await fail(world, wiring.spec(), pauses: pauses)
        #expect(failure.attempts.map(\.pause) == pauses + [nil])
        #expect(failure.elapsed == .milliseconds(255 * first))
        #expect(failure.attempts.map(\.offset) == (0...8).map { .milliseconds(((1 << $0) - 1) * first) })
    }

    @Test("pauses get no longer than retry.max_pause", arguments: Wiring.allCases)
    func cap(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let spec = wiring.spec(retry: ["first_pause: 100ms", "max_pause: 350ms"])
        let pauses = [100, 200, 350, 350].map { Duration.milliseconds($0) }
        let failure = try await fail(world, spec, pauses: pauses)
        #expect(failure.attempts.map(\.pause) == pauses + [nil])
        #expect(failure.elapsed == .seconds(1))
    }

    @Test("chance takes no more of a pause than retry.jitter says", arguments: Wiring.allCases, ["0.25", "1"])
    func jitter(wiring: Wiring, share: String) async throws {
        let world = TransportWorld(wiring)
        let spec = "retry:\n  jitter: \(share)\n  first_pause: 100ms\n  max_pause: 100ms"
        let server = try await RawServer.start(.tcp, Self.refusals(6))
        let call = world.call(try world.client(server, spec: spec))
        for _ in 0..<6 {
            try await world.loop.advanceToNext(within: .milliseconds(100))
        }
        let failure = try await world.failure(call)
        let pauses = failure.attempts.dropLast().compactMap(\.pause)
        #expect(pauses.count == 6)
        let shortest = share == "1" ? Duration.zero : .milliseconds(75)
        #expect(pauses.allSatisfy { shortest <= $0 && $0 <= .milliseconds(100) })
        #expect(failure.elapsed == pauses.reduce(.zero, +))
        try await world.finish(server)
    }

    @Test(
        "Retry-After is kept to, in seconds and as a date, where it is longer than the pause would be",
        arguments: Wiring.allCases,
        [("2", 2000), ("0", 100), ("Sun, 06 Nov 1994 08:49:40 GMT", 3000), ("Sun, 06 Nov 1994 08:49:00 GMT", 100), ("soon", 100)]
    )
    func retryAfter(wiring: Wiring, asked: (field: String, milliseconds: Int)) async throws {
        let world = TransportWorld(wiring)
        let fields = ["date: Sun, 06 Nov 1994 08:49:37 GMT", "retry-after: \(asked.field)"]
        let server = try await RawServer.start(
            .tcp,
            [.readRequest, .respond("503 No", fields), .readRequest, .respond("429 No", fields), .readRequest, .status(404)]
        )
        let spec = wiring.spec(retry: ["first_pause: 100ms", "max_pause: 100ms"])
        let call = world.call(try world.client(server, spec: spec))
        try await world.loop.advanceWhenDue(by: .milliseconds(asked.milliseconds))
        try await world.loop.advanceWhenDue(by: .milliseconds(asked.milliseconds))
        let failure = try await world.failure(call)
        let pause = Duration.milliseconds(asked.milliseconds)
        #expect(failure.attempts.map(\.pause) == [pause, pause, nil])
        #expect(failure.elapsed == pause * 2)
        try await world.finish(server)
    }

    @Test("Retry-After that asks for more than the call has ends it at once, and says so", arguments: Wiring.allCases)
    func retryAfterTooLong(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, [.readRequest, .status(503, retryAfter: "3")])
        let failure = try await world.failure(world.call(try world.client(server, spec: wiring.spec("call: 3s"))))
        #expect(failure.kind == .passingStatus)
        #expect(failure.elapsed == .zero)
        #expect(
            failure.message == "the answer has status 503 Service Unavailable; it asks to wait 3 s, and"
                + " the call limit of 3 s (\(wiring.place(1))) leaves no time for another attempt"
        )
        try await world.finish(server)
    }

    @Test("a pause that is shortened for want of time is no shorter than the peer asks for", arguments: Wiring.allCases)
    func retryAfterShortened(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(
            .tcp,
            [
                .readRequest, .status(503), .readRequest, .status(503), .readRequest, .status(503, retryAfter: "2"), .readRequest,
                .status(404),
            ]
        )
        // The third pause would be 4 s, of which the call has 3; half of those is less than what the peer asks for.
        let call = world.call(try world.client(server, spec: wiring.spec("call: 6s", retry: ["first_pause: 1s"])))
        for seconds in [1, 2, 2] {
            try await world.loop.advanceWhenDue(by: .seconds(seconds))
        }
        let failure = try await world.failure(call)
        #expect(failure.attempts.map(\.pause) == [.seconds(1), .seconds(2), .seconds(2), nil])
        try await world.finish(server)
    }

    @Test("an attempt is made as long as a millisecond is left for it, and none in less", arguments: Wiring.allCases)
    func leastRest(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let spec = wiring.spec("call: 3s", retry: ["first_pause: 1ms"])
        for (rest, attempts) in [(2000, 2), (1999, 1)] {
            let answer = Gate()
            let server = try await RawServer.start(.tcp, [.readRequest, .wait(answer), .status(503), .readRequest, .status(404)])
            let call = world.call(try world.client(server, spec: spec))
            _ = try await server.connection()
            try await world.loop.catchUp()
            try await world.loop.advance(by: .seconds(3) - .microseconds(rest))
            answer.open()
            if attempts == 2 { try await world.loop.advanceWhenDue(by: .milliseconds(1)) }
            let failure = try await world.failure(call)
            #expect(failure.attemptCount == attempts)
            #expect(failure.elapsed == .seconds(3) - .microseconds(attempts == 2 ? 1000 : rest))
        }
        try await world.finish()
    }
}
