internal import TransportCore

/// Performs what a ``PoolMachine`` decides. Touched by its loop only.
final class PoolCore {
    typealias Completion = @Sendable (Result<any PooledConnection, RequestReplyFailure>) -> Void

    private struct Waiting {
        let limits: ConnectLimits
        let completion: Completion
    }

    /// A connection from the first attempt to its end.
    // A class, because every call looks one up three times, and a copy would cost more.
    private final class Member {
        let id: PoolMachine.ConnectionID
        var attempt: (any ConnectAttempt)?
        var connection: (any PooledConnection)?

        init(id: PoolMachine.ConnectionID, connection: (any PooledConnection)? = nil) {
            self.id = id
            self.connection = connection
        }
    }

    /// An action with everything that it needs, so that ids may be used again before it is performed.
    private enum Step {
        case grant(Completion, any PooledConnection)
        indirect case fail(Completion, RequestReplyFailure)
        indirect case connect(PoolMachine.ConnectionID, ConnectLimits)
        case callOff(PoolMachine.ConnectionID)
        case close(any PooledConnection)
        case rearm(PoolMachine.TimerNumber, at: TransportInstant)
        case disarm
        case finish
    }

    private let origin: Origin
    private let loop: any CallLoop
    private let connector: any Connector
    private let threads: ThreadConnections
    private let chance: @Sendable () -> Double
    private var machine: PoolMachine
    /// By the index of their ids.
    private var waiting: [Waiting?] = []
    private var members: [Member?] = []
    private var ids: [ObjectIdentifier: PoolMachine.ConnectionID] = [:]
    private var steps: [Step] = []
    /// What the last attempt failed with that was not called off, as long as none has succeeded since; `nil` where it took too long,
    /// which tells a call whose time is over nothing new.
    private var lastFailure: RequestReplyFailure?
    private var isPerforming = false
    private var timer: (any CallTimer)?
    private var isFinished = false
    private var finishHandlers: [@Sendable () -> Void] = []

    init(
        origin: Origin,
        loop: any CallLoop,
        connector: any Connector,
        threads: ThreadConnections,
        limits: PoolLimits,
        chance: @escaping @Sendable () -> Double
    ) {
        self.origin = origin
        self.loop = loop
        self.connector = connector
        self.threads = threads
        self.chance = chance
        machine = PoolMachine(limits: limits)
    }

    var figures: PoolFigures { machine.figures }
    var limits: PoolLimits { machine.limits }

    func lease(_ limits: ConnectLimits, _ completion: @escaping Completion) -> LeaseTicket {
        discardUnusable()
        let (waiter, actions) = machine.leaseRequested(deadline: limits.deadline, prefersNew: limits.prefersNew, at: loop.now)
        let ticket = LeaseTicket(number: waiter.number)
        // The way of nearly every call: nothing is stored for it.
        if case .grant(let id, _) = actions.only, let connection = connection(id) {
            completion(.success(connection))
            return ticket
        }
        let index = Int(waiter.index)
        while waiting.count <= index {
            waiting.append(nil)
        }
        waiting[index] = Waiting(limits: limits, completion: completion)
        perform(actions)
        return ticket
    }

    func cancelLease(_ ticket: LeaseTicket) {
        let waiter = PoolMachine.WaiterID(number: ticket.number)
        guard machine.isWaiting(waiter) else { return }
        waiting[Int(waiter.index)] = nil
        perform(machine.leaseCancelled(waiter))
    }

    func giveBack(_ connection: any PooledConnection) {
        // One that has closed in the meantime is not known any more.
        guard let id = ids[ObjectIdentifier(connection)] else { return }
        perform(machine.connectionReturned(id, isReusable: connection.isReusable, at: loop.now))
    }

    /// Takes the idle connection that was used last off the loop. One that a limit on their number or their life counts stays.
    func detachIdle() -> (any ThreadConnection)? {
        guard machine.limits.maxConnections == .max, machine.limits.lifetime == nil else { return nil }
        discardUnusable()
        return machine.nextIdle.flatMap { connection($0)?.detach() }
    }

    func share(_ limits: PoolLimits) {
        perform(machine.limitsShared(with: limits, at: loop.now))
    }

    func closeIdle() {
        perform(machine.idleUnwanted())
    }

    func beginShutdown() {
        perform(machine.shutdownBegan())
    }

    /// Has `handler` called when the pool has been shut down and nothing of it is left.
    func whenFinished(_ handler: @escaping @Sendable () -> Void) {
        if isFinished {
            handler()
        } else {
            finishHandlers.append(handler)
        }
    }

    // MARK: What happens to connections

    private func connect(_ id: PoolMachine.ConnectionID, _ limits: ConnectLimits) {
        let index = Int(id.index)
        while members.count <= index {
            members.append(nil)
        }
        members[index] = Member(id: id)
        let confined = LoopConfined(self, to: loop)
        // What threads do not use at the moment serves as well: a peer may have no room for more connections.
        if !limits.prefersNew, let connection = threads.takeForLoop() {
            return connection.attach { confined.value.connectEnded(id, $0) }
        }
        let attempt = connector.connect(to: origin, on: loop, limits: limits) { result in
            confined.value.connectEnded(id, result)
        }
        // It may have ended already.
        if let member = members[index], member.id == id, member.connection == nil {
            member.attempt = attempt
        }
    }

