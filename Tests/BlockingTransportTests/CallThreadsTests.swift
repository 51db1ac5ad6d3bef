import HTTPExchange
import NIOConcurrencyHelpers
import NIOCore
import PoolManager
import TestSupport
import Testing
import TransportCore

@testable import BlockingTransport

@Suite struct CallThreadsTests {
    @Test("no more calls run at once than there are threads, and the others come in order")
    func bounded() async {
        let threads = CallThreads(limit: 2)
        let order = NIOLockedValueBox<[Int]>([])
        let gate = ConditionLock(value: false)
        await withCheckedContinuation { continuation in
            let started = NIOLockedValueBox(0)
            for _ in 0..<2 {
                #expect(
                    threads.run {
                        if started.withLockedValue({
                            $0 += 1; return $0
                        }) == 2 {
                            continuation.resume()
                        }
                        gate.lock(whenValue: true)
                        gate.unlock()
                    } whenRefused: { _ in
                    } == .running
                )
            }
        }
        #expect(threads.count == 2)
        await withCheckedContinuation { continuation in
            for number in 0..<10 {
                let placement = threads.run {
                    let count = order.withLockedValue { order in
                        order.append(number)
                        return order.count
                    }
                    if count == 10 { continuation.resume() }
                } whenRefused: { _ in
                }
                #expect(placement == .queued(UInt64(number)))
            }
            gate.lock()
            gate.unlock(withValue: true)
        }
        #expect(order.withLockedValue { Set($0) } == Set(0..<10))
        #expect(threads.count == 2)
        threads.shutDown()
    }

    @Test("work that waits when the threads are shut down is refused, and so is what comes later")
    func shutDown() async {
        let threads = CallThreads(limit: 1)
        let gate = ConditionLock(value: false)
        let refused = NIOLockedValueBox<[RequestReplyFailure.Kind]>([])
        let refuse: CallThreads.Refusal = { failure in refused.withLockedValue { $0.append(failure.kind) } }
        await withCheckedContinuation { continuation in
            let holding = threads.run {
                continuation.resume()
                gate.lock(whenValue: true)
                gate.unlock()
            } whenRefused: { _ in
            }
            #expect(holding == .running)
        }
        #expect(threads.run({ Issue.record("ran after the shutdown") }, whenRefused: refuse) == .queued(0))
        threads.shutDown()
        #expect(refused.withLockedValue { $0 } == [.shutDown])
        #expect(threads.run({ Issue.record("ran after the shutdown") }, whenRefused: refuse) == .refused)
        #expect(refused.withLockedValue { $0 } == [.shutDown, .shutDown])
        gate.lock()
        gate.unlock(withValue: true)
    }

    @Test("the line for a thread is bounded")
    func fullLine() async {
        let threads = CallThreads(limit: 1)
        let gate = ConditionLock(value: false)
        await withCheckedContinuation { continuation in
            _ = threads.run {
                continuation.resume()
                gate.lock(whenValue: true)
                gate.unlock()
            } whenRefused: { _ in
            }
        }
        for _ in 0..<CallThreads.maxWaiting {
            _ = threads.run({}, whenRefused: { _ in })
        }
        let refused = NIOLockedValueBox<RequestReplyFailure?>(nil)
        #expect(threads.run({}, whenRefused: { failure in refused.withLockedValue { $0 = failure } }) == .refused)
        #expect(refused.withLockedValue { $0?.kind } == .poolExhausted)
        // Who leaves makes room.
        threads.leave(7)
        #expect(threads.run({}, whenRefused: { _ in }) == .queued(UInt64(CallThreads.maxWaiting)))
        #expect(threads.run({}, whenRefused: { _ in }) == .refused)
        threads.shutDown()
        gate.lock()
        gate.unlock(withValue: true)
    }

    @Test("where the system has no thread at all, nothing waits for one")
    func withoutAnyThread() {
        let refused = NIOLockedValueBox<[String]>([])
        let waiting = NIOLockedValueBox<CallThreads?>(nil)
        let threads = CallThreads(limit: 1) { _ in
            // Meanwhile somebody else joins the line: a thread seems to be on its way.
            let placement = waiting.withLockedValue { $0 }?.run {
                Issue.record("ran without a thread")
            } whenRefused: { failure in
                refused.withLockedValue { $0.append("second: \(failure.kind)") }
            }
            #expect(placement == .queued(0))
            return false
        }
        waiting.withLockedValue { $0 = threads }
        let placement = threads.run {
            Issue.record("ran without a thread")
        } whenRefused: { failure in
            refused.withLockedValue { $0.append("first: \(failure.kind)") }
        }
        #expect(placement == .refused)
        #expect(refused.withLockedValue { $0.sorted() } == ["first: too many calls waiting", "second: too many calls waiting"])
        #expect(threads.count == 0)
        waiting.withLockedValue { $0 = nil }
    }

    @Test("work that comes while the last idle thread is about to end is done")
    func endingThread() {
        let threads = CallThreads(limit: 1, idleSeconds: 0)
        for _ in 0..<10_000 {
            let isDone = ConditionLock(value: false)
            _ = threads.run {
                isDone.lock()
                isDone.unlock(withValue: true)
            } whenRefused: {
                Issue.record("refused: \($0)")
            }
            guard isDone.lock(whenValue: true, timeoutSeconds: 60) else {
                Issue.record("nobody did it")
                break
            }
            isDone.unlock()
        }
        #expect(threads.count <= 1)
        threads.shutDown()
    }

    @Test("a thread keeps nothing of the work that it has done")
    func releasedWork() async throws {
        final class Payload: Sendable {}
        let threads = CallThreads(limit: 1)
        let gate = ConditionLock(value: false)
        let remembered = NIOLockedValueBox<[WeakReference<Payload>]>([])
        func run(_ work: @escaping @Sendable () -> Void) {
            let payload = Payload()
            remembered.withLockedValue { $0.append(WeakReference(payload)) }
            _ = threads.run {
                withExtendedLifetime(payload) { work() }
            } whenRefused: {
                Issue.record("refused: \($0)")
            }
        }
        // The first one comes with its thread, the second one from the line.
        run {
            gate.lock(whenValue: true)
            gate.unlock()
        }
        run {}
        let left = Eventual<[Bool]>()
        _ = threads.run {
            left.succeed(remembered.withLockedValue { $0.map { $0.object != nil } })
        } whenRefused: {
            Issue.record("refused: \($0)")
        }
        gate.lock()
        gate.unlock(withValue: true)
        #expect(try await left.value("the work behind the others") == [false, false])
        threads.shutDown()
    }

    @Test("a call that finds no thread within its time fails and says what it waited for")
    func fullSet() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest])
        let connector = HTTPConnector()
        let transport = BlockingTransport(connector: connector, pools: PoolManager(connector: connector), threads: 1)
        let url = try EndpointURL(parsing: "http://127.0.0.1:\(server.port)/")
        let slow = try transport.makeClient(.none, endpoint: url, metrics: NoMetrics())
        let holder = Task { try await slow.call(request) }
        try await server.connection().scriptEnded()
        let position = SourcePosition(line: 2, column: 3)
        let call = SpecNode.Entry(key: "call", keyPosition: position, value: SpecNode(.scalar("100ms"), at: position))
        let timeouts = SpecNode.Entry(key: "timeouts", keyPosition: position, value: SpecNode(.mapping([call]), at: position))
        let properties = TransportProperties(file: "m.yaml", node: SpecNode(.mapping([timeouts]), at: position))
        let hasty = try transport.makeClient(properties, endpoint: url, metrics: NoMetrics())
        let failure = await #expect(throws: RequestReplyFailure.self) { try await hasty.call(request) }
        #expect(failure?.kind == .budgetSpent)
        #expect(failure?.message.contains("one of the 1 threads") == true)
        #expect((hasty as? BlockingClient)?.threads.waitingCount == 0)
        holder.cancel()
        #expect(await #expect(throws: RequestReplyFailure.self) { try await holder.value }?.kind == .cancelled)
        await transport.shutdown()
    }

    @Test("a plain thread can make a call and wait for it")
    func callBlocking() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult([0x41])])
        let connector = HTTPConnector()
        let transport = BlockingTransport(connector: connector, pools: PoolManager(connector: connector))
        let url = try EndpointURL(parsing: "http://127.0.0.1:\(server.port)/")
        let client = try transport.makeBlockingClient(.none, endpoint: url)
        let request = request
        let answer = await withCheckedContinuation { (continuation: CheckedContinuation<Result<ByteBuffer, RequestReplyFailure>, Never>) in
            _ = CallThreads(limit: 1).run {
                continuation.resume(returning: Result { () throws(RequestReplyFailure) in try client.callBlocking(request) })
            } whenRefused: {
                continuation.resume(returning: .failure($0))
            }
        }
        #expect(try answer.get() == ByteBuffer(string: "A"))
        await transport.shutdown()
    }

    private let request = RequestReplyRequest(functionType: "com.example/greeter", id: "Bob", payload: ByteBuffer(string: "x"))
}

private struct WeakReference<Object: AnyObject & Sendable>: Sendable {
    weak var object: Object?

    init(_ object: Object) {
        self.object = object
    }
}
