import NIOConcurrencyHelpers
import RuntimeCore
import TestSupport

/// Records in memory. Whoever waits for one waits until the test says that it is there, or that the time is over.
final class HeldTopics: EgressTopics {
    private struct Waiter {
        let id: Int
        let topic: String
        let completion: TakeCompletion
    }

    private struct State {
        var records: [EgressRecord] = []
        var waiters: [Waiter] = []
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
            waiter.completion(.success(records))
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
            waiter.completion(.success([]))
        }
    }

    /// Waits until the figures are as `isSatisfied` wants them.
    func reach(_ what: String, _ isSatisfied: @escaping @Sendable (Figures) -> Bool) async throws {
        let eventual = Eventual<Void>()
        state.withLockedValue { $0.observers.append((isSatisfied, eventual)) }
        tell()
        try await eventual.value(what)
    }

    private struct Taking: EgressTaking {
        let id: Int
        let topics: HeldTopics

        func cancel() { topics.cancel(id) }
    }

    func begin(
        takingFrom topic: String,
        atMost limit: Int,
        waiting wait: Duration,
        _ completion: @escaping TakeCompletion
    ) -> any EgressTaking {
        let (id, result) = state.withLockedValue { state -> (Int, Result<[EgressRecord], StoreFailure>?) in
            state.lastWaiter += 1
            let id = state.lastWaiter
            if let failure { return (id, .failure(failure)) }
            let found = state.records.filter { $0.topic == topic }.prefix(limit)
            guard found.isEmpty, wait > .zero else {
                state.records.removeAll { found.contains($0) }
                return (id, .success(Array(found)))
            }
            state.waiters.append(Waiter(id: id, topic: topic, completion: completion))
            state.figures.waiting += 1
            return (id, nil)
        }
        if let result {
            completion(result)
        }
        tell()
        return Taking(id: id, topics: self)
    }

    private func cancel(_ id: Int) {
        let waiter = state.withLockedValue { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            state.figures.waiting -= 1
            state.figures.cancelled += 1
            return state.waiters.remove(at: index)
        }
        waiter?.completion(.success([]))
        tell()
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
