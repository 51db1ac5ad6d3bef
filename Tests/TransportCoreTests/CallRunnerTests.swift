import NIOCore
import TestSupport
import Testing

@testable import TransportCore

@Suite struct CallRunnerTests {
    // MARK: The good path

    @Test("a call borrows a connection, sends, gives the connection back and has its answer")
    func answer() throws {
        let world = try CallWorld()
        let call = world.call("question")
        #expect(world.pool.waitingCount == 1)
        let connection = world.grant()
        let sent = try #require(connection.sent.first)
        #expect(sent.head.hasPrefix("POST /greeter HTTP/1.1\r\nhost: h\r\n"))
        #expect(sent.body == ByteBuffer(string: "question"))
        #expect(sent.deadline == world.loop.now.advanced(by: .seconds(60)))
        #expect(call.completionCount == 0)
        #expect(!world.pool.hasBack(connection))
        world.answer(connection, 200, "answer")
        #expect(world.pool.hasBack(connection))
        #expect(call.answer == "answer")
        #expect(call.completionCount == 1)
        #expect(world.loop.timerCount == 0)
    }

    @Test("a pool and a connection that answer at once lead to the same")
    func answerAtOnce() throws {
        let world = try CallWorld()
        let connection = world.connection(atOnce: .success(.test(200, "answer")))
        world.pool.answerAtOnce { .success(connection) }
        let call = world.call()
        #expect(call.answer == "answer")
        #expect(world.pool.hasBack(connection))
    }

    @Test("the time that a call has waited before it begins counts")
    func start() throws {
        let world = try CallWorld(call: .seconds(1))
        let call = world.prepare()
        let deadline = world.loop.now.advanced(by: .seconds(1))
        world.loop.advance(by: .milliseconds(400))
        call.start()
        world.loop.runQueued()
        #expect(world.pool.asked.first?.deadline == deadline)

        let late = world.prepare()
        world.loop.advance(by: .seconds(1))
        late.start()
        world.loop.runQueued()
        #expect(late.failure?.kind == .budgetSpent)
        #expect(world.pool.asked.count == 1)
    }

    @Test("a second start does nothing")
    func secondStart() throws {
        let world = try CallWorld()
        let call = world.call()
        call.start()
        world.loop.runQueued()
        #expect(world.pool.asked.count == 1)
        world.answer(world.grant(), 200)
        call.start()
        world.loop.runQueued()
        #expect(call.completionCount == 1)
    }

    // MARK: Retries

    @Test("after a failure that may pass the call pauses and tries again, on the manual clock")
    func retry() throws {
        let world = try CallWorld()
        let call = world.call()
        world.fail(world.grant(), .connectionLost)
        #expect(world.pool.asked.count == 1)
        world.loop.advance(by: .nanoseconds(9_999_999))
        #expect(world.pool.asked.count == 1)
        world.loop.advance(by: .nanoseconds(1))
        #expect(world.pool.asked.count == 2)
        world.answer(world.grant(), 503)
        world.loop.advance(by: .milliseconds(20))
        #expect(world.pool.asked.count == 3)
        world.answer(world.grant(), 200, "at last")
        #expect(call.answer == "at last")
        #expect(world.loop.timerCount == 0)
    }

    @Test("a lease that fails is retried like an attempt that fails", arguments: [true, false])
    func leaseFails(atOnce: Bool) throws {
        let world = try CallWorld()
        let failure = RequestReplyFailure(.connectFailed, "refused")
        if atOnce {
            world.pool.answerAtOnce { .failure(failure) }
        }
        let call = world.call()
        if !atOnce {
            world.pool.refuse(failure)
            world.loop.runQueued()
        }
        #expect(world.loop.nextTimer == world.loop.now.advanced(by: .milliseconds(10)))
        world.loop.advance(by: .milliseconds(10))
        #expect(world.pool.asked.count == 2)
        #expect(call.completionCount == 0)
    }

    @Test("a stale connection is followed by one that was not idle at the same moment, and that one by another after a pause")
    func stale() throws {
        let world = try CallWorld()
        let call = world.call()
        world.fail(world.grant(), .staleConnection)
        #expect(world.pool.asked.map(\.prefersNew) == [false, true])
        world.fail(world.grant(), .staleConnection)
        #expect(world.pool.asked.count == 2)
        world.loop.advance(by: .milliseconds(10))
        #expect(world.pool.asked.map(\.prefersNew) == [false, true, true])
        world.answer(world.grant(), 503)
        world.loop.advance(by: .milliseconds(20))
        #expect(world.pool.asked.map(\.prefersNew) == [false, true, true, false])
        world.answer(world.grant(), 200, "fresh")
        #expect(call.answer == "fresh")
        #expect(world.loop.timerCount == 0)
    }

