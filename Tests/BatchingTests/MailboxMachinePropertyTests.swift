import Testing

@testable import Batching

@Suite struct MailboxMachinePropertyTests {
    private func world(seed: UInt64) -> MailboxWorld {
        MailboxWorld(
            addresses: [1, 4, 12][Int(seed % 3)],
            groups: [1, 3][Int(seed % 2)],
            maxInFlight: [1, 2, 5, 100][Int(seed % 4)],
            maxNumBatchRequests: [0, 1, 3, 8, 2][Int(seed % 5)],
            seed: seed
        )
    }

    @Test("whatever happens in whatever order, nothing is lost or overtaken and every limit holds", arguments: 1...UInt64(30))
    func keepsItsPromises(seed: UInt64) {
        var world = world(seed: seed)
        for _ in 0..<1_500 {
            world.step()
        }
        world.wind()
        #expect(world.isEmpty)
        #expect(world.submitted == world.settled + world.cancelled)
        #expect(world.settled > 100)
        #expect(world.cancelled > 0)
        #expect(world.machine.mailboxCount == 0)
    }

    @Test("a shutdown at any moment refuses what waits and ends with the last call", arguments: 1...UInt64(60))
    func shutsDownAtAnyMoment(seed: UInt64) {
        var world = world(seed: seed)
        for _ in 0..<seed * 3 {
            world.step()
        }
        world.shutDown()
        world.wind()
        #expect(world.isFinished)
        #expect(world.isEmpty)
        #expect(world.submitted == world.settled + world.cancelled + world.refused)
    }

    @Test("a million addresses and a hot one: only the hot one is kept")
    func keepsNothingOfIdleAddresses() {
        var machine = MailboxMachine(maxInFlight: 2)
        let warmUp = machine.submitted(1, to: nil, of: greeter, maxNumBatchRequests: 1_000)
        _ = warmUp.map { machine.callEnded($0.placement.mailbox, succeeded: true) }
        let hot = machine.submitted(1, to: nil, of: greeter, maxNumBatchRequests: 1_000)?.placement.mailbox
        var most = 0
        for number in 0..<1_000_000 {
            let submitted = machine.submitted(1, to: nil, of: greeter, maxNumBatchRequests: 1_000)
            most = max(most, machine.mailboxCount)
            if number % 1_000 == 0 {
                _ = machine.submitted(1, to: hot, of: greeter, maxNumBatchRequests: 1_000)
            }
            _ = submitted.map { machine.callEnded($0.placement.mailbox, succeeded: true) }
        }
        #expect(most == 2)
        #expect(machine.mailboxCount == 1)
        #expect(machine.groupCount == 1)
        #expect(machine.callsInFlight == 1)
    }

    @Test("lines and queues do not keep those who have left")
    func sweeps() {
        var line = MailboxLine()
        var there: Set<MailboxID> = [m(0)]
        line.append(m(0))
        for number in 1...UInt64(10_000) {
            there.insert(m(number))
            line.append(m(number))
            there.remove(m(number))
            line.closed { there.contains($0) }
        }
        #expect(line.storedCount < 200)
        #expect(line.popFirst { there.contains($0) } == m(0))
        #expect(line.popFirst { there.contains($0) } == nil)

        var queue = SubmissionQueue()
        queue.append(SubmissionQueue.Entry(id: s(0), invocations: 1, isHeld: false))
        for number in 1...UInt64(10_000) {
            queue.append(SubmissionQueue.Entry(id: s(number), invocations: 2, isHeld: false))
            #expect(queue.remove(s(number)) != nil)
            #expect(queue.remove(s(number)) == nil)
        }
        #expect(queue.storedCount < 200)
        #expect(queue.ids == [s(0)])
        #expect(queue.invocations == 1)
    }
}
