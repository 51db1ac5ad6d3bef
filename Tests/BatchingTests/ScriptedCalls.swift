import NIOConcurrencyHelpers
import TransportCore

@testable import Batching

/// Functions whose answers come when and how the test says.
final class ScriptedCalls: Sendable {
    typealias Answer = Result<String, RequestReplyFailure>

    /// A call that has begun.
    final class Call: Sendable {
        let key: String
        let items: [Int]
        private let state = NIOLockedValueBox<(answer: Answer?, waiter: CheckedContinuation<Answer, Never>?)>((nil, nil))

        init(key: String, items: [Int]) {
            self.key = key
            self.items = items
        }

        func end(_ answer: Answer) {
            let waiter = state.withLockedValue { state in
                state.answer = state.answer ?? answer
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: answer)
        }

        fileprivate func ended() async -> Answer {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let answer = state.withLockedValue { state in
                        if state.answer == nil {
                            state.waiter = continuation
                        }
                        return state.answer
                    }
                    if let answer {
                        continuation.resume(returning: answer)
                    }
                }
            } onCancel: {
                end(.failure(RequestReplyFailure(.connectionLost, "the call was cancelled")))
            }
        }
    }

    private let begun = AsyncStream.makeStream(of: Call.self)
    private let cancelledKeys = NIOLockedValueBox([String]())

    /// What ``Mailboxes`` call.
    var perform: Mailboxes<String, Int, String>.Perform {
        { [self] key, items async throws(RequestReplyFailure) in
            let call = Call(key: key, items: items)
            begun.continuation.yield(call)
            let answer = await call.ended()
            if Task.isCancelled {
                cancelledKeys.withLockedValue { $0.append(key) }
            }
            return try answer.get()
        }
    }

    /// The keys of the calls whose task had been cancelled when they ended.
    var cancelled: [String] { cancelledKeys.withLockedValue { $0 } }

    /// The calls as they begin.
    func calls() -> AsyncStream<Call>.Iterator {
        begun.stream.makeAsyncIterator()
    }
}

/// Keeps the gauges, and lets a test wait until they say something.
final class GaugeRecorder: RemoteInvocationMetrics {
    private struct Waiter {
        let condition: @Sendable ([String: Gauges]) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var gauges: [String: Gauges] = [:]
        var waiters: [Waiter] = []
    }

    private let state = NIOLockedValueBox(State())

    /// The gauges that are not zero.
    var gauges: [String: Gauges] {
        state.withLockedValue { state in state.gauges.filter { $0.value != Gauges() } }
    }

    func inFlightChanged(functionType: String, by change: Int) {
        update { $0.gauges[functionType, default: Gauges()].inFlight += change }
    }

    func backlogChanged(functionType: String, by change: Int) {
        update { $0.gauges[functionType, default: Gauges()].backlog += change }
    }

    func blockedAddressesChanged(functionType: String, by change: Int) {
        update { $0.gauges[functionType, default: Gauges()].blocked += change }
    }

    /// Returns as soon as this number of invocations waits.
    func waitForBacklog(of functionType: String, _ backlog: Int) async {
        await wait { $0[functionType]?.backlog ?? 0 == backlog }
    }

    /// Returns as soon as the gauges that are not zero say this. They are told one after the other, so that one of them can be
    /// seen before the next.
    func waitFor(_ gauges: [String: Gauges]) async {
        await wait { $0.filter { $0.value != Gauges() } == gauges }
    }

    /// Returns as soon as no call is in flight.
    func waitForQuiet() async {
        await wait { gauges in gauges.values.allSatisfy { $0.inFlight == 0 } }
    }

    private func wait(until condition: @escaping @Sendable ([String: Gauges]) -> Bool) async {
        await withCheckedContinuation { continuation in
            update { state in
                state.waiters.append(Waiter(condition: condition, continuation: continuation))
            }
        }
    }

    private func update(_ change: (inout State) -> Void) {
        let satisfied = state.withLockedValue { state in
            change(&state)
            let satisfied = state.waiters.filter { $0.condition(state.gauges) }
            state.waiters.removeAll { $0.condition(state.gauges) }
            return satisfied
        }
        satisfied.forEach { $0.continuation.resume() }
    }
}
