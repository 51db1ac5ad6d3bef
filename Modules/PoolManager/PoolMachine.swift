internal import TransportCore

/// Decides who gets which connection of one origin, and when one is opened or closed. A value: time and chance come as
/// arguments, connections and waiters are ids, and every event costs constant time, but for a deadline that passes or
/// that is set earlier than those before it (logarithmic), and for shutting down.
///
/// ```
///               ┌───────────── callOff ──────────► abandoned ─ connectFailed ─► gone
///               │                                      └─────── connected ────► closing
/// connect ─► connecting ── connected ──► leased ◄──────► idle        │
///               │                           └──────┬──────┘          │
///               └─ connectFailed ─► gone         close ──────────► closing ─ connectionClosed ─► gone
/// ```
///
/// Rules, beside those of ``PoolLimits``:
/// - The line is first come first served. A caller joins it only where no connection is idle, or where it wants none that was.
/// - A connection is opened for a caller that joins the line and not because one might be useful: never are more begun
///   than callers wait. Whichever connection comes free first goes to the head of the line, and one that was opened
///   for it becomes idle when nobody is left to take it.
/// - When opening fails, the head of the line fails with it, since its call knows whether to try again; and until it
///   succeeds once, few are begun at a time (``ReconnectPacing``). The first success opens as many as are needed.
/// - When a caller gives up and more connections are being opened than callers are left, the latest is called off.
struct PoolMachine {
    typealias WaiterID = WaitingLine.ID
    typealias ConnectionID = SlotTable<Connection>.ID

    private(set) var limits: PoolLimits {
        didSet { idleNanoseconds = limits.idleTime?.inNanoseconds }
    }
    /// The idle time of the limits: every call asks for it.
    private var idleNanoseconds: Int64?
    private var line = WaitingLine()
    private var connections = SlotTable<Connection>()
    /// In the order in which they were begun.
    private var connecting = Chain<Connection>()
    /// The most recently used one is the last.
    private var idle = Chain<Connection>()
    private var leasedCount = 0
    private var pacing = ReconnectPacing()
    private var lifeEnds = DeadlineHeap<ConnectionID>()
    private var timer = TimerNumber()
    private var armedAt: TransportInstant?
    private var isShutDown = false
    private var isFinished = false

    init(limits: PoolLimits) {
        self.limits = limits.sound
        idleNanoseconds = limits.idleTime?.inNanoseconds
    }

    var figures: PoolFigures {
        PoolFigures(idle: idle.count, leased: leasedCount, connecting: connecting.count, waiting: line.count)
    }

    /// The connection that the next lease gets, where one is idle.
    var nextIdle: ConnectionID? { idle.last }

    /// Whether a caller stands in line.
    func isWaiting(_ waiter: WaiterID) -> Bool { line.contains(waiter) }

    /// Whether an attempt that is under way was called off.
    func isAbandoned(_ id: ConnectionID) -> Bool {
        if case .abandoned = connections[id]?.state { true } else { false }
    }

    // MARK: Callers

    /// A caller wants a connection. Its id has left the line again when an action of this very event names it.
    /// - Parameter prefersNew: whether it wants none that is idle. One that another caller gives back is as good as a new one.
    mutating func leaseRequested(
        deadline: TransportInstant,
        prefersNew: Bool = false,
        at now: TransportInstant
    ) -> (WaiterID, PoolActions) {
        var actions = PoolActions()
        while let next = idle.last, isExpired(next, at: now) {
            close(next, &actions)
        }
        if !prefersNew, let connection = idle.last {
            let waiter = line.passingID()
            idle.remove(connection, in: &connections)
            lend(connection)
            actions.append(.grant(connection, to: waiter))
            return (waiter, actions)
        }
        if prefersNew, room == 0, let longestIdle = idle.first {
            close(longestIdle, &actions)
        }
        if let refusal = refusal(deadline: deadline, at: now) {
            let waiter = line.passingID()
            actions.append(.fail(waiter, refusal))
            return (waiter, actions)
        }
        let waiter = line.join(deadline: deadline)
        openWanted(at: now, &actions)
        arm(by: deadline, &actions)
        return (waiter, actions)
    }

    /// A caller has lost interest.
    mutating func leaseCancelled(_ waiter: WaiterID) -> PoolActions {
        var actions = PoolActions()
        if line.contains(waiter) {
            line.leave(waiter)
            callOffSurplus(&actions)
        }
        return actions
    }

    // MARK: Connections

