import TestSupport
import Testing
import TransportCore

/// The limit of a call as a whole. That it ends connecting, sending and reading as well is said where those are.
@Suite struct CallLimitTests {
    @Test("waiting for a thread counts")
    func waitingForThread() async throws {
        let world = TransportWorld(.blocking, threads: 1)
        let answer = Gate()
        let server = try await RawServer.start(.tcp, [.readRequest, .wait(answer), .sendResult([0x41])])
        let first = world.call(try world.client(server, spec: Wiring.blocking.spec("call: 60s")))
        _ = try await server.connection()
        let second = world.call(try world.client(server, spec: Wiring.blocking.spec("call: 3s")))
        try await world.loop.scheduled(by: world.start.advanced(by: .seconds(3)))
        try await world.loop.advance(by: .seconds(3))
        let failure = try await world.failure(second)
        #expect(failure.kind == .budgetSpent)
        #expect(failure.elapsed == .seconds(3))
        #expect(failure.message == "the call limit of 3 s (module.yaml:2:3) passed while the call waited for one of the 1 threads")
        #expect(failure.endpoint == "http://127.0.0.1:\(server.port)/functions")
        answer.open()
        #expect(try await first.value.get() == "A")
        #expect(server.connectionCount == 1)
        try await world.finish(server)
    }

    @Test("waiting in the line of the pool counts")
    func waitingInLine() async throws {
        let world = TransportWorld(.async)
        let answer = Gate()
        let server = try await RawServer.start(.tcp, [.readRequest, .wait(answer), .sendResult([0x41])])
        let size = ["pool_size: 1"]
        let first = world.call(try world.client(server, spec: Wiring.async.spec("call: 60s", other: size)))
        _ = try await server.connection()
        let second = world.call(try world.client(server, spec: Wiring.async.spec("call: 3s", other: size)))
        try await world.loop.scheduled(by: world.start.advanced(by: .seconds(3)))
        try await world.loop.advance(by: .seconds(3))
        let failure = try await world.failure(second)
        #expect(failure.kind == .budgetSpent)
        #expect(failure.elapsed == .seconds(3))
        #expect(
            failure.message == "the call limit of 3 s (module.yaml:1:1) passed while waiting for the only connection to"
                + " 127.0.0.1:\(server.port)"
        )
        answer.open()
        #expect(try await first.value.get() == "A")
        try await world.finish(server)
    }

    /// A call with 3 s whose peer redirects it when some of the time has passed, and then says nothing more.
    private func callRedirected(
        _ world: TransportWorld,
        after wait: Duration
    ) async throws -> (server: RawServer, call: Task<Result<String, RequestReplyFailure>, Never>) {
        let redirect = Gate()
        let server = try await RawServer.start(.tcp, [.readRequest, .wait(redirect), .redirect(307, to: "/elsewhere"), .readRequest])
        let call = world.call(try world.client(server, spec: Wiring.blocking.spec("call: 3s")))
        _ = try await server.connection()
        try await world.loop.catchUp()
        try await world.loop.advance(by: wait)
        redirect.open()
        return (server, call)
    }

    @Test("an answer to be waited for after a redirect has what the redirect left")
    func redirected() async throws {
        let world = TransportWorld(.blocking)
        let (server, call) = try await callRedirected(world, after: .seconds(1))
        try await server.connection().scriptEnded()
        try await world.loop.advance(by: .seconds(2))
        let failure = try await world.failure(call)
        #expect(failure.kind == .budgetSpent)
        #expect(failure.elapsed == .seconds(3))
        #expect(failure.attemptCount == 1)
        #expect(failure.message.hasPrefix("the call limit of 3 s (module.yaml:2:3) passed while the answer was awaited"))
        try await world.finish(server)
    }

    @Test("a redirect that comes when no time is left is not followed")
    func redirectedTooLate() async throws {
        let world = TransportWorld(.blocking)
        let (server, call) = try await callRedirected(world, after: .microseconds(2_999_500))
        let failure = try await world.failure(call)
        #expect(failure.kind == .budgetSpent)
        #expect(failure.elapsed == .microseconds(2_999_500))
        #expect(failure.message == "the call limit of 3 s (module.yaml:2:3) passed while redirects were followed")
        try await world.finish(server)
    }

    @Test("attempts and pauses together take no longer than the call, however often it is tried", arguments: Wiring.allCases)
    func retried(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let spec = wiring.spec("call: 3s", "connect: 500ms", retry: ["first_pause: 100ms"])
        world.resolver.set("a.example", .held(.unknown(), until: Gate()))
        let call = world.call(try world.client("http://a.example/", spec: spec))
        try await world.resolver.asked("a.example", times: 1)
        // 100, 200 and 400 ms of pauses.
        for (index, pause) in [100, 200, 400].enumerated() {
            try await world.loop.advance(by: .milliseconds(500))
            try await world.loop.advanceWhenDue(by: .milliseconds(pause))
            try await world.resolver.asked("a.example", times: index + 2)
        }
        try await world.loop.advance(by: .milliseconds(500))
        // What is left after four attempts is 300 ms, of which the next pause takes half.
        try await world.loop.advanceWhenDue(by: .milliseconds(150))
        try await world.resolver.asked("a.example", times: 5)
        try await world.loop.advance(by: .milliseconds(150))
        let failure = try await world.failure(call)
        #expect(failure.kind == .budgetSpent)
        #expect(failure.elapsed == .seconds(3))
        #expect(failure.attempts.map(\.pause) == [.milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(150), nil])
        try await world.finish()
    }

    @Test("a pause that the rest of the call has no room for is not begun", arguments: Wiring.allCases)
    func pausing(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, [.readRequest, .status(503), .readRequest, .status(503)])
        let call = world.call(try world.client(server, spec: wiring.spec("call: 3s", retry: ["first_pause: 2s", "max_pause: 2s"])))
        try await world.loop.advanceWhenDue(by: .seconds(2))
        let failure = try await world.failure(call)
        #expect(failure.kind == .passingStatus)
        #expect(failure.elapsed == .seconds(2))
        #expect(
            failure.message == "the answer has status 503 Service Unavailable;"
                + " the call limit of 3 s (\(wiring.place(1))) leaves no time for another attempt"
        )
        try await world.finish(server)
    }
}
