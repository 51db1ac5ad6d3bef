import NIOCore
import TestSupport
import Testing

@testable import TransportCore

/// What calls tell metrics and logs.
@Suite struct CallReportTests {
    private static let secret = "s3cr3t"

    @Test("every attempt is logged with endpoint, address and number, a failed one with why and what follows")
    func attempts() throws {
        let world = try CallWorld()
        _ = world.call()
        world.fail(world.grant(), .connectionLost)
        world.loop.advance(by: .milliseconds(10))
        world.answer(world.grant(), 200, "answer")
        let texts = world.log.entries.map(\.text)
        let whom = "address=com.example/greeter/Bob"
        #expect(
            texts == [
                "debug attempt failed \(whom) attempt=1 endpoint=http://h/greeter kind=connection lost next=in 10 ms reason=connection lost",
                "trace attempt answered \(whom) attempt=2 endpoint=http://h/greeter",
            ]
        )
    }

    @Test("the last failure says that nothing follows")
    func lastAttempt() throws {
        let world = try CallWorld()
        _ = world.call()
        world.answer(world.grant(), 404)
        #expect(world.log.entries.map { $0.metadata["next"] } == ["none"])
    }

    @Test(
        "nothing that a peer has sent gets into a log but the place that a redirect leads to, though the caller sees it",
        arguments: [
            (301, "x", "http://elsewhere/?key=\(secret)"), (303, "x", "http://\(secret)@elsewhere/"), (200, secret, nil),
        ] as [(Int, String, String?)]
    )
    func peersWords(status: Int, mediaType: String, location: String?) throws {
        let world = try CallWorld()
        let call = world.call(Self.secret)
        let connection = world.grant()
        let response = ExchangeResponse(
            status: status,
            mediaType: .other(mediaType),
            location: location,
            body: ByteBuffer(string: Self.secret)
        )
        connection.end(.success(response))
        world.loop.runQueued()
        #expect(call.failure?.message.contains(Self.secret) == true)
        #expect(world.log.entries.count == 1)
        #expect(!world.log.entries.contains { $0.text.contains(Self.secret) })
        #expect(world.log.entries[0].text.contains("'http://elsewhere/'") == (location != nil))
    }

    @Test("the query of the URL, which may hold a key, gets into no log")
    func query() throws {
        let world = try CallWorld(url: "http://h/greeter?code=\(Self.secret)")
        _ = world.call()
        world.fail(world.grant(), .misconfigured)
        #expect(world.log.entries.map { $0.metadata["endpoint"] } == ["http://h/greeter"])
        #expect(!world.log.entries.contains { $0.text.contains(Self.secret) })
    }

    @Test("redirects that are followed belong to one attempt, which is reported once")
    func redirects() throws {
        let target = try CallWorld()
        let world = try CallWorld(redirecting: { [setup = target.setup] _, _ in .success(setup.route) })
        _ = world.call()
        world.loop.advance(by: .milliseconds(2))
        world.answer(world.grant(), 307, location: "http://elsewhere/")
        target.loop.runQueued()
        #expect(world.metrics.attempts.isEmpty)
        world.loop.advance(by: .milliseconds(3))
        target.answer(target.grant(), 200, "answer")
        world.loop.runQueued()
        #expect(world.metrics.attempts.map(\.milliseconds) == [5])
        #expect(world.metrics.attemptOutcomes == [nil])
    }

    @Test("an attempt that is cut off is heard of with the time that it had; a pause that is cut off is none")
    func cutOff() throws {
        let world = try CallWorld()
        let call = world.call()
        _ = world.grant()
        world.loop.advance(by: .milliseconds(6))
        call.cancel()
        world.loop.runQueued()
        #expect(world.metrics.attemptOutcomes == [.cancelled])
        #expect(world.metrics.attempts.map(\.milliseconds) == [6])

        let pausing = world.call()
        world.fail(world.grant(), .timedOut)
        pausing.cancel()
        world.loop.runQueued()
        #expect(world.metrics.attemptOutcomes == [.cancelled, .timedOut])
    }

    @Test("a call is reported once, with the time that it took and how it ended, before whoever waits for it hears of that")
    func calls() throws {
        let world = try CallWorld()
        _ = world.call()
        let connection = world.grant()
        world.loop.advance(by: .milliseconds(7))
        world.answer(connection, 200, "answer")
        let cancelled = world.call()
        cancelled.cancel()
        world.loop.runQueued()
        world.prepare().runner.end(unstarted: RequestReplyFailure(.shutDown, "shut down"))
        #expect(world.metrics.callOutcomes == [nil, .cancelled, .shutDown])
        #expect(world.metrics.calls.map(\.milliseconds) == [7, 0, 0])
        #expect(world.metrics.calls.allSatisfy { $0.functionType == "com.example/greeter" })
    }

    @Test("a task that waits for a call is resumed with its end")
    func waitingTask() async throws {
        let world = try CallWorld()
        let runner = world.prepare().runner
        let result: Result<ByteBuffer, RequestReplyFailure> = await withUnsafeContinuation { waiter in
            runner.start(resuming: waiter)
            world.loop.runQueued()
            world.answer(world.grant(), 200, "answer")
        }
        #expect(try result.get() == ByteBuffer(string: "answer"))
        #expect(world.metrics.callOutcomes == [nil])
    }

    @Test("a request that is too long is a failed call without an attempt")
    func tooLong() throws {
        let world = try CallWorld(payloadMaxBytes: 3)
        let request = RequestReplyRequest(functionType: "a/b", id: "1", payload: ByteBuffer(string: "four"))
        let failure = #expect(throws: RequestReplyFailure.self) { try world.setup.runner(for: request) }
        #expect(failure?.kind == .requestTooLarge)
        #expect(world.metrics.callOutcomes == [.requestTooLarge])
        #expect(world.metrics.attempts.isEmpty)
    }
}