    @Test("a request that all its peers die of is not sent to one after the other over thousands of kept connections")
    func manyStale() throws {
        let world = try CallWorld(call: .seconds(1))
        let stale = RequestReplyFailure(.staleConnection, "closed")
        let connections = (0..<20_000).map { _ in world.connection(atOnce: .failure(stale)) }
        let pool = world.pool
        pool.answerAtOnce { .success(connections[pool.asked.count - 1]) }
        let call = world.call()
        #expect(world.pool.asked.count == 2)
        world.loop.advance(by: .seconds(1))
        #expect(call.failure?.kind == .staleConnection)
        #expect(world.pool.asked.count < 20)
    }

    @Test("the wait that a peer asks for is kept")
    func retryAfter() throws {
        let world = try CallWorld()
        _ = world.call()
        world.answer(world.grant(), 503, retryAfter: "7")
        #expect(world.loop.nextTimer == world.loop.now.advanced(by: .seconds(7)))
    }

    @Test("a failure that no retry helps ends the call, and says where, what and how often")
    func finalFailure() throws {
        let world = try CallWorld()
        let call = world.call()
        world.fail(world.grant(), .timedOut)
        world.loop.advance(by: .milliseconds(10))
        let connection = world.grant()
        world.loop.advance(by: .milliseconds(5))
        world.answer(connection, 404)
        let failure = try #require(call.failure)
        #expect(failure.kind == .finalStatus)
        #expect(failure.status == 404)
        #expect(failure.endpoint == "http://h/greeter")
        #expect(failure.attemptCount == 2)
        #expect(failure.elapsed == .milliseconds(15))
        #expect(
            failure.attempts == [
                AttemptRecord(offset: .zero, duration: .zero, message: "timed out", pause: .milliseconds(10)),
                AttemptRecord(offset: .milliseconds(10), duration: .milliseconds(5), message: "the answer has status 404 Not Found"),
            ]
        )
        #expect(failure.description == "http://h/greeter: the answer has status 404 Not Found (2 attempts in 15 ms)")
        #expect(world.loop.timerCount == 0)
    }

    @Test("a call that never gets an answer ends within its time")
    func budget() throws {
        let world = try CallWorld(call: .seconds(1))
        world.pool.answerAtOnce { .failure(RequestReplyFailure(.connectFailed, "refused")) }
        let call = world.call()
        world.loop.advance(by: .seconds(1))
        let failure = try #require(call.failure)
        #expect(failure.kind == .connectFailed)
        #expect(failure.message.contains("the call limit of 1 s (default) leaves no time for another attempt"))
        #expect(world.pool.asked.count == 12)
        #expect(call.completionCount == 1)
    }

    @Test("every attempt is heard of, with its time and its outcome")
    func metrics() throws {
        let world = try CallWorld()
        _ = world.call()
        let first = world.grant()
        world.loop.advance(by: .milliseconds(3))
        world.answer(first, 500)
        world.loop.advance(by: .milliseconds(10))
        let second = world.grant()
        world.loop.advance(by: .milliseconds(4))
        world.answer(second, 200)
        #expect(
            world.metrics.attempts == [
                RecordedMetrics.Event(functionType: "com.example/greeter", milliseconds: 3, failure: .passingStatus),
                RecordedMetrics.Event(functionType: "com.example/greeter", milliseconds: 4, failure: nil),
            ]
        )
    }

    // MARK: Size

    @Test("a request beyond payload_max_bytes is refused, one at the limit is not")
    func requestSize() throws {
        let world = try CallWorld(payloadMaxBytes: 10)
        func request(_ count: Int) -> RequestReplyRequest {
            RequestReplyRequest(functionType: "a/b", id: "1", payload: ByteBuffer(repeating: 1, count: count))
        }
        #expect(world.setup.refusal(of: request(10)) == nil)
        let refusal = try #require(world.setup.refusal(of: request(11)))
        #expect(refusal.kind == .requestTooLarge)
        #expect(!refusal.mayRetry)
        #expect(refusal.message.contains("11 bytes"))
        #expect(refusal.message.contains("10 (default)"))
        #expect(refusal.endpoint == "http://h/greeter")
    }
}
