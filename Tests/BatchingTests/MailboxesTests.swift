import NIOConcurrencyHelpers
import Testing
import TransportCore

@testable import Batching

/// Mailboxes over scripted calls.
private struct Fixture {
    let scripted = ScriptedCalls()
    let gauges = GaugeRecorder()
    let mailboxes: Mailboxes<String, Int, String>
    let maxNumBatchRequests: Int

    static let greeter = "com.example/greeter"

    init(maxInFlight: Int = 1_024, maxNumBatchRequests: Int = 1_000) {
        mailboxes = Mailboxes(maxInFlight: maxInFlight, metrics: gauges, perform: scripted.perform)
        self.maxNumBatchRequests = maxNumBatchRequests
    }

    /// Submits in a task of its own.
    func submit(_ items: Int..., to key: String, of functionType: String = greeter) -> Task<Result<String, RequestReplyFailure>, Never> {
        Task { [mailboxes, maxNumBatchRequests] in
            do throws(RequestReplyFailure) {
                return .success(
                    try await mailboxes.submit(items, to: key, functionType: functionType, maxNumBatchRequests: maxNumBatchRequests)
                )
            } catch {
                return .failure(error)
            }
        }
    }

    /// Submits what will have to wait, and returns when it does.
    func submitWaiting(_ item: Int, to key: String, backlog: Int) async -> Task<Result<String, RequestReplyFailure>, Never> {
        let task = submit(item, to: key)
        await gauges.waitForBacklog(of: Self.greeter, backlog)
        return task
    }

    /// Has the function type answer once, so that its calls need not go alone any more.
    func warmUp(_ calls: inout AsyncStream<ScriptedCalls.Call>.Iterator) async {
        let task = submit(0, to: "warm-up")
        await calls.next()?.end(.success("warm"))
        _ = await task.value
    }
}