    /// An attempt has succeeded.
    /// - Parameter chance: what chance decided about the connection's life, from 0 to 1.
    mutating func connected(_ id: ConnectionID, chance: Double, at now: TransportInstant) -> PoolActions {
        var actions = PoolActions()
        switch connections[id]?.state {
        case .abandoned:
            close(id, &actions)
        case .connecting:
            attemptEnded(id)
            pacing.succeeded()
            let born = Self.birth(at: now, chance: chance)
            connections[id]?.born = born
            limitLife(of: id, born: born)
            if lifeEnds.count > 2 * connections.count + 64 {
                lifeEnds.removeAll { connections[$0] == nil }
            }
            lendOrKeep(id, at: now, &actions)
            openWanted(at: now, &actions)
            armForConnections(&actions)
        case .leased, .idle, .closing, nil:
            break
        }
        return actions
    }

    /// An attempt has failed, or has ended because it was called off.
    /// - Parameter callEnded: whether it failed because the call that it was begun for is over, which is no news for others.
    mutating func connectFailed(_ id: ConnectionID, callEnded: Bool, at now: TransportInstant) -> PoolActions {
        var actions = PoolActions()
        switch connections[id]?.state {
        case .abandoned:
            connections.remove(id)
            finishWhenEmpty(&actions)
        case .connecting(let beneficiary):
            attemptEnded(id)
            connections.remove(id)
            if !callEnded { pacing.failed() }
            if let head = line.first, !callEnded || head == beneficiary {
                line.leave(head)
                actions.append(.fail(head, .connectFailed))
            }
            openWanted(at: now, &actions)
        case .leased, .idle, .closing, nil:
            break
        }
        return actions
    }

    /// A borrower has given a connection back.
    mutating func connectionReturned(_ id: ConnectionID, isReusable: Bool, at now: TransportInstant) -> PoolActions {
        var actions = PoolActions()
        guard case .leased = connections[id]?.state else { return actions }
        if !isReusable || isShutDown || isExpired(id, at: now) {
            close(id, &actions)
            openWanted(at: now, &actions)
        } else {
            leasedCount -= 1
            lendOrKeep(id, at: now, &actions)
            armForConnections(&actions)
        }
        return actions
    }

    /// An idle connection turned out not to be usable any more.
    mutating func connectionSpoiled(_ id: ConnectionID) -> PoolActions {
        var actions = PoolActions()
        if case .idle = connections[id]?.state {
            close(id, &actions)
        }
        return actions
    }

    /// A connection has closed, whoever closed it.
    mutating func connectionClosed(_ id: ConnectionID, at now: TransportInstant) -> PoolActions {
        var actions = PoolActions()
        switch connections[id]?.state {
        case .leased:
            leasedCount -= 1
        case .idle:
            idle.remove(id, in: &connections)
        case .closing:
            break
        case .connecting, .abandoned, nil:
            return actions
        }
        connections.remove(id)
        openWanted(at: now, &actions)
        finishWhenEmpty(&actions)
        return actions
    }

    // MARK: The pool as a whole

    /// The timer has fired. One that was set for something else since then is ignored.
    mutating func timerFired(_ number: TimerNumber, at now: TransportInstant) -> PoolActions {
        var actions = PoolActions()
        guard number == timer, armedAt != nil else { return actions }
        armedAt = nil
        while let waiter = line.leaveOverdue(at: now) {
            actions.append(.fail(waiter, .deadlinePassed(whileOpening: connecting.count > line.count || room > 0)))
            callOffSurplus(&actions)
        }
        openWanted(at: now, &actions)
        closeExpired(at: now, &actions)
        if let instant = line.earliestEnd {
            arm(by: instant, &actions)
        }
        armForConnections(&actions)
        return actions
    }

    /// Another client shares the pool from now on.
    mutating func limitsShared(with other: PoolLimits, at now: TransportInstant) -> PoolActions {
        var actions = PoolActions()
        guard !isShutDown else { return actions }
        limits = limits.shared(with: other)
        lifeEnds = DeadlineHeap()
        for id in connections.ids {
            switch connections[id]?.state {
            case .leased, .idle: limitLife(of: id, born: connections[id]?.born ?? now)
            case .connecting, .abandoned, .closing, nil: break
            }
        }
        closeExpired(at: now, &actions)
        openWanted(at: now, &actions)
        armForConnections(&actions)
        return actions
    }

    /// What is idle is wanted back, be it for others.
    mutating func idleUnwanted() -> PoolActions {
        var actions = PoolActions()
        closeIdle(&actions)
        return actions
    }

    /// Nothing is lent any more.
    mutating func shutdownBegan() -> PoolActions {
        var actions = PoolActions()
        guard !isShutDown else { return actions }
        isShutDown = true
        while let waiter = line.first {
            line.leave(waiter)
            actions.append(.fail(waiter, .shutDown))
        }
        while let id = connecting.last {
            callOff(id, &actions)
        }
        closeIdle(&actions)
        if armedAt != nil {
            armedAt = nil
            actions.append(.disarm)
        }
        finishWhenEmpty(&actions)
        return actions
    }
}

extension PoolMachine {
    /// How many more connections may be open.
    private var room: Int { max(0, limits.maxConnections - figures.connections) }

