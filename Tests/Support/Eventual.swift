import NIOConcurrencyHelpers

/// A value that somebody will provide, once.
public final class Eventual<Value: Sendable>: Sendable {
    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Value, any Error>
    }

    private enum State {
        case open(waiters: [Waiter], nextID: Int)
        case settled(Result<Value, any Error>)
    }

    private let state = NIOLockedValueBox(State.open(waiters: [], nextID: 0))

    public init() {}

    public func succeed(_ value: Value) { settle(.success(value)) }

    public func fail(_ error: any Error) { settle(.failure(error)) }

    /// The value, where it has been provided.
    public var current: Value? {
        state.withLockedValue { state in
            if case .settled(.success(let value)) = state { value } else { nil }
        }
    }

    /// Waits for the value.
    /// - Throws: what it failed with, ``WaitedTooLong`` after `limit`, or a `CancellationError`.
    public func value(_ what: String, within limit: Duration = .seconds(60)) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await self.settled() }
            group.addTask {
                // Ends a broken test; in a good one the value comes first, and this is cancelled.
                try await Task.sleep(for: limit)
                throw WaitedTooLong(what: what, limit: limit)
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }

    private func settle(_ result: Result<Value, any Error>) {
        let waiters = state.withLockedValue { state in
            guard case .open(let waiters, _) = state else { return [Waiter]() }
            state = .settled(result)
            return waiters
        }
        for waiter in waiters {
            waiter.continuation.resume(with: result)
        }
    }

    private func settled() async throws -> Value {
        let id = state.withLockedValue { state in
            guard case .open(let waiters, let nextID) = state else { return 0 }
            state = .open(waiters: waiters, nextID: nextID + 1)
            return nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLockedValue { state -> Result<Value, any Error>? in
                    switch state {
                    case .settled(let result):
                        return result
                    case .open(let waiters, let nextID):
                        // A cancellation before this line found no waiter to end.
                        if Task.isCancelled { return .failure(CancellationError()) }
                        state = .open(waiters: waiters + [Waiter(id: id, continuation: continuation)], nextID: nextID)
                        return nil
                    }
                }
                if let result {
                    continuation.resume(with: result)
                }
            }
        } onCancel: {
            let cancelled = state.withLockedValue { state -> Waiter? in
                guard case .open(var waiters, let nextID) = state, let index = waiters.firstIndex(where: { $0.id == id }) else {
                    return nil
                }
                let waiter = waiters.remove(at: index)
                state = .open(waiters: waiters, nextID: nextID)
                return waiter
            }
            cancelled?.continuation.resume(throwing: CancellationError())
        }
    }
}

/// What a test waited for has not come.
public struct WaitedTooLong: Error, CustomStringConvertible {
    public let what: String
    public let limit: Duration

    public var description: String { "waited \(limit) for \(what)" }
}