@Suite(.timeLimit(.minutes(1))) struct MailboxesTests {
    @Test("the first leaves alone, what comes meanwhile as one batch in order; each sender gets the answer to its batch")
    func batches() async {
        let fixture = Fixture()
        var calls = fixture.scripted.calls()
        let first = fixture.submit(1, to: "Bob")
        let firstCall = await calls.next()
        #expect(firstCall?.items == [1])
        let second = await fixture.submitWaiting(2, to: "Bob", backlog: 1)
        let third = fixture.submit(3, 4, to: "Bob")
        await fixture.gauges.waitForBacklog(of: Fixture.greeter, 3)
        firstCall?.end(.success("first"))
        #expect(await first.value == .success("first"))
        let secondCall = await calls.next()
        #expect(secondCall?.key == "Bob")
        #expect(secondCall?.items == [2, 3, 4])
        secondCall?.end(.success("second"))
        #expect(await second.value == .success("second"))
        #expect(await third.value == .success("second"))
        #expect(fixture.mailboxes.figures == MailboxFigures(functionTypes: 1))
        #expect(fixture.gauges.gauges == [:])
    }

    @Test("a failure goes to the senders of that batch, and the next one is called all the same")
    func failsOneBatch() async {
        let fixture = Fixture()
        var calls = fixture.scripted.calls()
        let first = fixture.submit(1, to: "Bob")
        let firstCall = await calls.next()
        let second = await fixture.submitWaiting(2, to: "Bob", backlog: 1)
        let failure = RequestReplyFailure(.finalStatus, "the status is 400", status: 400)
        firstCall?.end(.failure(failure))
        #expect(await first.value == .failure(failure))
        await calls.next()?.end(.success("second"))
        #expect(await second.value == .success("second"))
    }

    @Test("a batch holds maxNumBatchRequests at most, and only the senders of that address wait")
    func limitsBatches() async {
        let fixture = Fixture(maxNumBatchRequests: 2)
        var calls = fixture.scripted.calls()
        await fixture.warmUp(&calls)
        var senders = [fixture.submit(1, to: "Bob")]
        let bob = await calls.next()
        for item in 2...6 {
            senders.append(await fixture.submitWaiting(item, to: "Bob", backlog: item - 1))
        }
        await fixture.gauges.waitFor([Fixture.greeter: Gauges(inFlight: 1, backlog: 5, blocked: 1)])
        let alice = fixture.submit(7, to: "Alice")
        let aliceCall = await calls.next()
        #expect(aliceCall?.items == [7])
        aliceCall?.end(.success("hello Alice"))
        #expect(await alice.value == .success("hello Alice"))
        bob?.end(.success("1"))
        for batch in [[2, 3], [4, 5], [6]] {
            let call = await calls.next()
            #expect(call?.items == batch)
            call?.end(.success("\(batch)"))
        }
        var answers: [Result<String, RequestReplyFailure>] = []
        for sender in senders {
            answers.append(await sender.value)
        }
        #expect(answers == ["1", "[2, 3]", "[2, 3]", "[4, 5]", "[4, 5]", "[6]"].map { .success($0) })
        #expect(fixture.gauges.gauges == [:])
    }

    @Test("no more calls are in flight than allowed; the next address begins when one ends")
    func limitsCallsInFlight() async {
        let fixture = Fixture(maxInFlight: 2)
        var calls = fixture.scripted.calls()
        await fixture.warmUp(&calls)
        let first = fixture.submit(1, to: "a")
        let firstCall = await calls.next()
        let second = fixture.submit(2, to: "b")
        let secondCall = await calls.next()
        let third = await fixture.submitWaiting(3, to: "c", backlog: 1)
        let fourth = await fixture.submitWaiting(4, to: "d", backlog: 2)
        await fixture.gauges.waitFor([Fixture.greeter: Gauges(inFlight: 2, backlog: 2, blocked: 2)])
        secondCall?.end(.success("b"))
        let thirdCall = await calls.next()
        #expect(thirdCall?.key == "c")
        #expect(fixture.mailboxes.figures.callsInFlight == 2)
        firstCall?.end(.success("a"))
        let fourthCall = await calls.next()
        #expect(fourthCall?.key == "d")
        thirdCall?.end(.success("c"))
        fourthCall?.end(.success("d"))
        #expect(await [first.value, second.value, third.value, fourth.value] == ["a", "b", "c", "d"].map { .success($0) })
    }

    @Test("until a function type has answered its calls go one at a time; other types are not concerned")
    func letsTheFirstCallGoAlone() async {
        let fixture = Fixture()
        var calls = fixture.scripted.calls()
        let first = fixture.submit(1, to: "a")
        let firstCall = await calls.next()
        let second = await fixture.submitWaiting(2, to: "b", backlog: 1)
        let third = await fixture.submitWaiting(3, to: "c", backlog: 2)
        let other = fixture.submit(4, to: "x", of: "com.example/counter")
        let otherCall = await calls.next()
        #expect(otherCall?.key == "x")
        otherCall?.end(.success("x"))
        _ = await other.value

        firstCall?.end(.failure(RequestReplyFailure(.timedOut, "no answer")))
        #expect(await first.value == .failure(RequestReplyFailure(.timedOut, "no answer")))
        let secondCall = await calls.next()
        #expect(secondCall?.key == "b")
        await fixture.gauges.waitFor([Fixture.greeter: Gauges(inFlight: 1, backlog: 1, blocked: 1)])
        secondCall?.end(.success("b"))
        let thirdCall = await calls.next()
        #expect(thirdCall?.key == "c")
        thirdCall?.end(.success("c"))
        #expect(await [second.value, third.value] == [.success("b"), .success("c")])
    }

    @Test("a cancelled sender that waits leaves at once, and the others keep their order")
    func cancelsAWaitingSender() async {
        let fixture = Fixture()
        var calls = fixture.scripted.calls()
        let first = fixture.submit(1, to: "Bob")
        let firstCall = await calls.next()
        let second = await fixture.submitWaiting(2, to: "Bob", backlog: 1)
        let third = await fixture.submitWaiting(3, to: "Bob", backlog: 2)
        let fourth = await fixture.submitWaiting(4, to: "Bob", backlog: 3)
        third.cancel()
        #expect(await third.value == .failure(RequestReplyFailure(.cancelled, "the caller has cancelled")))
        await fixture.gauges.waitFor([Fixture.greeter: Gauges(inFlight: 1, backlog: 2)])
        firstCall?.end(.success("1"))
        let next = await calls.next()
        #expect(next?.items == [2, 4])
        next?.end(.success("2"))
        #expect(await [first.value, second.value, fourth.value] == ["1", "2", "2"].map { .success($0) })
    }

    @Test("a call goes on while one of its senders waits, and is cancelled when the last one leaves")
    func cancelsACallThatNobodyWaitsFor() async {
        let fixture = Fixture()
        var calls = fixture.scripted.calls()
        let first = fixture.submit(1, to: "Bob")
        let firstCall = await calls.next()
        let second = await fixture.submitWaiting(2, to: "Bob", backlog: 1)
        let third = await fixture.submitWaiting(3, to: "Bob", backlog: 2)
        firstCall?.end(.success("1"))
        _ = await first.value
        let call = await calls.next()
        #expect(call?.items == [2, 3])
        second.cancel()
        #expect(await second.value == .failure(RequestReplyFailure(.cancelled, "the caller has cancelled")))
        #expect(fixture.mailboxes.figures.callsInFlight == 1)
        let fourth = await fixture.submitWaiting(4, to: "Bob", backlog: 1)
        third.cancel()
        #expect(await third.value == .failure(RequestReplyFailure(.cancelled, "the caller has cancelled")))
        let next = await calls.next()
        #expect(next?.items == [4])
        #expect(fixture.scripted.cancelled == ["Bob"])
        next?.end(.success("4"))
        #expect(await fourth.value == .success("4"))
    }

    @Test("a task that has been cancelled before sends nothing")
    func refusesACancelledTask() async {
        let fixture = Fixture()
        var calls = fixture.scripted.calls()
        let started = AsyncStream.makeStream(of: Void.self)
        let mailboxes = fixture.mailboxes
        let task = Task {
            for await _ in started.stream {}
            do throws(RequestReplyFailure) {
                _ = try await mailboxes.submit([1], to: "Bob", functionType: Fixture.greeter, maxNumBatchRequests: 0)
                return RequestReplyFailure.Kind?.none
            } catch {
                return error.kind
            }
        }
        task.cancel()
        #expect(await task.value == .cancelled)
        #expect(mailboxes.figures == MailboxFigures())
        let other = fixture.submit(2, to: "Bob")
        let call = await calls.next()
        #expect(call?.items == [2])
        call?.end(.success("2"))
        _ = await other.value
    }

    @Test("a submission without items is refused with what to do instead")
    func refusesNothing() async {
        let fixture = Fixture()
        await #expect(throws: RequestReplyFailure(.misconfigured, "a call without invocations cannot be made; submit at least one")) {
            try await fixture.mailboxes.submit([], to: "Bob", functionType: Fixture.greeter, maxNumBatchRequests: 0)
        }
    }

    @Test("shutting down refuses what waits and what comes, and returns when the calls in flight have ended")
    func shutsDown() async {
        let fixture = Fixture()
        var calls = fixture.scripted.calls()
        let first = fixture.submit(1, to: "Bob")
        let call = await calls.next()
        let second = await fixture.submitWaiting(2, to: "Bob", backlog: 1)
        let hasEnded = NIOLockedValueBox(false)
        let shutdown = Task { [mailboxes = fixture.mailboxes] in
            await mailboxes.shutdown()
            hasEnded.withLockedValue { $0 = true }
        }
        let refusal = RequestReplyFailure(.shutDown, "no further call is made because of the shutdown")
        #expect(await second.value == .failure(refusal))
        #expect(await fixture.submit(3, to: "Alice").value == .failure(refusal))
        #expect(!hasEnded.withLockedValue { $0 })
        call?.end(.success("1"))
        #expect(await first.value == .success("1"))
        await shutdown.value
        await fixture.mailboxes.shutdown()
        #expect(fixture.mailboxes.figures == MailboxFigures(functionTypes: 1))
        #expect(fixture.gauges.gauges == [:])
    }
}
