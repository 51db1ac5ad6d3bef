import Testing
import TransportCore

@testable import LocalRuntime

@Suite struct DispatchMachineTests {
    typealias Action = DispatchMachine.Action
    typealias AddressID = DispatchMachine.AddressID

    private let greeter = DispatchMachine.FunctionID(number: 0)
    private let counter = DispatchMachine.FunctionID(number: 1)
    private let pauses = RetryPolicy(firstPause: .milliseconds(100), maxPause: .seconds(1), jitter: 0.5)

    private func machine(_ maxInFlight: Int = 100, callsPerRound: Int = .max, proven: Bool = true) -> DispatchMachine {
        var machine = DispatchMachine(maxInFlight: maxInFlight, callsPerRound: callsPerRound, pauses: pauses)
        if proven {
            machine.functionProven(greeter)
            machine.functionProven(counter)
        }
        return machine
    }

    private func calls(_ actions: [Action]) -> [AddressID] {
        actions.compactMap { action in
            if case .call(let id) = action { id } else { nil }
        }
    }

    private func firstPause(_ actions: [Action]) -> (DispatchMachine.PauseID, until: TransportInstant)? {
        for case .pause(let pause, let until) in actions { return (pause, until) }
        return nil
    }

    @Test("an address is called when something begins to wait for it, and closed when nothing waits any more")
    func oneAddress() {
        var machine = machine()
        let (bob, opened) = machine.opened(greeter)
        #expect(opened == [.call(bob)])
        #expect(machine.isCalling(bob))
        #expect(machine.callSucceeded(bob, hasMore: true) == [.call(bob)])
        #expect(machine.callSucceeded(bob, hasMore: false) == [.close(bob)])
        #expect(machine.addressCount == 0)
        #expect(machine.callsInFlight == 0)
    }

    @Test("few calls begin in one round, so that what comes for others meanwhile travels together")
    func rounds() {
        var machine = machine(callsPerRound: 2)
        let ids = (0..<5).map { _ in machine.opened(greeter).0 }
        #expect(machine.isRoundFull)
        #expect(ids.map(machine.isCalling) == [true, true, false, false, false])
        // An answer makes room among the calls in flight, but not in the round.
        #expect(machine.callSucceeded(ids[0], hasMore: true).isEmpty)
        #expect(machine.roundEnded() == [.call(ids[2]), .call(ids[3])])
        #expect(machine.roundEnded() == [.call(ids[4]), .call(ids[0])])
        #expect(machine.roundEnded().isEmpty)
        #expect(!machine.isRoundFull)
        #expect(machine.callsInFlight == 5)
    }

    @Test("no more calls are in flight than may be, and those in line go first come first served")
    func inFlightLimit() {
        var machine = machine(2)
        // Two functions, as one alone does not get every call.
        let (first, firstActions) = machine.opened(greeter)
        let (second, secondActions) = machine.opened(counter)
        let (third, thirdActions) = machine.opened(greeter)
        let (fourth, fourthActions) = machine.opened(counter)
        #expect(firstActions == [.call(first)])
        #expect(secondActions == [.call(second)])
        #expect(thirdActions.isEmpty && fourthActions.isEmpty)
        #expect(machine.callSucceeded(second, hasMore: true) == [.call(third)])
        #expect(machine.callsInFlight == 2)
        #expect(machine.callSucceeded(first, hasMore: false) == [.close(first), .call(fourth)])
        #expect(machine.callSucceeded(third, hasMore: false) == [.close(third), .call(second)])
    }

    @Test("functions take turns, however many addresses of one are in line")
    func turns() {
        var machine = machine(callsPerRound: 2)
        let many = (0..<6).map { _ in machine.opened(greeter).0 }
        let few = (0..<2).map { _ in machine.opened(counter).0 }
        #expect(machine.roundEnded() == [.call(many[2]), .call(few[0])])
        #expect(machine.roundEnded() == [.call(many[3]), .call(few[1])])
        #expect(machine.roundEnded() == [.call(many[4]), .call(many[5])])
        #expect(machine.roundEnded().isEmpty)
    }

    @Test("a limit below one is one", arguments: [Int.min, -1, 0, 1])
    func atLeastOne(limit: Int) {
        var machine = machine(limit)
        let (bob, opened) = machine.opened(greeter)
        #expect(opened == [.call(bob)])
        #expect(machine.opened(counter).1.isEmpty)
    }

    @Test("a function leaves a quarter of the calls to others", arguments: [(1, 1), (2, 2), (4, 3), (8, 6), (1_024, 768)])
    func share(maxInFlight: Int, share: Int) {
        var machine = machine(maxInFlight)
        let called = (0..<2 * maxInFlight).flatMap { _ in calls(machine.opened(greeter).1) }
        #expect(called.count == share)
        let (other, opened) = machine.opened(counter)
        #expect(opened == (share < maxInFlight ? [.call(other)] : []))
    }

