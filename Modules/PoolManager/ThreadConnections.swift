internal import NIOConcurrencyHelpers
internal import TransportCore

/// The kept connections that a pool lends to threads, the most recently used one first.
///
/// Nobody stands in line here, and none is opened: who finds none takes the way over the loop, and that takes from here before it opens
/// another one.
final class ThreadConnections: Sendable {
    private struct Kept {
        let connection: any ThreadConnection
        let since: TransportInstant
    }

    private struct State {
        var maxIdle: Int
        var idleNanoseconds: Int64?
        /// The one that has been unused for the longest time is the first.
        var kept: [Kept] = []
        var lentCount = 0
        /// Whether a timer runs, or is about to.
        var isArmed = false
        var timer: (any CallTimer)?
        var isShutDown = false
        var whenEmpty: [@Sendable () -> Void] = []

        init(_ limits: PoolLimits) {
            maxIdle = limits.maxIdle
            idleNanoseconds = limits.idleTime?.inNanoseconds
        }

        /// When the first one has been unused for too long; `nil` where there is no such time.
        var nextEnd: TransportInstant? {
            guard let idleNanoseconds, let first = kept.first else { return nil }
            return first.since.advanced(byNanoseconds: idleNanoseconds)
        }

        mutating func takeExpired(at now: TransportInstant) -> ArraySlice<Kept> {
            guard let nextEnd, nextEnd <= now, let idleNanoseconds else { return [] }
            let count = kept.firstIndex { $0.since.advanced(byNanoseconds: idleNanoseconds) > now } ?? kept.count
            defer { kept.removeFirst(count) }
            return kept[..<count]
        }

        /// Keeps a connection. Returns those that are to be closed: there may be too many now, or none at all.
        mutating func keep(_ connection: any ThreadConnection, at now: TransportInstant) -> ArraySlice<Kept> {
            kept.append(Kept(connection: connection, since: now))
            let surplus = max(0, kept.count - (isShutDown ? 0 : maxIdle))
            defer { kept.removeFirst(surplus) }
            return kept[..<surplus]
        }

        mutating func returned() -> [@Sendable () -> Void] {
            lentCount -= 1
            guard isShutDown, lentCount == 0 else { return [] }
            defer { whenEmpty = [] }
            return whenEmpty
        }
    }

    /// How often it is looked whether their peers have left.
    private static let betweenLooks = Duration.seconds(5)

    private let loop: any CallLoop
    private let state: NIOLockedValueBox<State>

    /// - Parameter loop: where those that nobody has used for too long are looked for.
    init(on loop: any CallLoop, limits: PoolLimits) {
        self.loop = loop
        state = NIOLockedValueBox(State(limits))
    }

    var figures: PoolFigures {
        state.withLockedValue { PoolFigures(idle: $0.kept.count, leased: $0.lentCount) }
    }

    /// Holds them to other limits. To be called on the loop.
    func share(_ limits: PoolLimits) {
        let timer = state.withLockedValue { state in
            state.maxIdle = limits.maxIdle
            state.idleNanoseconds = limits.idleTime?.inNanoseconds
            return state.timer
        }
        closeExpired()
        timer?.cancel()
        arm()
    }

    /// Lends one that its peer has not left meanwhile.
    func take() -> (any ThreadConnection)? {
        let now = loop.now
        while true {
            let (expired, taken) = state.withLockedValue { state -> (ArraySlice<Kept>, (any ThreadConnection)?) in
                let expired = state.takeExpired(at: now)
                guard let taken = state.kept.popLast() else { return (expired, nil) }
                state.lentCount += 1
                return (expired, taken.connection)
            }
            close(expired)
            guard let taken else { return nil }
            if taken.isQuiet { return taken }
            taken.close()
            returned()
        }
    }

    /// Gives one away, for the loop.
    func takeForLoop() -> (any ThreadConnection)? {
        guard let taken = take() else { return nil }
        returned()
        return taken
    }

    /// Takes back what was lent.
    func giveBack(_ connection: any ThreadConnection) {
        if connection.isReusable {
            keep(connection)
        } else {
            connection.close()
        }
        returned()
    }

    /// Keeps a connection that nobody uses.
    func keep(_ connection: any ThreadConnection) {
        let now = loop.now
        let (surplus, arms) = state.withLockedValue { state in
            let surplus = state.keep(connection, at: now)
            let arms = !state.isArmed && !state.kept.isEmpty
            if arms { state.isArmed = true }
            return (surplus, arms)
        }
        close(surplus)
        if arms { loop.run { [self] in arm() } }
    }

    func closeIdle() {
        close(
            state.withLockedValue { state in
                defer { state.kept = [] }
                return state.kept[...]
            }
        )
    }

    /// Lends and keeps nothing from now on.
    func beginShutdown() {
        state.withLockedValue { $0.isShutDown = true }
        closeIdle()
        loop.run { [self] in state.withLockedValue { $0.timer }?.cancel() }
    }

    /// Has `handler` called, on whatever thread, when all that were lent have come back after ``beginShutdown()``.
    func whenFinished(_ handler: @escaping @Sendable () -> Void) {
        let isFinished = state.withLockedValue { state in
            let isFinished = state.isShutDown && state.lentCount == 0
            if !isFinished { state.whenEmpty.append(handler) }
            return isFinished
        }
        if isFinished { handler() }
    }

    private func returned() {
        for handler in state.withLockedValue({ $0.returned() }) { handler() }
    }

    private func close(_ connections: ArraySlice<Kept>) {
        for kept in connections { kept.connection.close() }
    }

    // MARK: - Time

    private func closeExpired() {
        let now = loop.now
        close(state.withLockedValue { $0.takeExpired(at: now) })
    }

    /// Closes those that their peers have left: nobody else looks at their sockets.
    private func closeLeft() {
        let left = state.withLockedValue { state in
            var kept: [Kept] = []
            var left: [Kept] = []
            for entry in state.kept {
                if entry.connection.isQuiet {
                    kept.append(entry)
                } else {
                    left.append(entry)
                }
            }
            state.kept = kept
            return left
        }
        close(left[...])
    }

    /// Sets the timer. It is never put off: that would cost on every call.
    private func arm() {
        let now = loop.now
        let end = state.withLockedValue { state in
            state.isArmed = !state.kept.isEmpty
            return state.kept.isEmpty ? nil : min(state.nextEnd ?? .distantFuture, now.advanced(by: Self.betweenLooks))
        }
        guard let end else { return }
        let timer = loop.schedule(at: end) { [weak self] in
            self?.closeExpired()
            self?.closeLeft()
            self?.arm()
        }
        state.withLockedValue { $0.timer = timer }
    }
}
