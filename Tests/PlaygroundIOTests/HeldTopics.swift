import NIOConcurrencyHelpers
import RuntimeCore
import TestSupport

/// Records in memory. Whoever waits for one waits until the test says that it is there, or that the time is over.
final class HeldTopics: EgressTopics {
    private struct Waiter {
        let id: Int
        let topic: String
        let limit: Int
        let continuation: CheckedContinuation<[EgressRecord], Never>
    }

    private struct State {
        var records: [EgressRecord] = []
        var waiters: [Waiter] = []
        var cancelled: Set<Int> = []
        var lastSequence: Int64 = 0
        var lastWaiter = 0
        var observers: [(isSatisfied: @Sendable (HeldTopics.Figures) -> Bool, eventual: Eventual<Void>)] = []
        var figures = Figures()
    }

    /// What has happened so far.
    struct Figures: Sendable {
        var waiting = 0
        var cancelled = 0
        var putBack = 0
    }

    private let failure: StoreFailure?
    private let state = NIOLockedValueBox(State())

    init(failing failure: StoreFailure? = nil) {
        self.failure = failure
    }

    /// What nobody has taken.
    var payloads: [String] {
        state.withLockedValue { $0.records.map { String(decoding: $0.payload, as: UTF8.self) } }
    }

    func add(_ payload: [UInt8], to topic: String = "greetings") {
        let served = state.withLockedValue { state -> (Waiter, [EgressRecord])? in
            state.lastSequence += 1
            let record = EgressRecord(sequence: state.lastSequence, topic: topic, payload: payload)
            guard let index = state.waiters.firstIndex(where: { $0.topic == topic }) else {
                state.records.append(record)
                return nil
            }
            state.figures.waiting -= 1
            return (state.waiters.remove(at: index), [record])
        }
        if let (waiter, records) = served {
            waiter.continuation.resume(returning: records)
        }
        tell()
    }

    func add(_ payloads: String...) {
        for payload in payloads {
            add(Array(payload.utf8))
        }
    }

    /// Ends the time of everybody who waits.
    func expire() {
        let waiters = state.withLockedValue { state in
            defer { state.waiters = [] }
            state.figures.waiting = 0
            return state.waiters
        }
        for waiter in waiters {
            waiter.continuation.resume(returning: [])
        }
    }

    /// Waits until the figures are as `isSatisfied` wants them.
    func reach(_ what: String, _ isSatisfied: @escaping @Sendable (Figures) -> Bool) async throws {
        let eventual = Eventual<Void>()
        state.withLockedValue { $0.observers.append((isSatisfied, eventual)) }
        tell()
        try await eventual.value(what)
    }

    func take(from topic: String, atMost limit: Int, waiting wait: Duration) async throws(StoreFailure) -> [EgressRecord] {
        if let failure { throw failure }
        let id = state.withLockedValue { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let records = state.withLockedValue { state -> [EgressRecord]? in
                    let found = state.records.filter { $0.topic == topic }.prefix(limit)
                    guard found.isEmpty, wait > .zero, !state.cancelled.contains(id) else {
                        state.records.removeAll { found.contains($0) }
                        return Array(found)
                    }
                    state.waiters.append(Waiter(id: id, topic: topic, limit: limit, continuation: continuation))
                    state.figures.waiting += 1
                    return nil
                }
                if let records {
                    continuation.resume(returning: records)
                }
                tell()
            }
        } onCancel: {
            let waiter = state.withLockedValue { state -> Waiter? in
                state.cancelled.insert(id)
                guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
                state.figures.waiting -= 1
                state.figures.cancelled += 1
                return state.waiters.remove(at: index)
            }
            waiter?.continuation.resume(returning: [])
            tell()
        }
    }

    func putBack(_ records: [EgressRecord]) async {
        state.withLockedValue { state in
            state.records = (records + state.records).sorted { $0.sequence < $1.sequence }
            state.figures.putBack += records.count
        }
        tell()
    }

    private func tell() {
        let satisfied = state.withLockedValue { state in
            let figures = state.figures
            let satisfied = state.observers.filter { $0.isSatisfied(figures) }
            state.observers.removeAll { $0.isSatisfied(figures) }
            return satisfied
        }
        for observer in satisfied {
            observer.eventual.succeed(())
        }
    }
}