    @Test("however many functions do not answer, there is room for another one")
    func leavesRoom() {
        var machine = machine(64)
        let inFlight = (0..<4).map { number in
            let function = DispatchMachine.FunctionID(number: number)
            machine.functionProven(function)
            return (0..<100).flatMap { _ in calls(machine.opened(function).1) }.count
        }
        #expect(inFlight == [48, 12, 3, 1])
    }

    @Test("functions that are equally busy come to have equally many calls, and a function has more when the others have fewer")
    func sharesEvenOut() {
        var machine = machine(64)
        var calling: [[DispatchMachine.AddressID]] = [[], []]
        func began(_ actions: [DispatchMachine.Action], _ isFirst: (DispatchMachine.AddressID) -> Bool) {
            for id in calls(actions) { calling[isFirst(id) ? 0 : 1].append(id) }
        }
        var first: Set<DispatchMachine.AddressID> = []
        for function in [greeter, counter] {
            for _ in 0..<200 {
                let (id, actions) = machine.opened(function)
                if function == greeter { first.insert(id) }
                began(actions) { first.contains($0) }
            }
        }
        #expect(calling.map(\.count) == [48, 12])
        // Each call is followed by another one of its address.
        for _ in 0..<500 {
            for index in calling.indices {
                let ended = calling[index].removeFirst()
                began(machine.callSucceeded(ended, hasMore: true)) { first.contains($0) }
            }
        }
        #expect(abs(calling[0].count - calling[1].count) <= 2)
        #expect(calling.joined().count > 48)
        // The calls of one of them end, and nothing follows.
        while !calling[1].isEmpty {
            let ended = calling[1].removeFirst()
            began(machine.callSucceeded(ended, hasMore: false)) { first.contains($0) }
        }
        #expect(calling[0].count == 48)
    }

    @Test("who waits for its function's share goes before those that came later, also those that are called all the time")
    func shareIsFair() {
        var machine = machine(4)
        let hot = (0..<3).map { _ in machine.opened(greeter).0 }
        let (cold, opened) = machine.opened(greeter)
        #expect(opened.isEmpty)
        let others = (0..<3).map { _ in machine.opened(counter).0 }
        #expect(machine.isCalling(others[0]))
        #expect(calls(machine.callSucceeded(hot[0], hasMore: true)).first == cold)
    }

    @Test("the first call of a function goes alone, and the others follow when it has been answered")
    func firstCallAlone() {
        var machine = machine(proven: false)
        let (first, firstActions) = machine.opened(greeter)
        let (second, secondActions) = machine.opened(greeter)
        let (third, thirdActions) = machine.opened(greeter)
        let (other, otherActions) = machine.opened(counter)
        #expect(firstActions == [.call(first)])
        #expect(secondActions.isEmpty && thirdActions.isEmpty)
        #expect(otherActions == [.call(other)])
        #expect(machine.callSucceeded(first, hasMore: false) == [.close(first), .call(second), .call(third)])
    }

    @Test(
        "where the first call fails with an answer or without one in time, another address tries",
        arguments: [DispatchMachine.Reach.reached, .unknown]
    )
    func firstCallFails(reach: DispatchMachine.Reach) throws {
        var machine = machine(proven: false)
        let (first, _) = machine.opened(greeter)
        let (second, _) = machine.opened(greeter)
        let (third, _) = machine.opened(greeter)
        let failed = machine.callFailed(first, reach: reach, wait: nil, at: .zero, chance: 0)
        #expect(calls(failed) == [second])
        let (pause, _) = try #require(firstPause(failed))
        // The one that failed waits like the others for what comes of the second.
        #expect(machine.pauseEnded(pause).isEmpty)
        #expect(machine.callSucceeded(second, hasMore: false) == [.close(second), .call(third), .call(first)])
    }

    @Test("where nobody is there, one address tries on and the others wait for what comes of it")
    func oneProber() throws {
        var machine = machine()
        let ids = (0..<4).map { _ in machine.opened(greeter).0 }
        let failed = machine.callFailed(ids[0], reach: .unreachable, wait: nil, at: .zero, chance: 0)
        let (earlier, _) = try #require(firstPause(failed))
        for id in ids[1...2] {
            #expect(machine.callFailed(id, reach: .unreachable, wait: nil, at: .zero, chance: 0).isEmpty)
            #expect(machine.isBlocked(id))
        }
        // Who was called before and is answered shows that the function is back.
        #expect(machine.opened(greeter).1.isEmpty)
        #expect(machine.pauseEnded(earlier) == [.call(ids[0])])
        let (secondPause, _) = try #require(firstPause(machine.callFailed(ids[0], reach: .unreachable, wait: nil, at: .zero, chance: 0)))
        #expect(machine.pauseEnded(secondPause) == [.call(ids[0])])
        #expect(calls(machine.callSucceeded(ids[0], hasMore: false)).count == 3)
    }

