import NIOConcurrencyHelpers
import TestSupport

/// What has happened so far. Tests wait for what they expect instead of sleeping.
final class Journal<Entry: Sendable>: Sendable {
    private struct Waiter {
        let isMet: @Sendable ([Entry]) -> Bool
        let eventual: Eventual<[Entry]>
    }

    private struct State {
        var entries: [Entry] = []
        var waiters: [Waiter] = []
    }

    private let state = NIOLockedValueBox(State())

    var entries: [Entry] { state.withLockedValue { $0.entries } }

    func append(_ entry: Entry) {
        let met = state.withLockedValue { state in
            state.entries.append(entry)
            let entries = state.entries
            let met = state.waiters.filter { $0.isMet(entries) }
            state.waiters.removeAll { $0.isMet(entries) }
            return met.map { ($0.eventual, entries) }
        }
        for (eventual, entries) in met {
            eventual.succeed(entries)
        }
    }

    /// Waits until the entries are as they should be.
    @discardableResult
    func until(_ what: String, _ isMet: @escaping @Sendable ([Entry]) -> Bool) async throws -> [Entry] {
        let eventual = Eventual<[Entry]>()
        let entries = state.withLockedValue { state -> [Entry]? in
            if isMet(state.entries) { return state.entries }
            state.waiters.append(Waiter(isMet: isMet, eventual: eventual))
            return nil
        }
        if let entries { return entries }
        return try await eventual.value(what, within: .seconds(30))
    }

    @discardableResult
    func count(_ count: Int) async throws -> [Entry] {
        try await until("\(count) entries") { $0.count >= count }
    }
}
