import TestSupport
import Testing
import TransportCore

@testable import PoolManager

/// What stands around a ``PoolMachine``: callers, attempts and connections that do anything in any order. It performs the
/// actions, keeps its own account of everything, and holds the machine against it after every event.
struct PoolWorld {
    private(set) var machine: PoolMachine
    private var limits: PoolLimits
    private var random: SeededRandom
    private var now = TransportInstant.zero

    /// Callers in the order in which they came.
    private var line: [Waiter] = []
    private var deadlines: [Waiter: TransportInstant] = [:]
    /// Those that want no idle connection.
    private var preferNew: Set<Waiter> = []
    private var attempts: [Connection: Waiter] = [:]
    private var calledOff: Set<Connection> = []
    private var leased: [Connection] = []
    private var idle: [Connection] = []
    private var closing: [Connection] = []
    private var armed: (number: PoolMachine.TimerNumber, instant: TransportInstant)?
    private var staleTimers: [PoolMachine.TimerNumber] = []
    private(set) var granted = 0
    private(set) var failed = 0
    private(set) var cancelled = 0
    private(set) var requested = 0
    private(set) var isFinished = false
    private var isShutDown = false

    init(limits: PoolLimits, seed: UInt64) {
        machine = PoolMachine(limits: limits)
        self.limits = limits
        random = SeededRandom(seed: seed)
    }

    /// Whether everybody who asked has had exactly one answer or has left.
    var isSettled: Bool { line.isEmpty && requested == granted + failed + cancelled }

    var isEmpty: Bool { leased.isEmpty && idle.isEmpty && closing.isEmpty && attempts.isEmpty && calledOff.isEmpty }

    mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<30: request()
        case 30..<38: cancel()
        case 38..<50: endAttempt(succeeding: true)
        case 50..<57: endAttempt(succeeding: false)
        case 57..<77: giveBack()
        case 77..<82: spoilOrClose()
        case 82..<88: finishClosing()
        case 88..<89: share()
        case 89..<90: Bool.random(using: &random) ? fireStaleTimer() : perform(machine.idleUnwanted())
        case 90..<92: moveTime(by: .milliseconds(Int.random(in: 0...3_000, using: &random)))
        default: moveTime(by: .milliseconds(Int.random(in: 0...40, using: &random)))
        }
        check()
    }

    mutating func shutDown() {
        isShutDown = true
        perform(machine.shutdownBegan())
        check()
    }

    /// Ends everything that is still under way, in any order.
    mutating func wind() {
        while !isEmpty {
            endAttempt(succeeding: Bool.random(using: &random))
            giveBack()
            finishClosing()
            check()
        }
    }

    // MARK: Events

    private mutating func request() {
        requested += 1
        let deadline =
            Bool.random(using: &random)
            ? now.advanced(by: .milliseconds(Int.random(in: -1...200, using: &random))) : TransportInstant.distantFuture
        let prefersNew = Int.random(in: 0..<6, using: &random) == 0
        // Who waits for a connection that is being opened, or may be opened soon, does not count.
        let room = limits.maxConnections - opened
        let mayWait = line.count - attempts.count - (prefersNew && room == 0 && !idle.isEmpty ? 1 : room) < limits.maxWaiting
        let before = line.count
        let (waiter, actions) = machine.leaseRequested(deadline: deadline, prefersNew: prefersNew, at: now)
        #expect(deadlines[waiter] == nil)
        line.append(waiter)
        deadlines[waiter] = deadline
        if prefersNew { preferNew.insert(waiter) }
        let lastGranted = granted
        perform(actions)
        #expect(granted == lastGranted || !prefersNew)
        if granted == lastGranted, deadline > now, !isShutDown {
            #expect(line.count == before + (mayWait ? 1 : 0))
        }
    }

    private mutating func cancel() {
        guard let waiter = line.randomElement(using: &random) else { return }
        cancelled += 1
        leave(waiter)
        perform(machine.leaseCancelled(waiter))
        // A second time, and too late.
        #expect(machine.leaseCancelled(waiter) == [])
    }

    private mutating func endAttempt(succeeding: Bool) {
        let candidates = attempts.keys.sorted { $0.number < $1.number } + calledOff.sorted { $0.number < $1.number }
        guard let id = candidates.randomElement(using: &random) else { return }
        if succeeding {
            if calledOff.remove(id) == nil {
                attempts[id] = nil
                idle.append(id)
            } else {
                closing.append(id)
            }
            let actions = machine.connected(id, chance: Double.random(in: 0...1, using: &random), at: now)
            perform(actions)
        } else {
            let callEnded = Bool.random(using: &random)
            let beneficiary = attempts[id]
            let wasCalledOff = calledOff.remove(id) != nil
            attempts[id] = nil
            let head = line.first
            let lastFailed = failed
            perform(machine.connectFailed(id, callEnded: callEnded, at: now))
            let failsHead = !wasCalledOff && head != nil && (!callEnded || head == beneficiary)
            #expect(failed - lastFailed == (failsHead ? 1 : 0))
            #expect(!failsHead || head != line.first)
        }
    }

    private mutating func giveBack() {
        guard let id = leased.randomElement(using: &random) else { return }
        leased.removeAll { $0 == id }
        idle.append(id)
        perform(machine.connectionReturned(id, isReusable: Int.random(in: 0..<4, using: &random) > 0, at: now))
    }

    private mutating func spoilOrClose() {
        if Bool.random(using: &random), let id = idle.randomElement(using: &random) {
            perform(machine.connectionSpoiled(id))
        } else if let id = (idle + leased).randomElement(using: &random) {
            idle.removeAll { $0 == id }
            leased.removeAll { $0 == id }
            perform(machine.connectionClosed(id, at: now))
            #expect(machine.connectionReturned(id, isReusable: true, at: now) == [])
        }
    }

    private mutating func finishClosing() {
        guard let id = closing.randomElement(using: &random) else { return }
        closing.removeAll { $0 == id }
        perform(machine.connectionClosed(id, at: now))
    }

    private mutating func share() {
        let other = PoolLimits(
            maxConnections: Int.random(in: 1...limits.maxConnections + 1, using: &random),
            maxIdle: limits.maxIdle,
            lifetime: .milliseconds(Int.random(in: 500...5_000, using: &random)),
            idleTime: Bool.random(using: &random) ? .milliseconds(Int.random(in: 100...5_000, using: &random)) : nil,
            maxWaiting: limits.maxWaiting
        )
        limits.maxConnections = max(limits.maxConnections, other.maxConnections)
        perform(machine.limitsShared(with: other, at: now))
    }

    private mutating func fireStaleTimer() {
        guard let number = staleTimers.randomElement(using: &random) else { return }
        #expect(machine.timerFired(number, at: now) == [])
    }

    /// Moves time on, with every timer on the way, as a loop does.
    private mutating func moveTime(by duration: Duration) {
        let target = now.advanced(by: duration)
        while let (number, instant) = armed, instant <= target {
            now = max(now, instant)
            armed = nil
            perform(machine.timerFired(number, at: now))
        }
        now = target
    }

    // MARK: Actions

    private mutating func perform(_ actions: PoolActions) {
        for action in actions {
            switch action {
            case .connect(let id, let waiter):
                #expect(line.contains(waiter))
                #expect(attempts.updateValue(waiter, forKey: id) == nil)
                #expect(attempts.count <= line.count)
            case .callOff(let id):
                #expect(attempts.removeValue(forKey: id) != nil)
                calledOff.insert(id)
            case .close(let id):
                let place = idle.firstIndex(of: id)
                #expect(place != nil || closing.contains(id))
                if let place {
                    idle.remove(at: place)
                    closing.append(id)
                }
            case .grant(let id, let waiter):
                // What is idle is not for those who prefer a new one, so that others pass them by.
                let passesBy = line.last == waiter && !preferNew.contains(waiter) && line.dropLast().allSatisfy(preferNew.contains)
                #expect(line.first == waiter || passesBy)
                #expect(idle.contains(id))
                granted += 1
                leave(waiter)
                idle.removeAll { $0 == id }
                leased.append(id)
            case .fail(let waiter, let refusal):
                #expect(line.contains(waiter))
                switch refusal {
                case .lineFull: #expect(line.last == waiter)
                case .deadlinePassed: #expect(deadlines[waiter].map { $0 <= now } == true)
                case .connectFailed: #expect(line.first == waiter)
                case .shutDown: #expect(isShutDown)
                }
                failed += 1
                leave(waiter)
            case .rearm(let number, let instant):
                if let armed {
                    #expect(instant < armed.instant)
                    staleTimers.append(armed.number)
                }
                armed = (number, instant)
            case .disarm:
                armed = nil
            case .finish:
                #expect(!isFinished)
                #expect(isEmpty)
                isFinished = true
            }
        }
    }

    private mutating func leave(_ waiter: Waiter) {
        line.removeAll { $0 == waiter }
        deadlines[waiter] = nil
        preferNew.remove(waiter)
    }

    private var opened: Int { attempts.count + idle.count + leased.count }

    private func check() {
        #expect(machine.figures == PoolFigures(idle: idle.count, leased: leased.count, connecting: attempts.count, waiting: line.count))
        #expect(opened <= limits.maxConnections)
        #expect(idle.count <= limits.maxIdle)
        #expect(idle.isEmpty || line.allSatisfy(preferNew.contains), "somebody waits beside an idle connection")
        #expect(
            line.isEmpty || !attempts.isEmpty || leased.count == limits.maxConnections,
            "somebody waits and nothing is done about it"
        )
        if attempts.count < line.count, opened < limits.maxConnections {
            let moment = now.advanced(by: ReconnectPacing.moment)
            #expect(armed.map { $0.instant <= moment } == true, "somebody could be helped and nobody looks after it")
        }
        if let earliest = deadlines.values.min(), earliest < .distantFuture {
            #expect(armed.map { $0.instant <= earliest } == true, "a deadline would pass unnoticed")
        }
    }
}