    @Test("a call from before that is answered ends the wait for a function that nobody could reach")
    func earlierCallIsAnswered() {
        var machine = machine()
        let ids = (0..<2).map { _ in machine.opened(greeter).0 }
        _ = machine.callFailed(ids[0], reach: .unreachable, wait: nil, at: .zero, chance: 0)
        let (late, opened) = machine.opened(greeter)
        #expect(opened.isEmpty)
        #expect(machine.callSucceeded(ids[1], hasMore: false) == [.close(ids[1]), .call(late)])
    }

    @Test("when the one that tries gives its batch up, the next one tries", arguments: [true, false])
    func proberGivesUp(hasMore: Bool) {
        var machine = machine()
        let ids = (0..<3).map { _ in machine.opened(greeter).0 }
        for id in ids[1...] {
            _ = machine.callFailed(id, reach: .unreachable, wait: nil, at: .zero, chance: 0)
        }
        // The prober is the first that failed.
        #expect(machine.batchDropped(ids[0], reach: .unreachable, hasMore: false) == [.close(ids[0])])
        let pausing = DispatchMachine.PauseID(address: ids[1], number: 1)
        #expect(machine.pauseEnded(pausing) == [.call(ids[1])])
        let dropped = machine.batchDropped(ids[1], reach: .unreachable, hasMore: hasMore)
        #expect(calls(dropped) == [ids[2]])
    }

    @Test("a batch that is given up leaves the address free for what comes after it")
    func batchDropped() {
        var machine = machine()
        let (bob, _) = machine.opened(greeter)
        let (pause, _) =
            firstPause(machine.callFailed(bob, reach: .reached, wait: nil, at: .zero, chance: 0)) ?? (.init(address: bob, number: 0), .zero)
        _ = machine.pauseEnded(pause)
        #expect(machine.failures(of: bob) == 1)
        #expect(machine.batchDropped(bob, reach: .reached, hasMore: true) == [.call(bob)])
        #expect(machine.failures(of: bob) == 0)
        #expect(machine.batchDropped(bob, reach: .reached, hasMore: false) == [.close(bob)])
    }

    @Test("pauses grow to the longest one, chance shortens them, and a peer may ask for longer ones up to a minute")
    func pausesGrow() throws {
        var machine = machine()
        let (bob, _) = machine.opened(greeter)
        let now = TransportInstant(nanoseconds: 5_000_000_000)
        func failed(_ machine: inout DispatchMachine, wait: Duration? = nil, chance: Double) throws -> Duration {
            let actions = machine.callFailed(bob, reach: .reached, wait: wait, at: now, chance: chance)
            let (id, until) = try #require(firstPause(actions))
            #expect(machine.pauseEnded(id) == [.call(bob)])
            return now.duration(to: until)
        }
        var lengths: [Duration] = []
        for _ in 0..<6 {
            lengths.append(try failed(&machine, chance: 0))
        }
        #expect(lengths == [.milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800), .seconds(1), .seconds(1)])
        #expect(try failed(&machine, chance: 1) == .milliseconds(500))
        #expect(try failed(&machine, wait: .seconds(7), chance: 1) == .seconds(7))
        #expect(try failed(&machine, wait: .milliseconds(1), chance: 0) == .seconds(1))
        #expect(try failed(&machine, wait: .seconds(3_600), chance: 0) == .seconds(60))
    }

    @Test("a failing address delays no other one of its function")
    func failingAddress() {
        var machine = machine()
        let (bad, _) = machine.opened(greeter)
        #expect(calls(machine.callFailed(bad, reach: .reached, wait: nil, at: .zero, chance: 0)).isEmpty)
        let (good, opened) = machine.opened(greeter)
        #expect(opened == [.call(good)])
        #expect(machine.isBlocked(bad))
        #expect(!machine.isBlocked(good))
    }

    @Test("a function that does not answer in time gets few calls, and one more with each that it answers")
    func suspect() {
        var machine = machine(100)
        let ids = (0..<10).map { _ in machine.opened(greeter).0 }
        for id in ids[..<9] {
            _ = machine.callFailed(id, reach: .unknown, wait: nil, at: .zero, chance: 0)
        }
        let late = (0..<10).map { _ in machine.opened(greeter) }
        #expect(late.flatMap { calls($0.1) } == late[..<3].map(\.0))
        #expect(calls(machine.callSucceeded(ids[9], hasMore: false)) == late[3..<5].map(\.0))
        #expect(calls(machine.callSucceeded(late[0].0, hasMore: false)) == late[5..<7].map(\.0))
        // One that is late again begins it anew.
        #expect(calls(machine.callFailed(late[1].0, reach: .unknown, wait: nil, at: .zero, chance: 0)).isEmpty)
        #expect(calls(machine.callSucceeded(late[2].0, hasMore: false)).count == 1)
    }