    private func connectEnded(_ id: PoolMachine.ConnectionID, _ result: Result<any PooledConnection, RequestReplyFailure>) {
        switch result {
        case .success(let connection):
            lastFailure = nil
            members[Int(id.index)] = Member(id: id, connection: connection)
            ids[ObjectIdentifier(connection)] = id
            // The actions get hold of the connection before it can be reported as closed.
            let actions = machine.connected(id, chance: chance(), at: loop.now)
            prepare(actions)
            let confined = LoopConfined(self, to: loop)
            connection.whenClosed {
                confined.value.connectionClosed(id)
            }
            performPrepared()
        case .failure(let failure):
            members[Int(id.index)] = nil
            let callEnded = failure.kind == .budgetSpent
            // How an attempt ends that was called off says nothing about the peer.
            let isNews = !callEnded && !machine.isAbandoned(id)
            let actions = machine.connectFailed(id, callEnded: callEnded, at: loop.now)
            prepare(actions, connectFailure: failure)
            if isNews { lastFailure = failure.kind == .timedOut ? nil : failure }
            performPrepared()
        }
    }

    private func connectionClosed(_ id: PoolMachine.ConnectionID) {
        guard let connection = connection(id) else { return }
        members[Int(id.index)] = nil
        ids[ObjectIdentifier(connection)] = nil
        perform(machine.connectionClosed(id, at: loop.now))
    }

    private func connection(_ id: PoolMachine.ConnectionID) -> (any PooledConnection)? {
        let index = Int(id.index)
        guard let member = members[index], member.id == id else { return nil }
        return member.connection
    }

    /// An idle connection may have received something, or the end of what it receives, and not be closed yet.
    private func discardUnusable() {
        while let id = machine.nextIdle, let connection = connection(id), !connection.isReusable {
            perform(machine.connectionSpoiled(id))
        }
    }

    private func timerFired(_ number: PoolMachine.TimerNumber) {
        perform(machine.timerFired(number, at: loop.now))
    }

    // MARK: Actions

    private func perform(_ actions: PoolActions) {
        prepare(actions)
        performPrepared()
    }

    private func prepare(_ actions: PoolActions, connectFailure: RequestReplyFailure? = nil) {
        for action in actions {
            switch action {
            case .grant(let id, let waiter):
                if let waiting = takeWaiting(waiter), let connection = connection(id) {
                    steps.append(.grant(waiting.completion, connection))
                }
            case .fail(let waiter, let refusal):
                if let waiting = takeWaiting(waiter) {
                    steps.append(.fail(waiting.completion, failure(refusal, waiting.limits, connectFailure)))
                }
            case .connect(let id, let waiter):
                if let limits = waiting[Int(waiter.index)]?.limits {
                    steps.append(.connect(id, limits))
                }
            case .callOff(let id): steps.append(.callOff(id))
            case .close(let id):
                if let connection = connection(id) {
                    steps.append(.close(connection))
                }
            case .rearm(let number, let instant): steps.append(.rearm(number, at: instant))
            case .disarm: steps.append(.disarm)
            case .finish: steps.append(.finish)
            }
        }
    }

    private func takeWaiting(_ waiter: PoolMachine.WaiterID) -> Waiting? {
        let taken = waiting[Int(waiter.index)]
        waiting[Int(waiter.index)] = nil
        return taken
    }

    /// Performs what was prepared, and what that leads to, one after the other: a step that fails at once and so leads to
    /// the next one must not deepen the stack.
    private func performPrepared() {
        guard !isPerforming, !steps.isEmpty else { return }
        isPerforming = true
        var next = 0
        while next < steps.count {
            let step = steps[next]
            next += 1
            perform(step)
        }
        steps.removeAll(keepingCapacity: true)
        isPerforming = false
    }

    private func perform(_ step: Step) {
        switch step {
        case .grant(let completion, let connection):
            completion(.success(connection))
        case .fail(let completion, let failure):
            completion(.failure(failure))
        case .connect(let id, let limits):
            connect(id, limits)
        case .callOff(let id):
            if let member = members[Int(id.index)], member.id == id {
                member.attempt?.cancel()
            }
        case .close(let connection):
            connection.close()
        case .rearm(let number, let instant):
            timer?.cancel()
            let confined = LoopConfined(self, to: loop)
            timer = loop.schedule(at: instant) {
                confined.value.timerFired(number)
            }
        case .disarm:
            timer?.cancel()
            timer = nil
        case .finish:
            isFinished = true
            let handlers = finishHandlers
            finishHandlers = []
            handlers.forEach { $0() }
        }
    }

    private func failure(
        _ refusal: PoolMachine.Refusal,
        _ limits: ConnectLimits,
        _ connectFailure: RequestReplyFailure?
    ) -> RequestReplyFailure {
        let count = machine.limits.maxConnections
        let connections = count == 1 ? "the only connection to \(origin)" : "one of the \(count) connections to \(origin)"
        switch refusal {
        case .lineFull:
            return RequestReplyFailure(
                .poolExhausted,
                "too many calls (\(machine.figures.waiting)) wait for \(connections) already; allow more connections or make fewer calls at a time"
            )
        case .deadlinePassed(let whileOpening):
            let activity = whileOpening ? "opening a connection to \(origin)" : "waiting for \(connections)"
            let known = whileOpening ? lastFailure : nil
            return known ?? CallBudget.spentFailure(limits.call, while: activity)
        case .connectFailed:
            // A call whose time is over needs to hear why no connection could be opened until then.
            let known = connectFailure?.kind == .budgetSpent ? lastFailure ?? connectFailure : connectFailure
            return known ?? RequestReplyFailure(.connectFailed, "no connection to \(origin) could be opened")
        case .shutDown:
            return RequestReplyFailure(.shutDown, "the connections to \(origin) have been shut down")
        }
    }
}
