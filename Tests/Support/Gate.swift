import NIOConcurrencyHelpers

/// Something that opens once and then stays open: a test opens it and a script waits there, or the other way round.
public final class Gate: Sendable {
    private enum State {
        case closed(waiting: [@Sendable () -> Void])
        case open
    }

    private let state = NIOLockedValueBox(State.closed(waiting: []))

    public init() {}

    /// Lets everybody through who waits, and who will come.
    public func open() {
        let waiting = state.withLockedValue { state -> [@Sendable () -> Void] in
            guard case .closed(let waiting) = state else { return [] }
            state = .open
            return waiting
        }
        for body in waiting {
            body()
        }
    }

    public var isOpen: Bool {
        state.withLockedValue { state in
            if case .open = state { true } else { false }
        }
    }

    /// Waits until somebody opens it.
    /// - Throws: ``WaitedTooLong`` when nobody does, or a `CancellationError`.
    public func opened(_ what: String = "a gate", within limit: Duration = .seconds(60)) async throws {
        let eventual = Eventual<Void>()
        whenOpen { eventual.succeed(()) }
        try await eventual.value(what, within: limit)
    }

    /// Runs `body` when it is open: at once, or on the thread that opens it.
    public func whenOpen(_ body: @escaping @Sendable () -> Void) {
        let isOpen = state.withLockedValue { state in
            switch state {
            case .closed(let waiting):
                state = .closed(waiting: waiting + [body])
                return false
            case .open:
                return true
            }
        }
        if isOpen {
            body()
        }
    }
}

extension Gate: Equatable {
    /// A gate equals itself only.
    public static func == (left: Gate, right: Gate) -> Bool { left === right }
}