    @Test("a function that answers again has as many calls as others after some rounds")
    func recovered() {
        var machine = machine(100)
        var ids = (0..<200).map { _ in machine.opened(greeter).0 }
        #expect(machine.callsInFlight == 75)
        for id in ids[..<75] {
            _ = machine.callFailed(id, reach: .unknown, wait: nil, at: .zero, chance: 0)
        }
        ids.removeFirst(75)
        #expect(machine.callsInFlight == 4)
        var answered = 0
        while machine.callsInFlight < 75, answered < 200, let id = ids.first(where: { machine.isCalling($0) }) {
            _ = machine.callSucceeded(id, hasMore: true)
            answered += 1
        }
        #expect(answered == 71)
    }

    @Test("a pause that is over already, or was cut short, means nothing when its time comes")
    func stalePause() throws {
        var machine = machine()
        let (bob, _) = machine.opened(greeter)
        let (first, _) = try #require(firstPause(machine.callFailed(bob, reach: .reached, wait: nil, at: .zero, chance: 0)))
        #expect(machine.pausesCutShort() == [.call(bob)])
        #expect(machine.pauseEnded(first).isEmpty)
        let (second, _) = try #require(firstPause(machine.callFailed(bob, reach: .reached, wait: nil, at: .zero, chance: 0)))
        #expect(machine.pauseEnded(first).isEmpty)
        #expect(machine.pauseEnded(second) == [.call(bob)])
        #expect(machine.pauseEnded(second).isEmpty)
    }

    @Test("nothing begins while it is held; what ends meanwhile is counted, and all goes on when it is released")
    func held() {
        var machine = machine()
        let (bob, _) = machine.opened(greeter)
        machine.held()
        let (ann, opened) = machine.opened(greeter)
        #expect(opened.isEmpty)
        #expect(machine.callSucceeded(bob, hasMore: true).isEmpty)
        #expect(machine.callsInFlight == 0)
        #expect(machine.released() == [.call(ann), .call(bob)])
        #expect(machine.released().isEmpty)
    }

    @Test("a call that could not be made is no failure, and lets another address find out about the function")
    func callNotMade() throws {
        var machine = machine(proven: false)
        let (first, _) = machine.opened(greeter)
        let (second, _) = machine.opened(greeter)
        let actions = machine.callNotMade(first, at: .zero)
        #expect(calls(actions) == [second])
        #expect(machine.failures(of: first) == 0)
        let (pause, until) = try #require(firstPause(actions))
        #expect(until == TransportInstant.zero.advanced(by: .milliseconds(800)))
        #expect(machine.pauseEnded(pause).isEmpty)
        #expect(machine.callSucceeded(second, hasMore: false) == [.close(second), .call(first)])
    }

    @Test("another batch has all its attempts, and is sent at once; that there is none says nothing about the function")
    func batchReplaced() throws {
        var machine = machine(proven: false)
        let (first, _) = machine.opened(greeter)
        let (pause, _) = try #require(firstPause(machine.callFailed(first, reach: .reached, wait: nil, at: .zero, chance: 0)))
        _ = machine.pauseEnded(pause)
        #expect(machine.failures(of: first) == 1)
        #expect(machine.batchReplaced(first, hasMore: true) == [.call(first)])
        #expect(machine.failures(of: first) == 0)
        let (second, _) = machine.opened(greeter)
        let (third, opened) = machine.opened(greeter)
        #expect(opened.isEmpty)
        #expect(machine.batchReplaced(first, hasMore: false) == [.close(first), .call(second)])
        #expect(calls(machine.callSucceeded(second, hasMore: false)) == [third])
    }

    @Test("events of an address that is not being called, or never was, do nothing")
    func unknownIDs() {
        var machine = machine()
        let (bob, _) = machine.opened(greeter)
        let stranger = AddressID(number: 77)
        for id in [stranger, bob] {
            if id == bob {
                _ = machine.callFailed(bob, reach: .reached, wait: nil, at: .zero, chance: 0)
            }
            #expect(machine.callSucceeded(id, hasMore: true).isEmpty)
            #expect(machine.callFailed(id, reach: .unreachable, wait: nil, at: .zero, chance: 0).isEmpty)
            #expect(machine.batchDropped(id, reach: .unreachable, hasMore: true).isEmpty)
            #expect(machine.batchReplaced(id, hasMore: true).isEmpty)
            #expect(machine.callNotMade(id, at: .zero).isEmpty)
        }
        #expect(machine.pauseEnded(.init(address: stranger, number: 1)).isEmpty)
        #expect(machine.callsInFlight == 0)
        #expect(machine.failures(of: stranger) == 0)
        #expect(!machine.isBlocked(stranger))
    }
}
