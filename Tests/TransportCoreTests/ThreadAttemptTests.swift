import NIOConcurrencyHelpers
import NIOCore
import TestSupport
import Testing

@testable import TransportCore

/// Calls whose first attempt a thread has made.
@Suite struct ThreadAttemptTests {
    /// Makes an attempt that takes 5 ms and ends with `result`.
    private func attempt(
        _ call: Call,
        in world: CallWorld,
        ending result: Result<ExchangeResponse, RequestReplyFailure>
    ) throws -> (ThreadAttempt, HandThreadConnection) {
        let connection = HandThreadConnection {
            world.loop.advance(by: .milliseconds(5))
            return result
        }
        return (try #require(call.runner.attempt(on: connection)), connection)
    }

    private func failing(_ kind: RequestReplyFailure.Kind) -> Result<ExchangeResponse, RequestReplyFailure> {
        .failure(RequestReplyFailure(kind, "\(kind)"))
    }

    @Test("an answer ends the call there and then, and is reported like any other")
    func answer() throws {
        let world = try CallWorld(call: .seconds(7))
        let call = world.prepare("question")
        let deadline = world.loop.now.advanced(by: .seconds(7))
        let (attempt, connection) = try attempt(call, in: world, ending: .success(.test(200, "answer")))
        #expect(call.runner.end(with: attempt).map { String(buffer: $0) } == "answer")
        let sent = try #require(connection.sent)
        #expect(sent.body == ByteBuffer(string: "question"))
        #expect(sent.deadline == deadline)
        let event = RecordedMetrics.Event(functionType: "com.example/greeter", milliseconds: 5, failure: nil)
        #expect(world.metrics.attempts == [event])
        #expect(world.metrics.calls == [event])
        #expect(
            world.log.entries.map(\.text) == ["trace attempt answered address=com.example/greeter/Bob attempt=1 endpoint=http://h/greeter"]
        )
        #expect(world.pool.asked.isEmpty)
    }

    @Test("anything else counts as the first attempt of the call that goes on, on the loop")
    func retried() throws {
        let world = try CallWorld()
        let call = world.prepare()
        let (attempt, _) = try attempt(call, in: world, ending: .success(.test(503)))
        #expect(call.runner.end(with: attempt) == nil)
        #expect(world.metrics.attempts.isEmpty)
        call.start(after: attempt)
        world.loop.runQueued()
        #expect(world.pool.asked.isEmpty)
        world.loop.advance(by: .milliseconds(10))
        world.answer(world.grant(), 200, "answer")
        #expect(call.answer == "answer")
        #expect(world.metrics.attemptOutcomes == [.passingStatus, nil])
        #expect(world.metrics.attempts.map(\.milliseconds) == [5, 0])
        #expect(world.metrics.calls.map(\.milliseconds) == [15])
    }

    @Test("a stale connection is followed by another attempt at once")
    func stale() throws {
        let world = try CallWorld()
        let call = world.prepare()
        try call.start(after: attempt(call, in: world, ending: failing(.staleConnection)).0)
        world.loop.runQueued()
        #expect(world.pool.asked.map(\.prefersNew) == [true])
        world.answer(world.grant(), 200, "answer")
        #expect(call.answer == "answer")
    }

    @Test("a failure that no retry can help ends the call, with its one attempt in it")
    func final() throws {
        let world = try CallWorld()
        let call = world.prepare()
        try call.start(after: attempt(call, in: world, ending: .success(.test(404))).0)
        world.loop.runQueued()
        #expect(call.failure?.status == 404)
        #expect(call.failure?.attemptCount == 1)
        #expect(call.failure?.elapsed == .milliseconds(5))
        #expect(call.failure?.endpoint == "http://h/greeter")
        #expect(world.metrics.callOutcomes == [.finalStatus])
    }

    @Test("a redirect is followed")
    func redirect() throws {
        let elsewhere = HandPool(on: ManualLoop())
        let world = try CallWorld(redirecting: { _, _ in
            Result { try CallWorld.route("http://elsewhere/", elsewhere) }.mapError { RequestReplyFailure(.redirect, "\($0)") }
        })
        let call = world.prepare()
        try call.start(after: attempt(call, in: world, ending: .success(.test(307, location: "http://elsewhere/"))).0)
        world.loop.runQueued()
        (elsewhere.loop as? ManualLoop)?.runQueued()
        #expect(elsewhere.asked.count == 1)
    }

