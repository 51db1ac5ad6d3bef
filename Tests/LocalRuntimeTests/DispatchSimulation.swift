import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

/// Drives a dispatch machine with random events beside a model of what it may do, and says where it does something else.
struct DispatchSimulation {
    typealias AddressID = DispatchMachine.AddressID

    private enum Mode: CaseIterable {
        case up, unreachable, slow, refusing
    }

    private struct Address {
        let function: Int
        var waiting = 1
        /// What the call in flight takes away; `nil` where none is.
        var batch: Int?
        /// How often others of the function were called while it waited.
        var overtaken: [AddressID: Int] = [:]
    }

    private struct Function {
        var mode = Mode.up
        /// Whether the last call that says something about it has reached it.
        var isProven = false
        /// Calls that began while it was not.
        var probes: Set<AddressID> = []
    }

    private let maxInFlight: Int
    private let callsPerRound: Int
    /// Calls that have begun in the round.
    private var begun = 0
    private var machine: DispatchMachine
    private var random: SeededRandom
    private var functions = [Function](repeating: Function(), count: 4)
    private var addresses: [AddressID: Address] = [:]
    /// Which address of a function something waits for.
    private var ids: [Int: AddressID] = [:]
    private var pauses: [(id: DispatchMachine.PauseID, until: TransportInstant)] = []
    private var endedPauses: [DispatchMachine.PauseID] = []
    private var now = TransportInstant.zero
    private var isHeld = false
    private var isHealthy = false

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        maxInFlight = Int.random(in: 1...9, using: &random)
        callsPerRound = Bool.random(using: &random) ? .max : Int.random(in: 1...6, using: &random)
        let pauses = RetryPolicy(firstPause: .milliseconds(100), maxPause: .seconds(2))
        machine = DispatchMachine(maxInFlight: maxInFlight, callsPerRound: callsPerRound, pauses: pauses)
    }

    mutating func run(steps: Int) {
        for _ in 0..<steps {
            step()
        }
        recover()
        for _ in 0..<steps {
            healthyStep()
        }
        empty()
    }

    private mutating func step() {
        switch Int.random(in: 0..<46, using: &random) {
        case 0..<14: send()
        case 14..<28: endCall()
        case 28..<34: endPause()
        case 34: endStalePause()
        case 35: toggleHeld()
        case 36: perform(machine.pausesCutShort(), cutShort: true)
        case 37..<43: endRound()
        default:
            if let mode = Mode.allCases.randomElement(using: &random) {
                functions[Int.random(in: functions.indices, using: &random)].mode = mode
            }
        }
    }

    private mutating func healthyStep() {
        if Bool.random(using: &random) {
            send()
        } else {
            endCall()
        }
        endRound()
    }

    /// Everybody is there again.
    private mutating func recover() {
        for index in functions.indices {
            functions[index].mode = .up
        }
        if isHeld {
            toggleHeld()
        }
        while !pauses.isEmpty || functions.contains(where: { !$0.probes.isEmpty }) {
            if pauses.isEmpty {
                endCall()
            } else {
                endPause()
            }
            endRound()
        }
        isHealthy = true
    }

    /// Nothing new comes, so everything is called at last.
    private mutating func empty() {
        var steps = 0
        let limit = 10 * addresses.values.reduce(1_000) { $0 + $1.waiting }
        while !addresses.isEmpty, steps < limit {
            steps += 1
            if pauses.isEmpty {
                endCall()
            } else {
                endPause()
            }
            endRound()
        }
        #expect(addresses.isEmpty, "somebody was forgotten")
        #expect(machine.addressCount == 0)
        #expect(machine.callsInFlight == 0)
    }

    // MARK: Events

    private mutating func send() {
        let key = Int.random(in: 0..<40, using: &random)
        if let id = ids[key] {
            addresses[id]?.waiting += 1
            return
        }
        let function = key % functions.count
        let (id, actions) = machine.opened(DispatchMachine.FunctionID(number: function))
        #expect(addresses[id] == nil)
        ids[key] = id
        addresses[id] = Address(function: function)
        perform(actions)
    }

    private mutating func endCall() {
        let calling = addresses.filter { $0.value.batch != nil }.keys.sorted { $0.number < $1.number }
        guard let id = calling.randomElement(using: &random), let address = addresses[id], let batch = address.batch else { return }
        addresses[id]?.batch = nil
        functions[address.function].probes.remove(id)
        if !isHealthy, Int.random(in: 0..<10, using: &random) == 0 {
            endWithoutCall(id, address)
            return
        }
        let reach: DispatchMachine.Reach
        switch functions[address.function].mode {
        case .up:
            addresses[id]?.waiting -= batch
            functions[address.function].isProven = true
            functions[address.function].probes = []
            perform(machine.callSucceeded(id, hasMore: address.waiting > batch))
            return
        case .unreachable: reach = .unreachable
        case .slow: reach = .unknown
        case .refusing: reach = .reached
        }
        if reach == .unreachable {
            functions[address.function].isProven = false
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            addresses[id]?.waiting -= batch
            perform(machine.batchDropped(id, reach: reach, hasMore: address.waiting > batch))
        } else {
            perform(machine.callFailed(id, reach: reach, wait: nil, at: now, chance: Double.random(in: 0...1, using: &random)))
        }
    }

    /// It turns out that there is no call to be made, or not with this batch.
    private mutating func endWithoutCall(_ id: AddressID, _ address: Address) {
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            perform(machine.callNotMade(id, at: now))
        case 1:
            perform(machine.batchReplaced(id, hasMore: true))
        default:
            addresses[id]?.waiting = 0
            perform(machine.batchReplaced(id, hasMore: false))
        }
    }

    private mutating func endPause() {
        guard let index = pauses.indices.min(by: { pauses[$0].until < pauses[$1].until }) else { return }
        let pause = pauses.remove(at: index)
        now = max(now, pause.until)
        endedPauses.append(pause.id)
        perform(machine.pauseEnded(pause.id))
    }

    private mutating func endStalePause() {
        guard let pause = endedPauses.randomElement(using: &random) else { return }
        #expect(machine.pauseEnded(pause).isEmpty, "a pause has ended twice")
    }

    private mutating func endRound() {
        begun = 0
        perform(machine.roundEnded())
    }

    private mutating func toggleHeld() {
        isHeld.toggle()
        if isHeld {
            machine.held()
        } else {
            perform(machine.released())
        }
    }

    // MARK: Actions

    private mutating func perform(_ actions: [DispatchMachine.Action], cutShort: Bool = false) {
        if cutShort {
            endedPauses += pauses.map(\.id)
            pauses = []
        }
        for action in actions {
            switch action {
            case .call(let id):
                call(id)
            case .pause(let pause, let until):
                #expect(addresses[pause.address]?.batch == nil)
                #expect(now.duration(to: until) >= .milliseconds(50) && now.duration(to: until) <= .seconds(2))
                pauses.append((pause, until))
            case .close(let id):
                #expect(addresses[id]?.waiting == 0)
                addresses[id] = nil
                ids = ids.filter { $0.value != id }
            }
        }
        check()
    }

    private mutating func call(_ id: AddressID) {
        guard let address = addresses[id] else {
            Issue.record("an address is called for which nothing waits")
            return
        }
        begun += 1
        #expect(begun <= callsPerRound)
        #expect(!isHeld)
        #expect(address.batch == nil, "an address is called twice at a time")
        #expect(address.waiting > 0)
        #expect(!pauses.contains { $0.id.address == id }, "an address is called while it pauses")
        addresses[id]?.batch = Int.random(in: 1...max(1, address.waiting), using: &random)
        addresses[id]?.overtaken = [:]
        if !functions[address.function].isProven {
            functions[address.function].probes.insert(id)
            #expect(functions[address.function].probes.count == 1, "nobody has been reached, and yet several are called")
        }
        guard isHealthy else { return }
        for (other, value) in addresses where value.function == address.function && value.batch == nil && other != id {
            addresses[other]?.overtaken[id, default: 0] += 1
            #expect(value.overtaken[id, default: 0] < 2, "an address is called again and again while another one waits")
        }
    }

    private func check() {
        let calling = addresses.values.filter { $0.batch != nil }
        #expect(machine.callsInFlight == calling.count)
        #expect(calling.count <= maxInFlight)
        if !isHeld, begun < callsPerRound, calling.count < maxInFlight {
            for function in functions.indices where functions[function].isProven && !calling.contains(where: { $0.function == function }) {
                let waits = addresses.keys.contains { id in addresses[id]?.function == function && !pauses.contains { $0.id.address == id }
                }
                #expect(!waits, "there is room, and a function that answers has no call")
            }
        }
        for function in functions.indices {
            #expect(calling.filter { $0.function == function }.count <= max(1, maxInFlight - maxInFlight / 4))
            let ids = addresses.filter { $0.value.function == function }.keys
            let counts = machine.counts(of: DispatchMachine.FunctionID(number: function))
            #expect(counts.all == ids.count)
            #expect(counts.blocked == ids.filter { machine.isBlocked($0) }.count)
        }
        #expect(machine.addressCount == addresses.count)
    }
}

@Suite struct DispatchSimulationTests {
    @Test("whatever happens, the limits are kept, nobody is called in vain, and nobody is forgotten", arguments: 0..<60 as Range<UInt64>)
    func random(seed: UInt64) {
        var simulation = DispatchSimulation(seed: seed)
        simulation.run(steps: 1_500)
    }
}

extension DispatchMachine {
    /// Whether the address waits because of a failure: its own, or one that keeps its function out of reach.
    func isBlocked(_ address: AddressID) -> Bool {
        switch standing(of: address) {
        case .pausing, .blocked: true
        case .inLine, .called: failures(of: address) > 0
        }
    }
}