    /// Why a caller for whom no connection is idle may not join the line.
    private func refusal(deadline: TransportInstant, at now: TransportInstant) -> Refusal? {
        if isShutDown { return .shutDown }
        if deadline <= now { return .deadlinePassed(whileOpening: false) }
        // Who waits for a connection that is being opened, or will be, does not wait for others to finish.
        return line.count - connecting.count - room < limits.maxWaiting ? nil : .lineFull
    }

    /// Opens connections for those for whom none is being opened, as many as may be.
    private mutating func openWanted(at now: TransportInstant, _ actions: inout PoolActions) {
        while connecting.count < line.count, room > 0 {
            guard let round = pacing.begin(at: now) else { return arm(by: pacing.roundEnd ?? now, &actions) }
            guard let beneficiary = line.nextBeneficiary(underWay: connecting.count) else { return }
            let id = connections.insert(Connection(state: .connecting(for: beneficiary), round: round))
            connecting.append(id, in: &connections)
            actions.append(.connect(id, for: beneficiary))
        }
    }

    private mutating func callOffSurplus(_ actions: inout PoolActions) {
        if connecting.count > line.count, let latest = connecting.last {
            callOff(latest, &actions)
        }
    }

    private mutating func attemptEnded(_ id: ConnectionID) {
        connecting.remove(id, in: &connections)
        if let round = connections[id]?.round { pacing.ended(round) }
    }

    private mutating func callOff(_ id: ConnectionID, _ actions: inout PoolActions) {
        attemptEnded(id)
        connections[id]?.state = .abandoned
        actions.append(.callOff(id))
    }

    private mutating func lend(_ id: ConnectionID) {
        connections[id]?.state = .leased
        leasedCount += 1
    }

    /// Hands a connection that stands in no chain to the head of the line, or keeps it.
    private mutating func lendOrKeep(_ id: ConnectionID, at now: TransportInstant, _ actions: inout PoolActions) {
        if let head = line.first {
            line.leave(head)
            lend(id)
            actions.append(.grant(id, to: head))
            return
        }
        connections[id]?.state = .idle(since: now)
        idle.append(id, in: &connections)
        if idle.count > limits.maxIdle, let longestIdle = idle.first {
            close(longestIdle, &actions)
        }
    }

    private mutating func closeIdle(_ actions: inout PoolActions) {
        while let id = idle.last {
            close(id, &actions)
        }
    }

    private mutating func close(_ id: ConnectionID, _ actions: inout PoolActions) {
        switch connections[id]?.state {
        case .leased: leasedCount -= 1
        case .idle: idle.remove(id, in: &connections)
        case .connecting, .abandoned, .closing, nil: break
        }
        connections[id]?.state = .closing
        actions.append(.close(id))
    }

    private mutating func limitLife(of id: ConnectionID, born: TransportInstant) {
        guard let lifetime = limits.lifetime else { return }
        let end = born.advanced(by: lifetime)
        connections[id]?.lifeEnd = end
        lifeEnds.insert(id, at: end)
    }

    /// When an idle connection has been unused for too long.
    private func idleEnd(of id: ConnectionID) -> TransportInstant? {
        guard let idleNanoseconds, case .idle(let since) = connections[id]?.state else { return nil }
        return since.advanced(byNanoseconds: idleNanoseconds)
    }

    private func isExpired(_ id: ConnectionID, at now: TransportInstant) -> Bool {
        guard let connection = connections[id] else { return false }
        return connection.lifeEnd <= now || idleEnd(of: id).map { $0 <= now } ?? false
    }

    private mutating func closeExpired(at now: TransportInstant, _ actions: inout PoolActions) {
        while let (instant, id) = lifeEnds.first, instant <= now || connections[id] == nil {
            lifeEnds.removeFirst()
            // One on loan is closed when it comes back.
            if case .idle = connections[id]?.state {
                close(id, &actions)
            }
        }
        while let longestIdle = idle.first, let end = idleEnd(of: longestIdle), end <= now {
            close(longestIdle, &actions)
        }
    }

    private mutating func armForConnections(_ actions: inout PoolActions) {
        if let (instant, _) = lifeEnds.first {
            arm(by: instant, &actions)
        }
        if let longestIdle = idle.first, let end = idleEnd(of: longestIdle) {
            arm(by: end, &actions)
        }
    }

    /// Sees that the timer fires at `instant` or earlier. It is never put off: that would cost on every lease.
    private mutating func arm(by instant: TransportInstant, _ actions: inout PoolActions) {
        guard instant < .distantFuture, instant < armedAt ?? .distantFuture, !isShutDown else { return }
        armedAt = instant
        timer.number += 1
        actions.append(.rearm(timer, at: instant))
    }

    private mutating func finishWhenEmpty(_ actions: inout PoolActions) {
        if isShutDown && connections.count == 0 && !isFinished {
            isFinished = true
            actions.append(.finish)
        }
    }
}
