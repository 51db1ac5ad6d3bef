import Testing
import TransportCore

@testable import PoolManager

typealias Waiter = PoolMachine.WaiterID
typealias Connection = PoolMachine.ConnectionID

/// Waiter ids in the order in which a test meets them: the place, and who of those who stood there.
func w(_ index: UInt32, _ generation: UInt32 = 0) -> Waiter { Waiter(index: index, generation: generation) }

func c(_ index: UInt32, _ generation: UInt32 = 0) -> Connection { Connection(index: index, generation: generation) }

func timer(_ number: UInt64) -> PoolMachine.TimerNumber { PoolMachine.TimerNumber(number: number) }

/// A point in the time of a scenario, in milliseconds.
func ms(_ milliseconds: Int64) -> TransportInstant { TransportInstant(nanoseconds: milliseconds * 1_000_000) }

/// What happens to a pool.
enum PoolEvent {
    case lease(Waiter, until: TransportInstant = .distantFuture)
    case leaseNew(Waiter)
    case cancel(Waiter)
    case connected(Connection, chance: Double = 0)
    case connectFailed(Connection)
    case connectFailedWithItsCall(Connection)
    case returned(Connection)
    case returnedUnusable(Connection)
    case spoiled(Connection)
    case closed(Connection)
    case timerFired(UInt64)
    case shared(PoolLimits)
    case idleUnwanted
    case shutDown
}

/// One event, when it happens, and all that is to be done about it.
struct PoolStep {
    let event: PoolEvent
    let time: TransportInstant
    let actions: PoolActions
    let location: SourceLocation

    init(_ event: PoolEvent, at time: Int64 = 0, _ actions: PoolActions, _ location: SourceLocation = #_sourceLocation) {
        self.event = event
        self.time = ms(time)
        self.actions = actions
        self.location = location
    }
}

/// A sequence of events with what a pool does about each.
struct PoolScenario: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let limits: PoolLimits
    let steps: [PoolStep]
    let figures: PoolFigures

    init(_ title: String, _ limits: PoolLimits, _ steps: [PoolStep], _ figures: PoolFigures) {
        testDescription = title
        self.limits = limits
        self.steps = steps
        self.figures = figures
    }

    func play() {
        var machine = PoolMachine(limits: limits)
        for step in steps {
            let actions = machine.handle(step)
            #expect(actions == step.actions, sourceLocation: step.location)
        }
        #expect(machine.figures == figures)
    }
}

extension PoolMachine {
    fileprivate mutating func handle(_ step: PoolStep) -> PoolActions {
        switch step.event {
        case .lease(let expected, let deadline):
            let (waiter, actions) = leaseRequested(deadline: deadline, at: step.time)
            #expect(waiter == expected, sourceLocation: step.location)
            return actions
        case .leaseNew(let expected):
            let (waiter, actions) = leaseRequested(deadline: .distantFuture, prefersNew: true, at: step.time)
            #expect(waiter == expected, sourceLocation: step.location)
            return actions
        case .cancel(let waiter): return leaseCancelled(waiter)
        case .connected(let id, let chance): return connected(id, chance: chance, at: step.time)
        case .connectFailed(let id): return connectFailed(id, callEnded: false, at: step.time)
        case .connectFailedWithItsCall(let id): return connectFailed(id, callEnded: true, at: step.time)
        case .returned(let id): return connectionReturned(id, isReusable: true, at: step.time)
        case .returnedUnusable(let id): return connectionReturned(id, isReusable: false, at: step.time)
        case .spoiled(let id): return connectionSpoiled(id)
        case .closed(let id): return connectionClosed(id, at: step.time)
        case .timerFired(let number): return timerFired(timer(number), at: step.time)
        case .shared(let limits): return limitsShared(with: limits, at: step.time)
        case .idleUnwanted: return idleUnwanted()
        case .shutDown: return shutdownBegan()
        }
    }
}

extension PoolLimits {
    /// Limits that name only what a test is about.
    static func of(_ connections: Int, idle: Int = 100, life: Duration? = nil, idleTime: Duration? = nil, waiting: Int = 100) -> PoolLimits
    {
        PoolLimits(maxConnections: connections, maxIdle: idle, lifetime: life, idleTime: idleTime, maxWaiting: waiting)
    }
}