    @Test("the time that the attempt took counts, and none is left for another one")
    func budget() throws {
        let world = try CallWorld(call: .milliseconds(5))
        let call = world.prepare()
        try call.start(after: attempt(call, in: world, ending: failing(.connectionLost)).0)
        world.loop.runQueued()
        #expect(call.failure?.kind == .connectionLost)
        #expect(call.failure?.message.contains("leaves no time for another attempt") == true)
    }

    @Test("a call that has waited too long makes no attempt")
    func lateAttempt() throws {
        let world = try CallWorld(call: .milliseconds(5))
        let call = world.prepare()
        world.loop.advance(by: .milliseconds(5))
        let connection = HandThreadConnection { .success(.test(200)) }
        #expect(call.runner.attempt(on: connection) == nil)
        #expect(connection.sent == nil)
    }

    @Test("a call that was cancelled during the attempt ends as cancelled, whatever came of it")
    func cancelled() throws {
        let world = try CallWorld()
        let call = world.prepare()
        let attempt = try attempt(call, in: world, ending: failing(.staleConnection)).0
        call.cancel()
        call.start(after: attempt)
        world.loop.runQueued()
        #expect(call.failure?.kind == .cancelled)
        #expect(call.failure?.attemptCount == 1)
        #expect(world.metrics.attemptOutcomes == [.cancelled])
        #expect(world.metrics.callOutcomes == [.cancelled])
        #expect(world.pool.asked.isEmpty)
    }

    @Test("where the transport shuts down meanwhile, no other attempt is made and no redirect followed")
    func shuttingDown() throws {
        let outcomes: [(Result<ExchangeResponse, RequestReplyFailure>, RequestReplyFailure.Kind, String)] = [
            (.success(.test(503)), .passingStatus, "; the transport is shutting down, so no other attempt is made"),
            (failing(.staleConnection), .staleConnection, "; the transport is shutting down, so no other attempt is made"),
            (.failure(.shutDownMeanwhile), .shutDown, "the transport was shut down while the call went on"),
            (.success(.test(307, location: "http://h/x")), .shutDown, "the transport has been shut down"),
        ]
        for (result, kind, suffix) in outcomes {
            let world = try CallWorld(redirecting: { _, from in .success(from) })
            let call = world.prepare()
            let attempt = try attempt(call, in: world, ending: result).0
            world.setup.running.shutDown(drainingFor: .seconds(5)) {}
            call.start(after: attempt)
            world.loop.runQueued()
            #expect(call.failure?.kind == kind)
            #expect(call.failure?.message.hasSuffix(suffix) == true)
            #expect(world.metrics.attempts.count == 1)
            #expect(world.pool.asked.isEmpty)
        }
    }
}

/// A connection for threads whose exchanges end as the test says.
final class HandThreadConnection: ThreadConnection {
    private let ending: @Sendable () -> Result<ExchangeResponse, RequestReplyFailure>
    private let last = NIOLockedValueBox<(body: ByteBuffer, deadline: TransportInstant)?>(nil)

    init(_ ending: @escaping @Sendable () -> Result<ExchangeResponse, RequestReplyFailure>) {
        self.ending = ending
    }

    var sent: (body: ByteBuffer, deadline: TransportInstant)? { last.withLockedValue { $0 } }
    var isReusable: Bool { true }
    var isQuiet: Bool { true }

    func exchange(_ plan: ExchangePlan, body: ByteBuffer, deadline: TransportInstant) -> Result<ExchangeResponse, RequestReplyFailure> {
        last.withLockedValue { $0 = (body, deadline) }
        return ending()
    }

    func interrupt() {}
    func close() {}

    func attach(_ completion: @escaping @Sendable (Result<any PooledConnection, RequestReplyFailure>) -> Void) {
        completion(.failure(RequestReplyFailure(.staleConnection, "a connection worked by hand does not return")))
    }
}
